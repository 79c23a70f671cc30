"""A payment as JSON values for the register, and how people read it. Decides nothing."""

import logging
from functools import partial
from operator import attrgetter

import psycopg2

from odoo import models

from .. import claims, receipts, texts
from ..failures import is_first_time, reason_of
from ..mixpay import ids, qr, states
from ..mixpay.standing import (
    Snapshot,
    customer_step,
    has_failed_with_money,
    may_confirm,
    standing,
)

_logger = logging.getLogger(__name__)

# Groups to which the record rules show the payments of closed sessions, too.
SEES_ALL = (
    "point_of_sale.group_pos_manager",
    "account.group_account_readonly",
    "account.group_account_invoice",
)
# Fields of a `Snapshot` that the register gets unchanged.
_AS_THEY_ARE = (
    "id",
    "trace_id",
    "state",
    "link_type",
    "payment_uuid",
    "order_uuid",
    "is_abandoned",
    "is_test",
)
# What a register's page must understand; a page of the version before goes on until it is reloaded,
# see static/src/lazy/version.js.
VERSION = 2
# What a customer display on another device listens to: static/src/customer_display/display.js.
DISPLAY_CHANNEL = "pos_mixpay_display-%s"
# What a page of the version before calls some of the values.
KEYS_BEFORE = {
    "is_overridden": "is_confirmed_manually",
    "can_override": "can_confirm_manually",
    "can_let_go": "can_force_cancel",
}


class MixpayPresenter(models.AbstractModel):
    """A payment as JSON values for the register, and how people read it. Decides nothing."""

    _name = "mixpay.presenter"
    _description = "MixPay payment as the register sees it"

    # === WHAT A REGISTER SEES === #

    def _read_status(self, trace_ids):
        """Return the payments among these that the user may see, as they stand at this moment.

        Registers ask for this all day, so it is one query, which goes around the ORM's searches;
        another follows where that did not find all. What the record rules say
        (security/mixpay_security.xml) is in the queries of `mixpay.snapshot`; a test compares the
        two. The group was checked before, and nothing is left to be flushed.

        :rtype: list[Snapshot]
        """
        user = self.env.user
        # As the rules take them; a request's context may name fewer, never others.
        company_ids = list(set(user._get_company_ids()) & set(self.env.companies.ids))
        sees_all = any(user.has_group(group) for group in SEES_ALL)
        snapshot = self.env["mixpay.snapshot"]
        payments = snapshot._of_session(trace_ids, company_ids, sees_closed=sees_all)
        missing = list(set(trace_ids) - {payment.trace_id for payment in payments})
        if missing and not sees_all:
            payments += snapshot._of_draft(missing, company_ids)
        return sorted(payments, key=attrgetter("id"))

    def _each_to_register(self, payments, **options):
        """Return these payments as the register sees them; one that cannot be shown is left out.

        The register goes on asking about that one, and shows what it last heard.

        :param list[Snapshot] payments: which
        :param options: see `_json`
        """
        return self._each_shown(payments, partial(self._json, payments, **options))

    def _to_registers(self, payments):
        """Return the same for payments' records."""
        return self._each_to_register(self._of_records(payments))

    def _to_register(self, payment, **options):
        """Return what the register may know and show of a payment.

        :param payment: its record, or a `Snapshot`
        :param options: see `_json`
        """
        if not isinstance(payment, Snapshot):
            [payment] = self._of_records(payment)
        return self._json([payment], payment, **options)

    def _of_records(self, payments):
        """Return these records as snapshots, in their order.

        :rtype: list[Snapshot]
        """
        payments.flush_recordset()
        found = {p.id: p for p in self.env["mixpay.snapshot"]._by_id(payments.ids)}
        return [found[payment_id] for payment_id in payments.ids]

    def _json(self, payments, payment, *, was_asked=False, with_qr=False, notice=""):
        """Return what the register may know and show of a payment, as JSON values.

        :param list[Snapshot] payments: all that are shown now; what they need is read together
        :param Snapshot payment: one of them
        :param bool was_asked: whether a person has asked, and so expects MixPay's latest word
        :param bool with_qr: whether to add the QR code, which takes a while to draw
        :param str notice: what else people should know at this moment
        """
        stands, link = payment.stands, self._shown_link(payment)
        shown = texts.register_texts(self.env, payment, was_asked=was_asked)
        values = {
            **{name: getattr(payment, name) for name in _AS_THEY_ARE},
            **_standing_values(payment, stands),
            "amount": payment.price.amount,
            "currency": payment.price.currency,
            **shown,
            **texts.evidence(self.env, payment, stands),
            "slip": claims.slip(self.env, payment, payments),
            "receipt": stands.is_accepted and receipts.text(self.env, payment),
            "link": link,
            "expires_at": payment.expires_at.isoformat() + "Z",
            "seconds_left": max(int(payment.time_left), 0),
            "order_name": payment.order_name or "",
            "answer_age": payment.is_polled and payment.synced_for,
            "is_unreachable": payment.is_polled and payment.is_unanswered,
            "payee_name": payment.payee_name or "",
            "approval": bool(payment.approval_id) and self._approval(payments, payment),
            "notice": notice or shown["notice"],
            "version": VERSION,
        }
        values |= {old: values[new] for old, new in KEYS_BEFORE.items()}
        if with_qr and link:
            values["qr"] = qr.data_uri(link)
        return values

    def _approval(self, payments, payment):
        approval = self.env["mixpay.approval"].browse(payment.approval_id)
        siblings = [p.approval_id for p in payments if p.approval_id]
        return approval.with_prefetch(siblings)._approval_to_register()

    def _shown_link(self, payment):
        """Return the link that the customer pays with; empty for none.

        A copied database shows no real link: payments that came with the copy are the original's.
        """
        may_call = payment.link and self.env["mixpay.settings"]._may_call(payment.api_url)
        return payment.link if may_call else ""

    # === WHAT A CUSTOMER DISPLAY SEES === #

    def _send_code(self, payment, display):
        """Send a payment's code to a customer display on another device.

        The shop's own channel is open to everybody, and whoever has a link could use it first. So
        the display listens to a secret of its own as well. No link but the record's is ever sent.

        :param str display: that secret, a UUID
        """
        link = self._shown_link(payment)
        if link and standing(payment).line_status == states.LINE_WAITING_CARD:
            message = {"id": payment.id, "qr": qr.data_uri(link)}
            self.env["bus.bus"]._sendone(
                DISPLAY_CHANNEL % ids.dashed(display), "MIXPAY_CODE", message
            )

    # === WHAT PEOPLE READ === #

    def _each_to_finish(self, payments):
        """Return payments whose orders a person must finish at a register, and why, as JSON values.

        :rtype: list[dict]
        """
        return self._each_shown(payments, self._to_finish)

    def _to_finish(self, payment):
        return {
            **self._to_register(payment),
            "order_uuid": payment._order_uuid(),  # where its line is now
            "finish_reason": payment._finish_reason_text(),
        }

    def _each_recent(self, payments):
        """Return payments of the last days with a verdict in words, as JSON values.

        :rtype: list[dict]
        """
        return self._each_shown(payments, self._recent_to_register)

    def _recent_to_register(self, payment, *, was_asked=False, is_fresh=True):
        """Return a payment of the last days with a verdict in words, as JSON values.

        :param bool was_asked: whether a person has asked, and so expects MixPay's latest word
        :param bool is_fresh: False where MixPay gave no answer about one that has ended
        """
        notice = "" if is_fresh else texts.not_asked(self.env)
        shown = self._to_register(payment, was_asked=was_asked, notice=notice)
        verdict, text = texts.verdict(payment, shown["remaining"])
        return {
            **shown,
            "order_uuid": payment._order_uuid(),  # where its line is now
            "has_order": payment.has_draft_order,
            "created_at": payment.create_date.isoformat() + "Z",
            "verdict": verdict,
            "verdict_text": text,
        }

    def _report_line(self, payment):
        """Return one line for a session's report."""
        parts = [
            payment.order_name,
            payment.currency_id.format(payment.amount),
            texts.label(payment),
            dict(payment._fields["issue"]._description_selection(self.env)).get(payment.issue),
            payment.confirmed_by and f"{payment.confirmed_by}: {payment.confirmation_reason}",
            payment.decided_by and f"{payment.decided_by}: {payment.decision_note}",
            payment.acknowledged_by_id
            and self.env._("seen by %s", payment.acknowledged_by_id.name),
            payment.trace_id,
        ]
        return " · ".join(part for part in parts if part)

    def _for_closing(self, payment):
        """Return what the dialog at a session's closing shows, as JSON values."""
        state_text, message = texts.state_texts(self.env, payment, standing(payment))
        labels = dict(payment._fields["issue"]._description_selection(self.env))
        return {
            "trace_id": payment.trace_id,
            "order_name": payment.order_name or "",
            "amount_text": payment.currency_id.format(payment.amount),
            "state_text": state_text,
            "issue_text": labels.get(payment.issue, ""),
            "message": message,
        }

    def _notify_registers(self, payments):
        """Tell the registers that something changed; they ask back what it was.

        Nothing but the id: whoever scans a code for ordering by oneself may listen.
        """
        for payment in payments.filtered("pos_config_id"):
            payment.pos_config_id._notify("MIXPAY_PAYMENT", {"id": payment.id})

    def _each_shown(self, payments, show, fallback=None):
        """Return what a function says of each of these payments, for people.

        :param show: function of a payment
        :param fallback: the same for one for which that fails; None leaves it out
        :rtype: list
        """
        shown = []
        for payment in payments:
            try:
                shown.append(show(payment))
            except psycopg2.Error:
                raise  # nothing more can be read in this transaction
            except Exception as error:  # pylint: disable=broad-exception-caught
                # Any error: one payment that cannot be shown must not hide the others.
                self._log_not_shown(payment, error)
                if fallback:
                    shown.append(fallback(payment))
        return shown

    def _summary_or_id(self, payment):
        """Return one line about this payment for people; where that fails, how to find it."""
        payment.ensure_one()
        [line] = self._each_shown(
            payment,
            texts.summary,
            texts.name_for_people,
        )
        return line

    def _each_for_closing(self, payments):
        """Return what the dialog at a session's closing shows of each of these payments."""
        return self._each_shown(
            payments,
            self._for_closing,
            lambda payment: {
                "trace_id": payment.trace_id,
                "order_name": payment.order_name or "",
                "amount_text": "",
                "state_text": "",
                "issue_text": "",
                "message": texts.name_for_people(payment),
            },
        )

    def _each_report_line(self, payments):
        """Return a line for a session's report of each of these payments."""
        return self._each_shown(
            payments,
            self._report_line,
            texts.name_for_people,
        )

    def _log_not_shown(self, payment, error):
        """Log why people cannot be told of this payment; once, not at each request."""
        reason = reason_of(error)
        if is_first_time((payment.id, reason)):
            _logger.warning(
                "MixPay payment %s cannot be shown: %s", payment.id, reason, exc_info=error
            )


def _standing_values(payment, stands):
    """Return how a payment stands, and what can be done about it, as JSON values.

    :param Snapshot payment: which
    :param Standing stands: how it stands
    """
    return {
        "line_status": stands.line_status,
        "customer_step": customer_step(payment, stands),
        "is_final": stands.is_final,
        "is_confirmed_manually": bool(payment.confirmed_at),
        "unconfirmed": stands.is_unconfirmed,
        "can_confirm_manually": may_confirm(payment, stands),
        "can_force_cancel": stands.is_held,
        "may_ask_again": payment.state == states.FAILED and not has_failed_with_money(payment),
    }
