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
REGISTER = "models/mixpay_register_mixin.py"
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
        "a pay link may be settled in any coin",
        JUDGE,
        "        if not settles_as_agreed(terms, result.settle_asset_id):\n",
        "        if False:\n",
        PURE,
        "test_judge.py::test_a_pay_link_must_settle_as_agreed",
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
        "            and self.company_id == order.company_id == pos_payment.company_id\n",
        "",
        ODOO,
        "TestMixpayOrder.test_another_company",
    ),
    Mutation(
        4,
        "an order is counted as paid without asking for its lines",
        POS_ORDER,
        "                line._mixpay_cover()\n",
        "                pass\n",
        ODOO,
        "TestMixpayOrder.test_a_draft_may_wait_but_not_become_paid",
    ),
    Mutation(
        4,
        "a line of a paid order may be changed",
        POS_PAYMENT,
        "            line._mixpay_cover()\n",
        "            pass\n",
        ODOO,
        "TestMixpayOrder.test_rpc_writes_of_a_cashier",
    ),
    Mutation(
        4,
        "change is given for coins",
        POS_ORDER,
        "            order._mixpay_check_gives_no_change()\n",
        "            pass\n",
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
    # 4. Used once, for ever: what is frozen, what is held, what is seen.
    Mutation(
        4,
        "a used payment covers another line, too",
        BOOKING,
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
        "        self._check_coverage_kept(vals)\n",
        "",
        ODOO,
        "TestMixpayUsedOnce.test_the_payment_s_own_record_stays_with_its_line",
    ),
    Mutation(
        3,
        "users' own defaults reach a new payment",
        PAYMENT,
        "        defaults = {}\n        for name in fields_list:\n",
        "        return super().default_get(fields_list)\n        for name in fields_list:\n",
        ODOO,
        "TestMixpayUsedOnce.test_a_payment_s_record_takes_no_defaults_of_users",
    ),
    Mutation(
        4,
        "late money of an ended order pays one with its identifiers",
        BOOKING,
        " and not self._is_too_late()\n",
        "\n",
        ODOO,
        "TestMixpayUsedOnce.test_late_money_of_an_ended_order_needs_a_decision",
    ),
    Mutation(
        4,
        "an order is paid otherwise while money is on its way",
        POS_ORDER,
        "        payments._check_not_held("
        'self.env._("Its order cannot be finished without it."))\n',
        "",
        ODOO,
        "TestMixpayHeld.test_not_paid_otherwise",
    ),
    Mutation(
        4,
        "payments are looked for by their lines only",
        BOOKING,
        '            {"lines": list(line_uuids), "orders": list(order_uuids)},\n',
        '            {"lines": list(line_uuids), "orders": []},\n',
        ODOO,
        "TestMixpayHeld.test_not_by_a_register_that_knows_nothing_of_it",
    ),
    Mutation(
        4,
        "a line is removed while money is on its way",
        POS_PAYMENT,
        '        payments._check_not_held(self.env._("This payment line cannot be removed."))\n',
        "",
        ODOO,
        "TestMixpayHeld.test_its_line_is_not_removed",
    ),
    Mutation(
        4,
        "an order is deleted while money is on its way",
        POS_ORDER,
        '        payments._check_not_held(self.env._("Its order cannot be deleted."))\n',
        "",
        ODOO,
        "TestMixpayHeld.test_its_order_is_not_removed",
    ),
    Mutation(
        4,
        "an order gets another identifier after MixPay was asked",
        POS_ORDER,
        "        renamed._mixpay_payments()._check_not_renamed()\n",
        "",
        ODOO,
        "TestMixpayHeld.test_it_is_found_since_nothing_is_renamed",
    ),
    Mutation(
        4,
        "answers that are being checked hold nothing",
        BOOKING,
        " or self._is_being_checked()\n",
        "\n",
        ODOO,
        "TestMixpayHeld.test_its_line_is_not_removed",
    ),
    Mutation(
        4,
        "status shows the payments of closed sessions",
        REGISTER,
        "            OR session.state <> 'closed'\n",
        "            OR true\n",
        ODOO,
        "TestMixpayRoutes.test_status_shows_what_the_record_rules_show",
    ),
    Mutation(
        4,
        "another shop's payment is moved into one's session",
        PAYMENT,
        "lambda p: p.pos_config_id == session.config_id and not p.covered_at",
        "lambda p: not p.covered_at",
        ODOO,
        "TestMixpayRoutes.test_another_point_of_sale_s_payment_stays_in_its_session",
    ),
    Mutation(
        4,
        "money that was given back counts again once its surplus is decided about",
        ATTENTION,
        "        return bool(self.written_off_at)\n",
        "        return self.decided_issue in (LATE, NO_ORDER)\n",
        ODOO,
        "TestMixpayUsedOnce.test_money_given_back_stays_given_back",
    ),
)
