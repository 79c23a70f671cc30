"""What is wrong with a payment, and who is told: money rule 6."""

import logging
from datetime import timedelta
from functools import partial

from markupsafe import Markup

from odoo import models

from .. import texts
from ..mixpay import ids, result, states
from ..mixpay.errors import MixpayRateLimited
from ..mixpay.issues import (
    ALARMING,
    CONFIRMED_FAILED,
    ERROR,
    FAILED_WITH_FUNDS,
    FINISH,
    LATE,
    MISMATCH,
    NO_ORDER,
    OTHER_COIN,
    RECOVERED,
    SHORT,
    SURPLUS,
    SURPLUS_ASKED,
    UNCONFIRMED,
    UNCONFIRMED_FAILED,
    UNREADABLE,
    UNSETTLED,
    UNVERIFIED,
)
from ..mixpay.standing import has_open_surplus
from ..transactions import own_transaction

_logger = logging.getLogger(__name__)

# MixPay's answers may be odd for a moment; after this time somebody should look there.
UNREADABLE_AFTER = timedelta(hours=1)
# Most networks confirm within minutes, the slowest within an hour or two.
UNCONFIRMED_AFTER = timedelta(hours=2)


class MixpayReview(models.AbstractModel):
    """What is wrong with a payment, and who is told: money rule 6."""

    _name = "mixpay.review"
    _description = "What a person must decide about a MixPay payment"

    def _review(self, payments):
        """Find out what is wrong with these payments, and tell whom it concerns when it is new."""
        for payment in payments:
            issue = self._current_issue(payment)
            if issue == payment.issue:
                continue
            if payment.issue:
                self._end_alarm(payment)
            payment.write({"issue": issue})
            if issue:
                self._raise_alarm(payment)
        self.env["mixpay.booking"]._plan_entries(payments)

    def _current_issue(self, payment):
        """Return what a person must decide about, False for nothing."""
        issue = {
            states.SUCCESS: self._issue_of_success,
            states.FAILED: self._issue_of_failure,
            states.MISMATCH: lambda _payment: MISMATCH,
        }.get(payment.state, self._issue_of_waiting)(payment)
        issue = issue or (payment.error and payment.state != states.FAILED and ERROR)
        if not issue:
            return False
        is_decided = issue == payment.decided_issue and not payment._is_unbooked()
        return False if is_decided else issue

    def _issue_of_waiting(self, payment):
        if payment.confirmed_at:
            return UNVERIFIED
        if self._is_unconfirmed_for_long(payment):
            return UNCONFIRMED
        since = payment.unusable_since
        is_unreadable = since and payment._has_passed(since, UNREADABLE_AFTER)
        return is_unreadable and UNREADABLE

    def _is_unconfirmed_for_long(self, payment):
        """Tell whether an order relies on an accepted payment that should be confirmed by now.

        Or that MixPay sees less of than it did: somebody may have taken the money back.
        """
        if not (payment.accepted_unconfirmed_at and payment._is_booked()):
            return False
        is_late = payment._has_passed(payment.accepted_unconfirmed_at, UNCONFIRMED_AFTER)
        return is_late or payment.state == states.PAID_LESS

    def _issue_of_success(self, payment):
        """Return the first issue that nobody has decided about; the others follow one by one.

        Money that no order holds is listed whatever was decided before: only a decision about all
        of it ends that, see `_written_off_by`.
        """
        if payment._is_unbooked():
            if payment.is_abandoned or payment.order_ended_at:
                return LATE
            # A sale is finished by its register or by the server within this time.
            alarm_after = self.env["mixpay.settings"]._values().finish_alarm
            if payment._has_passed(payment.finished_at, alarm_after):
                return NO_ORDER
            if payment.finish_reason:
                return FINISH
        found = [issue for issue in self._issues_of_success(payment) if issue]
        decided = {issue for issue, _decision in payment._decided_so_far()} if found else ()
        return next((issue for issue in found if issue not in decided), False)

    def _issues_of_success(self, payment):
        """Yield what is wrong with the money itself, in the order in which it becomes known."""
        yield self._is_short(payment) and SHORT
        yield has_open_surplus(payment) and SURPLUS
        yield payment._is_unsettled() and UNSETTLED
        yield self._is_settled_otherwise(payment) and OTHER_COIN

    def _is_short(self, payment):
        """Tell whether MixPay calls paid what is less than it asked for, in one coin."""
        coins = {payment.payable_asset_id, payment.payment_asset_id} - {False, ""}
        return len(coins) < 2 and result.is_short(payment.payable_amount, payment.payment_amount)

    def _is_settled_otherwise(self, payment):
        """Tell whether the shop got a coin that was not agreed: a payer can edit a pay link."""
        settled = payment.settle_asset_id
        if not settled or ids.same(settled, payment.settlement_asset_id):
            return False
        return not result.settles_as_agreed(payment._terms(), settled)

    def _issue_of_failure(self, payment):
        if payment.recovered_at:
            return payment._is_unbooked() and RECOVERED
        if payment.confirmed_at:
            return CONFIRMED_FAILED
        if payment.accepted_unconfirmed_at and payment._is_booked():
            return UNCONFIRMED_FAILED
        is_seen = payment.funds_detected or payment.failure_code in states.FAILURES_WITH_MONEY
        return is_seen and FAILED_WITH_FUNDS

    def _follow_surplus(self, payment):
        """Have MixPay asked how far the return of a surplus is."""
        if has_open_surplus(payment) and (payment.surplus_status or "") in SURPLUS_ASKED:
            self.env["mixpay.job"]._enqueue(payment)

    def _raise_alarm(self, payment):
        """Tell the register about late money if its session is open; managers about the rest."""
        if payment.issue == LATE and payment.pos_config_id.current_session_id:
            payment.pos_config_id._notify("MIXPAY_LATE", {"id": payment.id})
        elif payment.issue in ALARMING or payment.issue == LATE:
            self._schedule_activities(payment)

    def _schedule_activities(self, payment):
        def alarm(own):
            labels = dict(own._fields["issue"]._description_selection(own.env))
            return labels[own.issue], texts.summary(own)

        payment._have_done(payment.company_id._mixpay_managers(), alarm, "warning")

    def _note_refusal(self, payment, api_url, error):
        """Tell managers, once in a day, that MixPay has refused a call as one too many.

        In a transaction of its own; the caller must have changed nothing in its own.

        :param payment: that the call was about
        :param str api_url: the address that was called
        :param error: what the call ended with, None when MixPay answered well
        """
        if not isinstance(error, MixpayRateLimited):
            return
        if self.env["mixpay.endpoint"]._is_first_refusal(api_url):
            with own_transaction(payment) as own:
                own.env["mixpay.review"]._tell_of_refusal(own)

    def _tell_of_refusal(self, payment):
        """Tell managers that MixPay was called too often, with the payment that met it first."""
        payment._have_done(
            payment.company_id._mixpay_managers(),
            lambda own: (
                own.env._("MixPay refuses calls of this shop: too many in a minute"),
                own.env._(
                    "No money is lost: registers show pay links, and paid sales are seen a little"
                    " later. If another program or database calls MixPay from the same address, ask"
                    " your administrator to give this one a share of the calls, with the system"
                    " parameter pos_mixpay.requests_per_minute."
                ),
            ),
        )

    def _end_alarm(self, payment):
        payment.activity_unlink(["mail.mail_activity_data_warning"])

    def _cron_remind(self):
        """Remind managers daily of the payments that nobody has decided about: money rule 6."""
        commit_progress = self.env["ir.cron"]._commit_progress
        waiting = (
            self.env["mixpay.payment"].sudo().search([("issue", "!=", False)]).grouped("company_id")
        )
        commit_progress(remaining=len(waiting))
        for company, payments in waiting.items():
            try:
                with self.env.cr.savepoint():
                    self._remind(company, payments)
            except Exception:  # pylint: disable=broad-exception-caught
                # An error at one company must not keep the managers of others uninformed.
                _logger.exception("Nobody was reminded of MixPay payments of %s", company.id)
            commit_progress(1)

    def _remind(self, company, payments):
        """Remind a company's managers of its payments that wait for a decision."""
        managers = company._mixpay_managers()
        company._mixpay_mail(managers.partner_id, partial(self._reminder, payments))

    def _reminder(self, payments, env):
        """Return subject and body of a reminder, in the language of an environment."""
        presenter = env["mixpay.presenter"]
        lines = [
            Markup("<li>%s</li>") % presenter._summary_or_id(payment)
            for payment in payments.with_env(env).sudo()
        ]
        intro = env._(
            "These MixPay payments wait for a decision. You find them in the Point of Sale,"
            " under Orders, MixPay to Review."
        )
        subject = env._("MixPay payments to review: %(count)s", count=len(payments))
        return subject, Markup("<p>%s</p><ul>%s</ul>") % (intro, Markup("").join(lines))
