"""Asks about payments whose end is known: settlement, transfers, and money that came later.

Nobody waits for that, so its calls rank behind all others: see `priority.BACKGROUND`.
"""

import logging
import time

from odoo import models

from ..failures import is_first_time, reason_of
from ..mixpay import money, priority, result, settlement, states
from ..mixpay.client import MixpayClient
from ..mixpay.errors import MixpayError, MixpayUnknownId
from ..transactions import BUSY, own_transaction, repeat_while_busy
from .mixpay_settings import USER_AGENT

_logger = logging.getLogger(__name__)

# Seconds for a call that nobody waits for: it holds a worker.
REPORT_TIMEOUT = 4.0
CRON_SECONDS = 20
RATE_SOURCE = "MixPay: quoteAmount ÷ payableAmount"
# Fields that are compared before and after a report, for the history.
_FOLLOWED = (
    "settle_status",
    "settle_amount",
    "settle_symbol",
    "settle_asset_id",
    "settle_version",
    "surplus_amount",
    "surplus_status",
    "late_state",
    "rate",
)


class MixpaySettlement(models.AbstractModel):
    """Asks MixPay about payments whose end is known, and records what it says: money rule 6."""

    _name = "mixpay.settlement"
    _description = "What MixPay reports after the end of a payment"

    # === ASKING === #

    def _cron_follow(self):
        """Ask about payments that are due, one after the other, as long as nothing else goes on.

        An error of one payment does not stop the others; network errors are not raised either.
        """
        commit_progress = self.env["ir.cron"]._commit_progress
        due = self.env["mixpay.followup"]._due_addresses()
        seconds = commit_progress(remaining=sum(count for _url, count in due))
        ends = time.monotonic() + min(seconds, CRON_SECONDS)
        for api_url, count in due:
            for _number in range(count):
                if time.monotonic() >= ends or not self._ask_first(api_url):
                    break
                commit_progress(1)
        commit_progress(remaining=0)  # what is left comes in a minute: there is no hurry

    def _ask_first(self, api_url):
        """Ask about the payment that has been due longest; return whether others may follow."""
        with own_transaction(self) as own:
            follow_up = own.env["mixpay.followup"]._lease_first(api_url, REPORT_TIMEOUT)
        if not follow_up:
            return False
        return self._ask_leased(follow_up, priority.BACKGROUND) is not None

    def _request_report(self, payment, kind=priority.URGENT):
        """Ask about this payment at once, for a person; return whether there was an answer.

        The caller must have ended its own transaction, and reads what is new in its next one.

        :param payment: `mixpay.payment` whose end is known
        :param str kind: of call, see `priority`
        """
        with own_transaction(payment) as own:
            own.env["mixpay.followup"]._bring_follow_up_forward(own, 0)
            follow_up = own.env["mixpay.followup"]._lease_one(own.id, REPORT_TIMEOUT)
        return bool(follow_up and self._ask_leased(follow_up, kind))

    def _ask_leased(self, follow_up, kind):
        """Ask about a payment that was leased, and record the answer.

        :return: whether it was of use; None when MixPay must not be called now
        :rtype: bool | None
        """
        payment = self.env["mixpay.payment"].browse(follow_up.payment_id)
        queue = self.env["mixpay.followup"]
        try:
            is_useful = self._apply_report(payment, follow_up, self._report(payment, kind))
        except priority.NotAdmitted:
            queue._release_follow_up(follow_up)
            return None
        except Exception as error:  # pylint: disable=broad-exception-caught
            # An error of one payment, known or not, must not keep the others waiting.
            self._log(payment, error)
            self.env["mixpay.review"]._note_refusal(payment, follow_up.api_url, error)
            is_useful = False
        if not is_useful:
            queue._release_follow_up(
                follow_up, pause=settlement.pause_after_failures(follow_up.failures + 1)
            )
        return is_useful

    def _log(self, payment, error):
        reason = reason_of(error)
        is_news = not isinstance(error, MixpayError) and is_first_time((payment.id, reason))
        level = logging.WARNING if is_news else logging.INFO
        _logger.log(level, "No report about MixPay payment %s: %s", payment.id, reason)

    def _report(self, payment, kind):
        """Return all that MixPay says of a payment; no transaction is open while it is asked.

        :return: None where MixPay knows nothing of it
        :rtype: transfers.Report | None
        :raises NotAdmitted: when MixPay must not be called now
        :raises MixpayError: for no usable answer
        """
        with own_transaction(payment) as own:
            trace_id, api_url = own.trace_id, own.api_url
            call = own.env["mixpay.limiter"]._call(
                api_url, kind, REPORT_TIMEOUT, may_probe=kind != priority.BACKGROUND
            )
        with call:
            try:
                client = MixpayClient(
                    api_url, REPORT_TIMEOUT, call.note_left, user_agent=USER_AGENT
                )
                return client.payment_report(trace_id)
            except MixpayUnknownId:
                return None

    # === RECORDING === #

    def _apply_report(self, payment, follow_up, report):
        """Record a report, in a transaction that begins after it; return whether it was of use."""
        try:
            return repeat_while_busy(lambda: self._apply_report_once(payment, follow_up, report))
        except BUSY:
            return False

    def _apply_report_once(self, payment, follow_up, report):
        with own_transaction(payment) as own:
            own._lock(nowait=True)
            room = own.env["mixpay.settlement"]
            is_useful = report is None or room._record_report(own, report)
            if is_useful:
                room._plan_next(own, follow_up)
        return is_useful

    def _record_report(self, payment, report):
        """Record what a report says of this locked payment; its state and its terms stay.

        :return: whether it was about our payment, on our terms
        :rtype: bool
        """
        before = {name: payment[name] or "" for name in _FOLLOWED}
        if not self._is_about(payment, report.result):
            # Of a link that nobody has opened, MixPay may say nothing else; of a payment that ended
            # on other terms, it says them again.
            has_ended_so = payment._is_final() and bool(payment.mismatch)
            return report.result.status == states.UNPAID or has_ended_so
        self.env["mixpay.answer"]._apply(payment, None, report.result)
        if not payment._is_final():
            return True  # it was live: what follows is about ends
        payment.write(self._report_values(payment, report))
        new = self._record_transfers(payment, report)
        changes = {
            name: {"old": old, "new": payment[name] or ""}
            for name, old in before.items()
            if (payment[name] or "") != old
        }
        if changes or new:
            self._record_report_changes(payment, changes, new, report)
        self.env["mixpay.review"]._review(payment)
        return True

    def _is_about(self, payment, reported):
        """Tell whether a report can be read and is on our terms; others change nothing here."""
        return reported.state is not None and not result.differences(payment._terms(), reported)

    def _report_values(self, payment, report):
        """Return what a report changes of a payment whose end is known."""
        now = payment._now().replace(microsecond=0)
        values = {"reported_at": now}
        if payment.settle_status == settlement.SETTLED and not payment.settled_at:
            values["settled_at"] = now
        if payment.state == states.FAILED:
            values |= self._late_values(payment, report, now)
        if (payment._has_arrived() or values.get("recovered_at")) and not payment.rate:
            values |= self._rate_values(payment, report.result, now)
        return values

    def _late_values(self, payment, report, now):
        """Return what a report says of money that came after the payment had failed.

        It may speak of it as of any payment, or only list its transfers. The state stays: nothing
        is reopened, a person decides.
        """
        reported = report.result
        is_paid = bool(money.parse_or_none(reported.payment_amount) or report.transfers)
        if not (states.STATES[reported.state].funds_detected or is_paid):
            return {}
        values = {name: getattr(reported, name) or payment[name] for name in result.OF_PAYER}
        values |= {"late_state": reported.state, "funds_detected": True}
        if reported.state == states.SUCCESS and not payment.recovered_at:
            values["recovered_at"] = now
            if reported.paid_at:
                values["paid_at"] = reported.paid_at
            _logger.warning("MixPay payment %s was paid after it had failed", payment.trace_id)
        return values

    def _rate_values(self, payment, reported, now):
        rate = settlement.rate(reported.quote_amount, reported.payable_amount)
        if not rate:
            return {}
        return {
            "rate": rate,
            "rate_unit": f"{payment.currency_id.name} per 1 {reported.payable_symbol}",
            "rate_source": RATE_SOURCE,
            "rate_at": reported.paid_at or payment.paid_at or now,
        }

    def _record_transfers(self, payment, report):
        """Put the transfers on record once they are complete; return those that were new."""
        if report.transfers is None or not (payment._has_arrived() or payment.funds_detected):
            return self.env["mixpay.transfer"]
        new = self.env["mixpay.transfer"]._add_transfers(payment, report.transfers)
        payment.has_transfers = True
        return new

    def _record_report_changes(self, payment, changes, new_transfers, report):
        """Keep in the history what a report changed, with MixPay's answer as it came."""
        data = {
            "changes": changes,
            "transfers": [
                f"{transfer.amount} {transfer.symbol or ''} {transfer.txid}".strip()
                for transfer in new_transfers
            ],
            "answered_at": f"{payment.reported_at}Z",
            "answer": report.raw,
        }
        if payment.is_other_coin:
            data["other_coin"] = payment._coin(
                payment.settle_asset_id, payment.settle_symbol, payment.settle_version
            )
        self.env["mixpay.event"]._record("reported", payment=payment, data=data)

    def _plan_next(self, payment, follow_up):
        """Plan the next question, or none when nothing is left to ask."""
        pause = None
        if payment._is_final():
            ended_at = payment.finished_at or payment.create_date
            age = (follow_up.asked_at - ended_at).total_seconds()
            pause = settlement.pause(payment._followed(), max(age, 0.0))
        self.env["mixpay.followup"]._schedule(payment, pause)
