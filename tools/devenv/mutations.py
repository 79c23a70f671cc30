"""One-line mutations, at least one for each money rule, and the test that each must break.

The rules are the addon's promises about money (docs/architecture.md, "Money rules"). A rule whose
mutation no test notices is a rule that nobody keeps.
"""

from dataclasses import dataclass

PURE, ODOO, SERVERS = "pure", "odoo", "servers"


@dataclass(frozen=True)
class Mutation:
    """A fault put into the source: `old`, found exactly once in `file`, becomes `new`.

    :ivar rule: number of the money rule that is broken
    :ivar what: what the fault does, for people
    :ivar layer: PURE, ODOO or SERVERS: where the test is
    :ivar test: `test_file.py::test_name` for pytest, `TestClass.test_name` for Odoo
    """

    rule: int
    what: str
    file: str
    old: str
    new: str
    layer: str
    test: str


PAYMENT = "models/mixpay_payment.py"
APPROVAL = "models/mixpay_approval.py"
APPROVAL_DECISION = "models/mixpay_approval_decision.py"
CODE = "models/mixpay_code.py"
CODE_ATTEMPT = "models/mixpay_code_attempt.py"
APPROVER = "models/mixpay_approver.py"
SET_CODE = "wizard/mixpay_set_code.py"
JOB = "models/mixpay_job.py"
POS_SESSION = "models/pos_session.py"
PAYEE = "models/mixpay_payee.py"
POS_ORDER = "models/pos_order.py"
POS_PAYMENT = "models/pos_payment.py"
JUDGE = "mixpay/evaluate.py"
RESULT = "mixpay/result.py"
STANDING = "mixpay/standing.py"
STATES = "mixpay/states.py"
MONEY = "mixpay/money.py"
SETTLEMENT = "models/mixpay_settlement.py"
LOOKUP = "models/mixpay_lookup.py"
SALE = "test_payment.py::"

MUTATIONS = (
    # 1. Recorded before MixPay is asked; terms never change; one amount, one trace.
    Mutation(
        1,
        "nothing is committed before MixPay is asked",
        "transactions.py",
        "    env.cr.commit()  # pylint: disable=invalid-commit\n",
        "    env.flush_all()\n",
        SERVERS,
        SALE + "test_the_record_is_committed_before_mixpay_is_asked",
    ),
    Mutation(
        1,
        "the terms of a payment may be changed",
        PAYMENT,
        "        if frozen:\n",
        "        if False:\n",
        ODOO,
        "TestMixpayPayment.test_terms_never_change",
    ),
    Mutation(
        1,
        "another amount goes on with the old trace",
        "models/mixpay_checkout.py",
        (
            "        same = payments.filtered(\n"
            "            lambda p: money.from_float(p.amount, digits) == amount\n"
            "            and p.currency_id == session.currency_id\n"
            "        )\n"
        ),
        (
            "        same = payments.filtered(lambda p: True and "
            "p.currency_id == session.currency_id)\n"
        ),
        SERVERS,
        SALE + "test_another_amount_needs_a_new_payment_and_the_old_is_watched",
    ),
    Mutation(
        1,
        "a retry makes a second payment for the same line and amount",
        "models/mixpay_checkout.py",
        "        usable = (seen & same)[:1] or same.filtered(lambda p: p._is_payable())[:1]\n",
        "        usable = (seen & same)[:1]\n",
        SERVERS,
        SALE + "test_retry_after_cancel_lets_the_same_payment_live_on",
    ),
    # 2. One way to a state; repeats and reordering change nothing.
    Mutation(
        2,
        "whoever wants to know asks MixPay, whoever else is asking",
        JOB,
        "             WHERE {_IS_FREE}\n               AND %s\n",
        "             WHERE TRUE\n               AND %s\n",
        SERVERS,
        "test_concurrency.py::test_one_answer_makes_one_transition_and_one_notification",
    ),
    Mutation(
        2,
        "an end may be followed by another state",
        STATES,
        "    FAILED: frozenset(),\n",
        "    FAILED: frozenset({SUCCESS}),\n",
        PURE,
        "test_evaluate.py::test_ends_never_reopen",
    ),
    Mutation(
        2,
        "the catalogue is read with a transaction open",
        "models/mixpay_asset.py",
        "                commit(self.env)\n",
        "",
        SERVERS,
        "test_transport.py::test_the_catalogue_is_read_with_no_transaction_open",
    ),
    # 3. Only MixPay's own, matching answer is a success.
    Mutation(
        3,
        "a success on other terms counts",
        JUDGE,
        "    if others:\n",
        "    if False:\n",
        PURE,
        "test_evaluate.py::test_an_end_on_other_terms_is_a_mismatch",
    ),
    Mutation(
        3,
        "the amount that was paid is not compared",
        RESULT,
        '        "quoteAmount": money.same(f"{terms.quote_amount:f}", result.quote_amount),\n',
        '        "quoteAmount": True,\n',
        SERVERS,
        SALE + "test_success_on_other_terms_is_never_paid",
    ),
    Mutation(
        3,
        "a coin that was not agreed is not listed",
        "models/mixpay_review.py",
        "        yield self._is_settled_otherwise(payment) and OTHER_COIN\n",
        "",
        ODOO,
        "TestMixpayOddSuccess.test_a_coin_that_was_not_agreed_is_a_success_that_is_listed",
    ),
    # 4. A line is done only when it is covered, once, on every path.
    Mutation(
        4,
        "a payment of another amount covers a line",
        "models/mixpay_payment_coverage.py",
        (
            "            and money.from_float(self.amount, "
            "self.currency_id.decimal_places) == amount\n"
        ),
        "            and True\n",
        ODOO,
        "TestMixpayOrder.test_another_amount",
    ),
    Mutation(
        4,
        "a payment on its way covers a line",
        STANDING,
        "    is_paid = payment.state == states.SUCCESS or bool(payment.confirmed_at)\n",
        "    is_paid = state.funds_detected or bool(payment.confirmed_at)\n",
        ODOO,
        "TestMixpayOrder.test_a_payment_still_on_its_way",
    ),
    Mutation(
        4,
        "another company's payment covers a line",
        "models/mixpay_payment_coverage.py",
        "            and self.company_id == order.company_id == pos_payment.company_id\n",
        "",
        ODOO,
        "TestMixpayOrder.test_another_company",
    ),
    Mutation(
        4,
        "an order is counted as paid without asking for its lines",
        "models/pos_order.py",
        '                line.env["mixpay.coverage"]._cover_line(line)\n',
        "                pass\n",
        ODOO,
        "TestMixpayOrder.test_a_draft_may_wait_but_not_become_paid",
    ),
    Mutation(
        4,
        "a line of a paid order may be changed",
        "models/mixpay_coverage.py",
        "            self._cover_line(line)\n",
        "            pass\n",
        ODOO,
        "TestMixpayOrder.test_rpc_writes_of_a_cashier",
    ),
    Mutation(
        4,
        "change is given for coins",
        POS_ORDER,
        "        if lines and self.currency_id.compare_amounts(paid, total) > 0:\n",
        "        if False:\n",
        ODOO,
        "TestMixpayOrder.test_coins_pay_no_more_than_what_is_due",
    ),
    # 5. Trouble is never a failure.
    Mutation(
        5,
        "no answer from MixPay is a failure",
        "models/mixpay_answer.py",
        '        _logger.info("No answer about MixPay payment %s: %s", payment.trace_id, answer)\n',
        "        self._transition(payment, states.FAILED, {})\n",
        SERVERS,
        SALE + "test_trouble_is_never_a_failure",
    ),
    Mutation(
        5,
        "a status that nobody knows ends the payment",
        JUDGE,
        "        return Evaluation(old, unknown_status=result.status)\n",
        "        return Evaluation(states.FAILED, unknown_status=result.status)\n",
        PURE,
        "test_evaluate.py::test_an_unknown_status_waits_on",
    ),
    # 6. What arrives late, twice, short or for a cancelled sale is found and listed.
    Mutation(
        6,
        "a cancelled payment is not watched any more",
        PAYMENT,
        '        self.env["mixpay.job"]._add(self.filtered(lambda p: not p._is_final()))\n',
        '        self.env["mixpay.job"].search([("payment_id", "in", self.ids)]).unlink()\n',
        SERVERS,
        SALE + "test_a_cancelled_payment_is_freed_then_paid_late_and_not_forgotten",
    ),
    Mutation(
        6,
        "money for a cancelled sale is not listed",
        "models/mixpay_review.py",
        "                return LATE\n",
        "                return False\n",
        ODOO,
        "TestMixpayIssues.test_money_for_a_cancelled_sale",
    ),
    Mutation(
        6,
        "the line of a paid order is removed with its money",
        POS_PAYMENT,
        "        for line in self._mixpay_covered():\n",
        "        for line in self.browse():\n",
        ODOO,
        "TestMixpayOrder.test_a_covered_line_stays_in_its_paid_order",
    ),
    # 7. Amounts are decimals.
    Mutation(
        7,
        "more decimals than the currency has are charged",
        MONEY,
        "    if -exponent > decimals:\n",
        "    if False:\n",
        PURE,
        "test_money.py::test_what_cannot_be_charged",
    ),
    Mutation(
        7,
        "floats are taken as they are, not rounded with the currency",
        MONEY,
        '    return Decimal(f"{value:.{decimals}f}")\n',
        "    return Decimal(value)\n",
        PURE,
        "test_money.py::test_an_amount_survives_the_orm_s_floats",
    ),
    # 9. The server finishes what nobody finishes, once.
    Mutation(
        9,
        "the server finishes no order",
        "models/mixpay_fulfilment.py",
        "        self._try_to_complete_order(payment)\n",
        "",
        ODOO,
        "TestMixpayOrder.test_the_server_finishes_a_paid_order",
    ),
    Mutation(
        9,
        "an order whose register died before saving it is lost",
        "models/mixpay_fulfilment.py",
        "        self._restore_order(payment)\n",
        "",
        ODOO,
        "TestMixpayOrder.test_an_order_that_its_register_never_saved_is_saved",
    ),
    Mutation(
        9,
        "the server finishes an order that another terminal still waits for",
        "models/mixpay_fulfilment.py",
        (
            "        return (\n"
            "            all(line._mixpay_payment() for line in ours)\n"
            '            and all(line.payment_status in (False, "", "done") for line in others)\n'
            "            and "
            'order.currency_id.is_zero(sum(lines.mapped("amount")) - order._mixpay_total())\n'
        ),
        (
            "        return all(line._mixpay_payment() for line in ours) "
            "and order.currency_id.is_zero(\n"
            '            sum(lines.mapped("amount")) - order._mixpay_total()\n'
        ),
        ODOO,
        "TestMixpayOrder.test_nor_what_another_terminal_still_waits_for",
    ),
    Mutation(
        9,
        "the server finishes an order that the cashier gave up waiting for",
        "models/mixpay_fulfilment.py",
        "        if not payment._is_accepted() or payment.is_abandoned or payment._is_booked():\n",
        "        if not payment._is_accepted() or payment._is_booked():\n",
        ODOO,
        "TestMixpayOrder.test_an_abandoned_payment_finishes_nothing",
    ),
    # 4. Used once, for ever: what is frozen, what is held, what is seen.
    Mutation(
        4,
        "a used payment covers another line, too",
        "models/mixpay_payment_coverage.py",
        "            return self.pos_payment_id == pos_payment\n",
        "            return True\n",
        ODOO,
        "TestMixpayUsedOnce.test_a_second_order_with_the_old_identifiers_finds_the_payment_used",
    ),
    Mutation(
        4,
        "a covered line may be changed",
        POS_PAYMENT,
        "        covered._mixpay_check_frozen(vals)\n",
        "",
        ODOO,
        "TestMixpayUsedOnce.test_what_identifies_a_paid_order_and_its_line_stays",
    ),
    Mutation(
        4,
        "an order that was paid may be changed",
        POS_ORDER,
        "        self._mixpay_check_frozen(vals)\n",
        "",
        ODOO,
        "TestMixpayUsedOnce.test_what_identifies_a_paid_order_and_its_line_stays",
    ),
    Mutation(
        4,
        "a paid order becomes unpaid when its state is emptied",
        POS_ORDER,
        '        is_undone = "state" in vals and vals["state"] not in PAID_ORDER_STATES\n',
        "        is_undone = False\n",
        ODOO,
        "TestMixpayUsedOnce.test_a_paid_order_never_becomes_unpaid_again",
    ),
    Mutation(
        4,
        "what was proven is asked again at posting",
        POS_ORDER,
        "        settled = orders.filtered(lambda order: order.state not in UNPAID_ORDER_STATES)\n",
        "        settled = orders.browse()\n",
        ODOO,
        "TestMixpayUsedOnce.test_a_method_converted_to_mixpay_locks_no_session",
    ),
    Mutation(
        4,
        "orders that are created paid are not checked",
        POS_ORDER,
        "        orders._mixpay_note_step(orders.browse())\n",
        "",
        ODOO,
        "TestMixpayHeld.test_not_by_a_register_that_knows_nothing_of_it",
    ),
    Mutation(
        4,
        "evidence on a covered line is what is written",
        POS_PAYMENT,
        "            super(PosPayment, line).write(line._mixpay_with_evidence(vals))\n",
        "            super(PosPayment, line).write(vals)\n",
        ODOO,
        "TestMixpayUsedOnce.test_evidence_is_the_server_s_whatever_is_written",
    ),
    Mutation(
        4,
        "a payment's own record may leave its line",
        PAYMENT,
        "        if COVERAGE & vals.keys():\n            self._check_coverage_kept(vals)\n",
        "",
        ODOO,
        "TestMixpayUsedOnce.test_the_payment_s_own_record_stays_with_its_line",
    ),
    Mutation(
        3,
        "users' own defaults reach a new payment",
        "models/mixpay_defaults_mixin.py",
        "        defaults = {}\n        for name in fields_list:\n",
        "        return super().default_get(fields_list)\n        for name in fields_list:\n",
        ODOO,
        "TestMixpayUsedOnce.test_a_payment_s_record_takes_no_defaults_of_users",
    ),
    Mutation(
        4,
        "late money of an ended order pays one with its identifiers",
        STANDING,
        "(is_paid and not is_written_off and not is_too_late)",
        "(is_paid and not is_written_off)",
        ODOO,
        "TestMixpayUsedOnce.test_late_money_of_an_ended_order_needs_a_decision",
    ),
    Mutation(
        4,
        "an order is paid otherwise while money is on its way",
        "models/pos_order.py",
        (
            '        payments.env["mixpay.coverage"]._check_not_held(\n'
            '            payments, self.env._("Its order cannot be finished without it.")\n'
            "        )\n"
        ),
        "",
        ODOO,
        "TestMixpayHeld.test_not_paid_otherwise",
    ),
    Mutation(
        4,
        "payments are looked for by their lines only",
        "models/mixpay_payment_coverage.py",
        '            {"lines": list(line_uuids), "orders": list(order_uuids)},\n',
        '            {"lines": list(line_uuids), "orders": []},\n',
        ODOO,
        "TestMixpayHeld.test_not_by_a_register_that_knows_nothing_of_it",
    ),
    Mutation(
        4,
        "a line is removed while money is on its way",
        "models/pos_payment.py",
        (
            '        payments.env["mixpay.coverage"]._check_not_held(\n'
            '            payments, self.env._("This payment line cannot be removed.")\n'
            "        )\n"
        ),
        "",
        ODOO,
        "TestMixpayHeld.test_its_line_is_not_removed",
    ),
    Mutation(
        4,
        "an order is deleted while money is on its way",
        "models/pos_order.py",
        (
            '        payments.env["mixpay.coverage"]._check_not_held(\n'
            '            payments, self.env._("Its order cannot be deleted.")\n'
            "        )\n"
        ),
        "",
        ODOO,
        "TestMixpayHeld.test_its_order_is_not_removed",
    ),
    Mutation(
        4,
        "an order gets another identifier after MixPay was asked",
        "models/pos_order.py",
        (
            "        "
            'self.env["mixpay.coverage"].sudo()._check_not_renamed(renamed._mixpay_payments())\n'
        ),
        "",
        ODOO,
        "TestMixpayHeld.test_it_is_found_since_nothing_is_renamed",
    ),
    Mutation(
        4,
        "answers that are being checked hold nothing",
        STANDING,
        "(payment.state in HELD_STATES or is_being_checked)",
        "payment.state in HELD_STATES",
        ODOO,
        "TestMixpayHeld.test_its_line_is_not_removed",
    ),
    Mutation(
        4,
        "status shows the payments of closed sessions",
        "models/mixpay_presenter.py",
        "            OR session.state <> 'closed'\n",
        "            OR true\n",
        ODOO,
        "TestMixpayRoutes.test_status_shows_what_the_record_rules_show",
    ),
    Mutation(
        4,
        "another shop's payment is moved into one's session",
        "models/mixpay_checkout.py",
        (
            "        mine = payments.filtered(\n"
            "            lambda p: p.pos_config_id == session.config_id and not p.covered_at\n"
            "        )\n"
        ),
        "        mine = payments.filtered(lambda p: not p.covered_at)\n",
        ODOO,
        "TestMixpayRoutes.test_another_point_of_sale_s_payment_stays_in_its_session",
    ),
    # Whatever MixPay answers.
    Mutation(
        3,
        "an end is believed from an answer that lacks a term",
        RESULT,
        "    if missing and report.status != states.UNPAID:\n",
        "    if False:\n",
        PURE,
        "test_evaluate.py::test_what_cannot_be_read_is_no_state",
    ),
    Mutation(
        3,
        "an answer about another trace is taken for ours",
        JUDGE,
        "    if not ids.same(result.trace_id, terms.trace_id):\n",
        "    if False:\n",
        PURE,
        "test_evaluate.py::test_what_cannot_be_read_is_no_state",
    ),
    Mutation(
        3,
        "one answer on other terms ends a payment",
        JUDGE,
        " and seconds >= SECOND_ANSWER_SECONDS\n",
        "\n",
        PURE,
        "test_evaluate.py::test_an_end_on_other_terms_is_believed_the_second_time",
    ),
    Mutation(
        3,
        "what MixPay reports on other terms need not be the same twice",
        JUDGE,
        " and evaluation.report == first_report",
        "",
        PURE,
        "test_evaluate.py::test_an_end_on_other_terms_is_believed_the_second_time",
    ),
    Mutation(
        3,
        "money of another payee counts as ours",
        JUDGE,
        '        is_ours = "payeeId" not in others and _has_money(new, result)\n',
        "        is_ours = _has_money(new, result)\n",
        PURE,
        "test_evaluate.py::test_only_money_for_our_payee_is_our_money",
    ),
    Mutation(
        3,
        "a link that a stranger took is shown again",
        PAYMENT,
        "        is_live = not (self._is_final() or self.is_taken)\n",
        "        is_live = not self._is_final()\n",
        ODOO,
        "TestMixpayOtherTerms.test_a_taken_link_is_recorded_once_and_not_used_again",
    ),
    Mutation(
        5,
        "an answer that cannot be read counts against MixPay as a whole",
        "mixpay/errors.py",
        "class MixpayUnusable(MixpayError):\n",
        "class MixpayUnusable(MixpayUnavailable):\n",
        PURE,
        "test_backoff.py::test_a_refusal_shows_that_mixpay_is_there",
    ),
    Mutation(
        5,
        "a redirect is resolved",
        "mixpay/http.py",
        "    session = _Session()\n",
        "    session = requests.Session()\n",
        PURE,
        "test_odd_answers.py::test_redirects_are_not_even_looked_at",
    ),
    Mutation(
        5,
        "a packed answer is unpacked to any size",
        "mixpay/http.py",
        "        body = unpacker.decompress(body, MAX_BODY_BYTES + 1)\n",
        "        body = unpacker.decompress(body)[: MAX_BODY_BYTES + 1] if body else body\n",
        PURE,
        "test_odd_answers.py::test_a_bomb_is_not_unpacked",
    ),
    Mutation(
        5,
        "an absurd clock of MixPay's moves the deadline",
        "mixpay/client.py",
        "    return offset if abs(offset) <= MAX_CLOCK_OFFSET else None\n",
        "    return offset\n",
        PURE,
        "test_odd_answers.py::test_a_clock_that_is_days_off_is_ignored",
    ),
    Mutation(
        5,
        "a crash while asking closes the circuit as a success",
        "models/mixpay_limiter.py",
        '            error = MixpayUnavailable("the call was not finished")\n',
        "            error = None\n",
        ODOO,
        "TestMixpayLimiter.test_a_permit_is_given_back_and_a_crash_is_no_success",
    ),
    Mutation(
        6,
        "less than was due is booked and not listed",
        "models/mixpay_review.py",
        "        yield self._is_short(payment) and SHORT\n",
        "",
        ODOO,
        "TestMixpayOddSuccess.test_less_than_was_due_is_booked_and_listed",
    ),
    Mutation(
        6,
        "answers that cannot be read are never listed",
        "models/mixpay_review.py",
        "        return is_unreadable and UNREADABLE\n",
        "        return False\n",
        ODOO,
        "TestMixpayUnusable.test_after_an_hour_it_is_listed",
    ),
    Mutation(
        9,
        "an order is saved for whoever was deleted or may not save any",
        "models/mixpay_fulfilment.py",
        ("            bool(user)\n            and user.active\n"),
        ("            True\n            or user.active\n"),
        ODOO,
        "TestMixpayJobs.test_nothing_is_saved_for_who_may_save_nothing",
    ),
    # 10. One bad record never stops the others, and closing never fails.
    Mutation(
        10,
        "what one payment raises ends the job",
        "models/mixpay_retry.py",
        (
            '            _logger.info("MixPay payment %s is busy; it is '
            'looked at again later", payment.id)\n'
            "        except Exception as error:  # pylint: disable=broad-exception-caught\n"
        ),
        (
            '            _logger.info("MixPay payment %s is busy; it is '
            'looked at again later", payment.id)\n'
            "        except ZeroDivisionError as error:  # pylint: disable=broad-exception-caught\n"
        ),
        ODOO,
        "TestMixpayJobs.test_a_payment_that_fails_keeps_nobody_waiting",
    ),
    Mutation(
        10,
        "a payment that cannot be asked about stays the first",
        "models/mixpay_sync.py",
        "            raise _CannotBuildRequest(payment.id) from error\n",
        "            raise priority.NotAdmitted() from error\n",
        ODOO,
        "TestMixpayJobs.test_a_payment_that_fails_keeps_nobody_waiting",
    ),
    Mutation(
        10,
        "a payment that fails is not put back",
        JOB,
        '                    "pause": polling.pause_after_failures(processing_failures),\n',
        '                    "pause": 0,\n',
        ODOO,
        "TestMixpayJobs.test_a_payment_that_fails_is_listed_put_back_and_logged_once",
    ),
    Mutation(
        10,
        "a payment that fails is not listed",
        "models/mixpay_review.py",
        "        issue = issue or (payment.error and payment.state != states.FAILED and ERROR)\n",
        "",
        ODOO,
        "TestMixpayJobs.test_a_payment_that_fails_is_listed_put_back_and_logged_once",
    ),
    Mutation(
        10,
        "what one order raises ends the job",
        "models/mixpay_fulfilment.py",
        (
            '            _logger.info("MixPay payment %s is busy; it is '
            'settled later", payment.id)\n'
            "        except Exception as error:  # pylint: disable=broad-exception-caught\n"
        ),
        (
            '            _logger.info("MixPay payment %s is busy; it is '
            'settled later", payment.id)\n'
            "        except ZeroDivisionError as error:  # pylint: disable=broad-exception-caught\n"
        ),
        SERVERS,
        "test_jobs.py::test_one_bad_order_keeps_no_other_from_being_finished",
    ),
    Mutation(
        10,
        "an order that cannot be finished keeps its session from closing",
        POS_SESSION,
        "        except Exception as error:  # pylint: disable=broad-exception-caught\n"
        "            # An order is much more",
        "        except ZeroDivisionError as error:  # pylint: disable=broad-exception-caught\n"
        "            # An order is much more",
        ODOO,
        "TestMixpayClosing.test_from_the_back_office",
    ),
    Mutation(
        10,
        "a way of closing past the register's and the back office's carries nothing over",
        POS_SESSION,
        "        # Where all ways of closing end, also those that come past the ones above.\n"
        "        self._mixpay_defer_orders()\n",
        "",
        ODOO,
        "TestMixpayClosing.test_past_the_closing_control",
    ),
    Mutation(
        6,
        "a clock that is set back blinds the shop for as long",
        JOB,
        'f" OR job.due_at > {NOW} + (coalesce(job.pause, 0) + 1) * interval',
        'f" OR job.due_at > {NOW} + 1000000 * interval',
        SERVERS,
        "test_jobs.py::test_a_clock_set_back_blinds_nobody",
    ),
    Mutation(
        6,
        "payments that were given up starve beside those that somebody waits for",
        "models/mixpay_sync.py",
        "            if self._sync_due(api_url, background_first=asked < CRON_BACKGROUND):\n",
        ("            if self._sync_due(api_url):\n"),
        SERVERS,
        "test_jobs.py::test_sales_that_somebody_waits_for_go_first",
    ),
    Mutation(
        6,
        "the job does not look after what is planned",
        "models/mixpay_fulfilment.py",
        "        while due := self._due_to_finish(tried):\n",
        "        while due := self._due_to_finish(tried)[:0]:\n",
        ODOO,
        "TestMixpayJobs.test_an_order_that_fails_keeps_no_other_from_being_finished",
    ),
    # Set-up: who receives the money, what nobody wrote, copies, and uninstalling.
    Mutation(
        8,
        "a payee that the company has never used takes effect at once",
        PAYEE,
        '"effective_at": now if is_at_once else now + delay,',
        '"effective_at": now,',
        ODOO,
        "TestMixpayPayee.test_a_new_payee_waits_and_the_old_one_holds",
    ),
    Mutation(
        8,
        "payments go to the payee that was written, whatever holds",
        "models/mixpay_checkout.py",
        '            "payee_id": method._mixpay_effective_payee(),\n',
        '            "payee_id": method.mixpay_payee_id,\n',
        ODOO,
        "TestMixpayPayee.test_a_new_payee_waits_and_the_old_one_holds",
    ),
    Mutation(
        8,
        "who wrote a payee agrees to it",
        PAYEE,
        "        return self.sudo().proposed_by_id.id != self.env.uid\n",
        "        return True\n",
        ODOO,
        "TestMixpayPayee.test_nobody_else_agrees",
    ),
    Mutation(
        8,
        "a payee that was written and taken back counts as used",
        PAYEE,
        "            pending.is_withdrawn = True\n",
        "            pending.flush_recordset()\n",
        ODOO,
        "TestMixpayPayee.test_written_and_taken_back_it_has_not_been_used",
    ),
    Mutation(
        8,
        "code that runs as superuser for a manager needs nobody's agreement",
        PAYEE,
        '        return self.env.user.has_group("base.group_system")\n',
        '        return self.env.su or self.env.user.has_group("base.group_system")\n',
        ODOO,
        "TestMixpayPayee.test_code_that_runs_as_superuser_for_a_manager_is_the_manager",
    ),
    Mutation(
        3,
        "test mode comes in by a user's own default",
        "models/ir_default.py",
        'if not name.startswith("mixpay_")',
        "if name",
        ODOO,
        "TestMixpayDefaults.test_test_mode_comes_in_by_no_default",
    ),
    Mutation(
        2,
        "a copied database asks MixPay about the original's payments",
        "models/mixpay_settings.py",
        "            is_shops_own=not (is_neutralized or is_copy),\n",
        "            is_shops_own=not is_neutralized,\n",
        ODOO,
        "TestMixpayCopiedDatabase.test_no_path_asks_the_real_mixpay_or_shows_a_real_code",
    ),
    Mutation(
        6,
        "uninstalling forgets what customers can still pay",
        "models/ir_module_module.py",
        "        modules._mixpay_check_uninstall()\n",
        "",
        ODOO,
        "TestMixpayHeldSettings.test_uninstalling_is_refused_also_by_a_dependency",
    ),
    Mutation(
        6,
        "a method's journal changes under money on its way",
        "models/pos_payment_method.py",
        "        methods._mixpay_check_held(held)\n",
        "",
        ODOO,
        "TestMixpayHeldSettings.test_while_money_is_on_its_way",
    ),
    # 8. Who approves proves who they are.
    Mutation(
        8,
        "any code will do",
        CODE,
        '        return self.env["res.users"]._crypt_context().verify(code, code_hash)\n',
        "        return True\n",
        ODOO,
        "TestMixpayApproval.test_a_wrong_code",
    ),
    Mutation(
        8,
        "wrong codes are not counted",
        CODE_ATTEMPT,
        "        if of_code >= ATTEMPTS_PER_CODE or of_login >= ATTEMPTS_PER_LOGIN:\n",
        "        if False:\n",
        SERVERS,
        "test_approval.py::test_few_tries_and_after_a_while_anew",
    ),
    Mutation(
        8,
        "codes typed at the same instant are not counted one after the other",
        CODE,
        '"LOCK TABLE mixpay_code_attempt IN SHARE ROW EXCLUSIVE MODE"',
        '"SELECT 1"',
        SERVERS,
        "test_approval.py::test_ten_codes_at_the_same_instant_count_as_ten",
    ),
    Mutation(
        8,
        "wrong codes typed at a till block the back office too",
        CODE_ATTEMPT,
        '        return domain & Domain("place", "=", place) if place else domain\n',
        "        return domain\n",
        ODOO,
        "TestMixpayApproval.test_and_in_the_back_office_it_works_on",
    ),
    Mutation(
        8,
        "a code may be guessed for ever",
        CODE,
        "                record.is_disabled = True\n",
        "",
        ODOO,
        "TestMixpayApproval.test_twenty_wrong_ones_disable_the_code",
    ),
    Mutation(
        8,
        "a code that was watched approves any amount",
        CODE,
        "            if place == TILL:\n",
        "            if False:\n",
        ODOO,
        "TestMixpayApproval.test_caps",
    ),
    Mutation(
        8,
        "a code is set without its owner's password",
        SET_CODE,
        "        self._check_password(password)\n",
        "",
        ODOO,
        "TestMixpayApproval.test_one_s_own_code_takes_one_s_own_password_each_time",
    ),
    Mutation(
        8,
        "the login that asked decides itself",
        APPROVAL_DECISION,
        "        if user == approval.user_id:\n",
        "        if False:\n",
        ODOO,
        "TestMixpayRequests.test_the_login_that_asked_never_decides",
    ),
    Mutation(
        8,
        "whoever sees a request decides it",
        APPROVAL_DECISION,
        "        if not approvers._may_approve(user, payment, approval.pos_config_id):\n",
        "        if False:\n",
        ODOO,
        "TestMixpayRequests.test_a_manager_who_is_none_any_more",
    ),
    Mutation(
        8,
        "a request never expires",
        APPROVAL,
        "        return self.create_date > self._open_since()\n",
        "        return True\n",
        ODOO,
        "TestMixpayRequests.test_an_expired_request",
    ),
    Mutation(
        8,
        "what was approved is not what the approver was shown",
        APPROVAL_DECISION,
        "        if is_granted and decisions._is_changed(approval):\n",
        "        if False:\n",
        ODOO,
        "TestMixpayRequests.test_a_changed_payment_is_shown_again",
    ),
    Mutation(
        8,
        "a decision without effect counts as granted",
        APPROVAL_DECISION,
        "            approval._note_outcome(EXPIRED, name, user, has_effect=False)\n",
        "            approval._note_outcome(GRANTED, name, user, has_effect=True)\n",
        ODOO,
        "TestMixpayRequests.test_a_decision_without_effect_is_never_granted",
    ),
    Mutation(
        8,
        "a payment is marked as paid while the customer still has time",
        STANDING,
        "    return bool(is_detected or payment.time_left < 1 or payment.is_unanswered)\n",
        "    return True\n",
        ODOO,
        "TestMixpayApproval.test_without_a_reason_to_it_is_neither_offered_nor_accepted",
    ),
    Mutation(
        8,
        "anybody names approvers",
        APPROVER,
        "            if self.env.user not in approver.company_id._mixpay_managers():\n",
        "            if False:\n",
        ODOO,
        "TestMixpayApproval.test_only_managers_of_the_company_name_approvers",
    ),
    Mutation(
        8,
        "what managers are told with is created with a cashier's own defaults",
        "models/mixpay_defaults_mixin.py",
        "records.env(user=SUPERUSER_ID, context=context, su=True)",
        "records.env(su=True)",
        ODOO,
        "TestMixpayIssues.test_a_cashier_s_defaults_hide_nothing_from_managers",
    ),
    Mutation(
        4,
        "the session of a paid order's line can be changed",
        POS_PAYMENT,
        '        "session_id",\n        "company_id",\n        "currency_id",\n',
        '        "company_id",\n        "currency_id",\n',
        SERVERS,
        "test_model.py::test_no_field_frees_what_is_booked",
    ),
    Mutation(
        5,
        "an answer waits for rows that a closing holds",
        "models/mixpay_sync.py",
        "            own._lock(nowait=not attempt.request.needs_link)\n",
        "            own._lock()\n",
        SERVERS,
        "test_odd_answers.py::test_a_closing_that_holds_the_lines_holds_no_worker",
    ),
    Mutation(
        4,
        "money that was given back counts again once its surplus is decided about",
        STANDING,
        "    is_written_off = bool(payment.written_off_at)\n",
        '    is_written_off = payment.decided_issue in ("late", "no_order")\n',
        ODOO,
        "TestMixpayUsedOnce.test_money_given_back_stays_given_back",
    ),
    Mutation(
        6,
        "a register is told of another shop's late money",
        "controllers/register.py",
        '            [("pos_config_id", "=", config.id), ("issue", "=", LATE)],\n',
        '            [("issue", "=", LATE)],\n',
        ODOO,
        "TestMixpayRoutes.test_late_payments_of_the_point_of_sale",
    ),
    Mutation(
        6,
        "a decision about something else ends the search for an order",
        "models/mixpay_fulfilment.py",
        "        is_unmatched = not payment._is_booked() and not payment._is_written_off()\n",
        "        is_unmatched = not payment._is_booked() and not payment.decision\n",
        ODOO,
        "TestMixpayDecisions.test_a_decision_about_something_else_hides_no_money_without_an_order",
    ),
    Mutation(
        6,
        "money that was given back pays the sale, if it was listed for something else",
        "models/mixpay_decision.py",
        "        is_given_back = decision == REFUNDED and payment._is_unbooked()\n",
        "        is_given_back = False\n",
        ODOO,
        "TestMixpayDecisions.test_what_was_given_back_pays_no_sale_whatever_it_was_listed_for",
    ),
    Mutation(
        8,
        "the login of the till decides about what it sells",
        APPROVAL_DECISION,
        "        if user == payment.create_uid:\n",
        "        if False:\n",
        ODOO,
        "TestMixpayRequests.test_the_login_of_the_till_never_decides",
    ),
    Mutation(
        8,
        "whoever was named at the till approves at once",
        APPROVER,
        "        return not (is_new and self.named_by_id == payment.create_uid)\n",
        "        return True\n",
        ODOO,
        "TestMixpayApproval.test_who_is_named_at_the_till_counts_from_the_next_session_on",
    ),
    Mutation(
        4,
        "a total that core rounds up is too much to be paid",
        POS_ORDER,
        "        return self._get_rounded_amount(self.amount_total)\n",
        "        return self.amount_total\n",
        ODOO,
        "TestMixpayRounding.test_what_rounds_up_is_paid",
    ),
    Mutation(
        6,
        "a success that is not settled is forgotten",
        "mixpay/settlement.py",
        "        if at.is_settled and at.has_transfers:\n",
        "        if at.has_transfers:\n",
        PURE,
        "test_settlement.py::test_it_ends_when_all_is_known",
    ),
    Mutation(
        6,
        "what expired is asked about once only",
        "mixpay/settlement.py",
        "    return _DAY - age if is_expired(at) and age < _DAY else None\n",
        "    return None\n",
        PURE,
        "test_settlement.py::test_what_expired_is_asked_about_after_an_hour_and_after_a_day",
    ),
    Mutation(
        6,
        "money that came after a failure is not noted",
        SETTLEMENT,
        "        if reported.state == states.SUCCESS and not payment.recovered_at:\n",
        "        if False:\n",
        ODOO,
        "TestMixpayLateMoney.test_paid_later_is_listed_and_never_reopened",
    ),
    Mutation(
        6,
        "settlements use up the calls of sales",
        "models/mixpay_limiter.py",
        "        if kind == priority.BACKGROUND:\n",
        "        if False:\n",
        ODOO,
        "TestMixpaySettlement.test_it_never_takes_a_call_that_a_sale_could_want",
    ),
    Mutation(
        3,
        "a report on other terms changes what is on record",
        SETTLEMENT,
        "        return reported.state is not None and not result.differences("
        "payment._terms(), reported)\n",
        "        return reported.state is not None\n",
        ODOO,
        "TestMixpaySettlement.test_a_report_on_other_terms_changes_nothing",
    ),
    Mutation(
        4,
        "money that came after a failure pays its line by itself",
        "models/mixpay_payment_coverage.py",
        "        is_recovered = bool(self.recovered_at and self.attached_uuid)\n",
        "        is_recovered = bool(self.recovered_at)\n",
        ODOO,
        "TestMixpayLateMoney.test_paid_later_is_listed_and_never_reopened",
    ),
    Mutation(
        4,
        "a trace that a register sent along pays its line",
        LOOKUP,
        '            "payment_uuid": str(uuid.uuid4()),\n',
        '            "payment_uuid": self.payment_uuid,\n',
        ODOO,
        "TestMixpayRestoredBackup.test_it_pays_no_line_by_itself",
    ),
    Mutation(
        6,
        "a second code is made although the first was paid",
        LOOKUP,
        "        self._check_no_money(session, payment_uuid)\n",
        "",
        ODOO,
        "TestMixpayRestoredBackup."
        "test_what_only_the_register_knows_is_asked_about_before_a_second_code",
    ),
    Mutation(
        3,
        "another payee's money is taken onto the list",
        LOOKUP,
        '        is_ours = self.env["mixpay.payee"]._is_of_company('
        "self.company_id, reported.payee_id)\n",
        "        is_ours = True\n",
        ODOO,
        "TestMixpayLookup.test_another_payee_s_money_is_not_taken",
    ),
)
