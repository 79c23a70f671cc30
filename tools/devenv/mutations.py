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
BOOKING = "models/mixpay_booking_mixin.py"
ATTENTION = "models/mixpay_attention_mixin.py"
APPROVAL = "models/mixpay_approval.py"
WATCH = "models/mixpay_watch.py"
POS_ORDER = "models/pos_order.py"
POS_PAYMENT = "models/pos_payment.py"
JUDGE = "mixpay/judge.py"
RESULT = "mixpay/result.py"
STATES = "mixpay/states.py"
MONEY = "mixpay/money.py"
SALE = "test_payment.py::"

MUTATIONS = (
    # 1. Recorded before MixPay is asked; terms never change; one amount, one trace.
    Mutation(
        1,
        "nothing is committed before MixPay is asked",
        PAYMENT,
        "        self.env.cr.commit()  # pylint: disable=invalid-commit\n",
        "        self.env.flush_all()\n",
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
        PAYMENT,
        "            lambda p: money.from_float(p.amount, digits) == amount\n",
        "            lambda p: True\n",
        SERVERS,
        SALE + "test_another_amount_needs_a_new_payment_and_the_old_is_watched",
    ),
    Mutation(
        1,
        "a retry makes a second payment for the same line and amount",
        PAYMENT,
        "        usable = (seen & same)[:1] or same.filtered(lambda p: p._is_payable())[:1]\n",
        "        usable = (seen & same)[:1]\n",
        SERVERS,
        SALE + "test_retry_after_cancel_lets_the_same_payment_live_on",
    ),
    # 2. One way to a state; repeats and reordering change nothing.
    Mutation(
        2,
        "whoever wants to know asks MixPay, whoever else is asking",
        WATCH,
        "                         WHERE (lease_until IS NULL OR lease_until < now)\n",
        "                         WHERE true\n",
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
        "test_judge.py::test_ends_never_reopen",
    ),
    # 3. Only MixPay's own, matching answer is a success.
    Mutation(
        3,
        "a success on other terms counts",
        JUDGE,
        "    if others:\n",
        "    if False:\n",
        PURE,
        "test_judge.py::test_an_end_on_other_terms_is_a_mismatch",
    ),
    Mutation(
        3,
        "the amount that was paid is not compared",
        RESULT,
        '        "quoteAmount": amount is not None and amount == Decimal(terms.quote_amount),\n',
        '        "quoteAmount": True,\n',
        SERVERS,
        SALE + "test_success_on_other_terms_is_never_paid",
    ),
    Mutation(
        3,
        "a coin that was not agreed is not listed",
        ATTENTION,
        "        yield self._is_settled_otherwise() and OTHER_COIN\n",
        "",
        ODOO,
        "TestMixpayOddSuccess.test_a_coin_that_was_not_agreed_is_a_success_that_is_listed",
    ),
    # 4. A line is done only when it is covered, once, on every path.
    Mutation(
        4,
        "a payment of another amount covers a line",
        BOOKING,
        "money.from_float(self.amount, self.currency_id.decimal_places) == amount\n",
        "True\n",
        ODOO,
        "TestMixpayOrder.test_another_amount",
    ),
    Mutation(
        4,
        "a payment on its way covers a line",
        BOOKING,
        "        is_paid = self.state == states.SUCCESS or bool(self.override_at)\n",
        "        is_paid = self._has_our_money() or bool(self.override_at)\n",
        ODOO,
        "TestMixpayOrder.test_a_payment_still_on_its_way",
    ),
    Mutation(
        4,
        "another company's payment covers a line",
        BOOKING,
        "            and self.company_id == pos_payment.company_id\n",
        "",
        ODOO,
        "TestMixpayOrder.test_another_company",
    ),
    Mutation(
        4,
        "an order is counted as paid without asking for its lines",
        POS_ORDER,
        "                    line._mixpay_check_backed()\n",
        "                    pass\n",
        ODOO,
        "TestMixpayOrder.test_a_draft_may_wait_but_not_become_paid",
    ),
    Mutation(
        4,
        "a line of a paid order may be changed",
        POS_PAYMENT,
        "                line._mixpay_check_backed()\n",
        "                pass\n",
        ODOO,
        "TestMixpayOrder.test_a_covered_line_cannot_be_changed_in_a_paid_order",
    ),
    Mutation(
        4,
        "change is given for coins",
        POS_ORDER,
        "                order._check_mixpay_gives_no_change()\n",
        "                pass\n",
        ODOO,
        "TestMixpayOrder.test_coins_pay_no_more_than_what_is_due",
    ),
    # 5. Trouble is never a failure.
    Mutation(
        5,
        "no answer from MixPay is a failure",
        PAYMENT,
        "        is_refused = isinstance(answer, MixpayRefused) and question.needs_link\n"
        "        if is_refused and self.state == states.DRAFT:\n",
        "        if True:\n",
        SERVERS,
        SALE + "test_trouble_is_never_a_failure",
    ),
    Mutation(
        5,
        "a status that nobody knows ends the payment",
        JUDGE,
        "        return Verdict(old, unknown_status=result.status)\n",
        "        return Verdict(states.FAILED, unknown_status=result.status)\n",
        PURE,
        "test_judge.py::test_an_unknown_status_waits_on",
    ),
    # 6. What arrives late, twice, short or for a cancelled sale is found and listed.
    Mutation(
        6,
        "a cancelled payment is not watched any more",
        PAYMENT,
        '        self.env["mixpay.watch"]._start(self.filtered(lambda p: not p._is_final()))\n',
        '        self.env["mixpay.watch"].search([("payment_id", "in", self.ids)]).unlink()\n',
        SERVERS,
        SALE + "test_a_cancelled_payment_is_freed_then_paid_late_and_not_forgotten",
    ),
    Mutation(
        6,
        "money for a cancelled sale is not listed",
        ATTENTION,
        "                yield LATE\n",
        "                yield False\n",
        ODOO,
        "TestMixpayIssues.test_money_for_a_cancelled_sale",
    ),
    Mutation(
        6,
        "the line of a paid order is removed with its money",
        POS_PAYMENT,
        "            if is_paid and line._mixpay_payment():\n",
        "            if False:\n",
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
    # 8. Who approves proves who they are.
    Mutation(
        8,
        "any password will do",
        APPROVAL,
        "        if not isinstance(secret, str) or not secret:\n            return False\n",
        "        if isinstance(secret, str) and secret:\n            return True\n",
        SERVERS,
        "test_approval.py::test_few_tries_and_after_a_while_anew",
    ),
    Mutation(
        8,
        "wrong tries are not counted",
        APPROVAL,
        "            if not approvals._has_tried_too_often(vals):\n",
        "            if True:\n",
        SERVERS,
        "test_approval.py::test_few_tries_and_after_a_while_anew",
    ),
    # 9. The server finishes what nobody finishes, once.
    Mutation(
        9,
        "the server finishes no order",
        BOOKING,
        "        self._try_to_complete_order()\n",
        "",
        ODOO,
        "TestMixpayOrder.test_the_server_finishes_a_paid_order",
    ),
    Mutation(
        9,
        "an order whose register died before saving it is lost",
        BOOKING,
        "        self._restore_order()\n",
        "",
        ODOO,
        "TestMixpayOrder.test_an_order_that_its_register_never_saved_is_saved",
    ),
    Mutation(
        9,
        "the server finishes an order that another terminal still waits for",
        POS_ORDER,
        '            and all(line.payment_status in (False, "", "done") for line in others)\n',
        "",
        ODOO,
        "TestMixpayOrder.test_nor_what_another_terminal_still_waits_for",
    ),
    Mutation(
        9,
        "the server finishes an order that the cashier gave up waiting for",
        BOOKING,
        "        if not self._is_accepted() or self.is_abandoned or self._is_booked():\n",
        "        if not self._is_accepted() or self._is_booked():\n",
        ODOO,
        "TestMixpayOrder.test_an_abandoned_payment_finishes_nothing",
    ),
    # Whatever MixPay answers.
    Mutation(
        3,
        "an end is believed from an answer that lacks a term",
        RESULT,
        "    if missing and report.status != states.UNPAID:\n",
        "    if False:\n",
        PURE,
        "test_judge.py::test_what_cannot_be_read_is_no_state",
    ),
    Mutation(
        3,
        "an answer about another trace is taken for ours",
        JUDGE,
        "    if not ids.same(result.trace_id, terms.trace_id):\n",
        "    if False:\n",
        PURE,
        "test_judge.py::test_what_cannot_be_read_is_no_state",
    ),
    Mutation(
        3,
        "one answer on other terms ends a payment",
        JUDGE,
        " and seconds >= SECOND_ANSWER_SECONDS\n",
        "\n",
        PURE,
        "test_judge.py::test_an_end_on_other_terms_is_believed_the_second_time",
    ),
    Mutation(
        3,
        "what MixPay reports on other terms need not be the same twice",
        JUDGE,
        " and verdict.report == first_report",
        "",
        PURE,
        "test_judge.py::test_an_end_on_other_terms_is_believed_the_second_time",
    ),
    Mutation(
        3,
        "money of another payee counts as ours",
        JUDGE,
        '        is_ours = "payeeId" not in others and _has_money(new, result)\n',
        "        is_ours = _has_money(new, result)\n",
        PURE,
        "test_judge.py::test_only_money_for_our_payee_is_our_money",
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
        "test_breaker.py::test_a_refusal_shows_that_mixpay_is_there",
    ),
    Mutation(
        5,
        "a redirect is resolved",
        "mixpay/transport.py",
        "    session = _Session()\n",
        "    session = requests.Session()\n",
        PURE,
        "test_odd_answers.py::test_redirects_are_not_even_looked_at",
    ),
    Mutation(
        5,
        "a packed answer is unpacked to any size",
        "mixpay/transport.py",
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
        "models/mixpay_gate.py",
        '        error = MixpayUnavailable("the call was not finished")\n',
        "        error = None\n",
        ODOO,
        "TestMixpayGate.test_a_permit_is_given_back_and_a_crash_is_no_success",
    ),
    Mutation(
        6,
        "less than was due is booked and not listed",
        ATTENTION,
        "        yield self._is_short() and SHORT\n",
        "",
        ODOO,
        "TestMixpayOddSuccess.test_less_than_was_due_is_booked_and_listed",
    ),
    Mutation(
        6,
        "answers that cannot be read are never listed",
        ATTENTION,
        "        return is_unreadable and UNREADABLE\n",
        "        return False\n",
        ODOO,
        "TestMixpayUnusable.test_after_an_hour_it_is_listed",
    ),
    Mutation(
        5,
        "an answer waits for rows that a closing holds",
        PAYMENT,
        "            payment._lock(nowait=not turn.question.needs_link)\n",
        "            payment._lock()\n",
        SERVERS,
        "test_odd_answers.py::test_a_closing_that_holds_the_lines_holds_no_worker",
    ),
)
