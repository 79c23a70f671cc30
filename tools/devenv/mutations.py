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
CODE = "models/mixpay_code.py"
APPROVER = "models/mixpay_approver.py"
SET_CODE = "wizard/mixpay_set_code.py"
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
        "                return LATE\n",
        "                return False\n",
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
        CODE,
        "        if len(window) >= ATTEMPTS_PER_CODE or of_login >= ATTEMPTS_PER_LOGIN:\n",
        "        if False:\n",
        SERVERS,
        "test_approval.py::test_few_tries_and_after_a_while_anew",
    ),
    Mutation(
        8,
        "codes typed at the same instant are not counted one after the other",
        CODE,
        '        self._cr.execute("LOCK TABLE mixpay_code_attempt IN SHARE ROW EXCLUSIVE MODE")\n',
        "",
        SERVERS,
        "test_approval.py::test_ten_codes_at_the_same_instant_count_as_ten",
    ),
    Mutation(
        8,
        "wrong codes typed at a till block the back office too",
        CODE,
        '        return domain + ([("place", "=", place)] if place else [])\n',
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
        APPROVAL,
        "        if user == self.user_id:\n",
        "        if False:\n",
        ODOO,
        "TestMixpayRequests.test_the_login_that_asked_never_decides",
    ),
    Mutation(
        8,
        "whoever sees a request decides it",
        APPROVAL,
        "        if not self._may_approve(user, self.payment_id, self.pos_config_id):\n",
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
        APPROVAL,
        "        if is_granted and approval._is_changed():\n",
        "        if False:\n",
        ODOO,
        "TestMixpayRequests.test_a_changed_payment_is_shown_again",
    ),
    Mutation(
        8,
        "a decision without effect counts as granted",
        APPROVAL,
        "            self._note_outcome(EXPIRED, name, user, has_effect=False)\n",
        "            self._note_outcome(GRANTED, name, user, has_effect=True)\n",
        ODOO,
        "TestMixpayRequests.test_a_decision_without_effect_is_never_granted",
    ),
    Mutation(
        8,
        "a payment is marked as paid while the customer still has time",
        ATTENTION,
        "        return is_detected or not self._seconds_left() or self.is_unanswered\n",
        "        return True\n",
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
        6,
        "a register is told of another shop's late money",
        "controllers/main.py",
        '            [("pos_config_id", "=", config.id), ("issue", "=", LATE)],\n',
        '            [("issue", "=", LATE)],\n',
        ODOO,
        "TestMixpayRoutes.test_late_payments_of_the_point_of_sale",
    ),
)
