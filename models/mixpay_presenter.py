"""A payment as JSON values for the register, and how people read it. Decides nothing."""

import logging

import psycopg2

from odoo import models

from ..failures import is_first_time, reason_of
from ..mixpay import qr, states
from .mixpay_job import FORECAST_COLUMNS, NOW
from .mixpay_payment import cached

_logger = logging.getLogger(__name__)

# What `_to_register` reads of a payment that waits for the customer. What it says of others takes
# more, which the ORM reads when that is needed: for all of a register's payments in one query.
_SHOWN = (
    "id",
    "trace_id",
    "state",
    "is_abandoned",
    "link",
    "link_type",
    "amount",
    "currency_id",
    "expires_at",
    "clock_offset",
    "order_name",
    "payment_uuid",
    "order_uuid",
    "is_test",
    "other_terms_at",
    "is_taken",
    "confirmed_at",
    "attached_uuid",
    "decision",
    "written_off_at",
    "covered_at",
    "order_ended_at",
    "funds_detected",
    "approval_id",
)
# Whom the record rules show the payments of closed sessions, too.
SEES_ALL = ("point_of_sale.group_pos_manager", "account.group_account_readonly")
_CURRENCY = _SHOWN.index("currency_id")
_STATUS_QUERY = f"""
    SELECT {", ".join(f"payment.{name}" for name in _SHOWN)},
           extract(epoch FROM payment.expires_at - {NOW})::float
               - coalesce(payment.clock_offset, 0),
           {FORECAST_COLUMNS}
      FROM mixpay_payment AS payment
 LEFT JOIN pos_session AS session ON session.id = payment.pos_session_id
 LEFT JOIN mixpay_job AS job ON job.payment_id = payment.id
     WHERE payment.trace_id = ANY(%(trace_ids)s)
       AND payment.company_id = ANY(%(company_ids)s)
       AND (%(sees_all)s
            OR session.state <> 'closed'
            OR EXISTS (SELECT FROM pos_order
                        WHERE pos_order.state = 'draft'
                          AND pos_order.uuid
                              = coalesce(payment.moved_order_uuid, payment.order_uuid)))
  ORDER BY payment.id
"""

# What a register's page must understand; a page of the version before goes on until it is reloaded,
# see static/src/lazy/version.js.
VERSION = 2
# What that page calls some of the values.
KEYS_BEFORE = {
    "is_overridden": "is_confirmed_manually",
    "can_override": "can_confirm_manually",
    "can_let_go": "can_force_cancel",
}


class MixpayPresenter(models.AbstractModel):
    """A payment as JSON values for the register, and how people read it. Decides nothing."""

    _name = "mixpay.presenter"
    _description = "MixPay payment as the register sees it"

    def _to_registers(self, payments, forecast, was_asked):
        """Return these payments as the register sees them; one that cannot be shown is left out.

        The register goes on asking about that one, and shows what it last heard.
        """
        return self._each_shown(
            payments,
            lambda p: self._to_register(
                p, notice=self.env["mixpay.texts"]._delay_notice(p, forecast, was_asked)
            ),
        )

    def _to_register(self, payment, with_qr=False, notice=""):
        """Return what the register may know and show, as JSON values.

        :param bool with_qr: whether to add the QR code, which takes a while to draw
        :param str notice: what else people should know at this moment, see `_delay_notice`
        """
        payment.ensure_one()
        state_text, message = self.env["mixpay.texts"]._texts(payment)
        values = {
            "id": payment.id,
            "trace_id": payment.trace_id,
            "state": payment.state,
            "line_status": self._line_status(payment),
            "link": self._shown_link(payment),
            "link_type": payment.link_type,
            "amount": payment._amount_text(),
            "currency": payment.currency_id.name,
            "amount_text": payment.currency_id.format(payment.amount),
            "expires_at": payment.expires_at.isoformat() + "Z",
            "seconds_left": payment._seconds_left(),
            "order_name": payment.order_name or "",
            "payment_uuid": payment.payment_uuid,
            "order_uuid": payment.order_uuid,
            "state_text": state_text,
            "message": message,
            "is_final": payment._is_final(),
            "is_abandoned": payment.is_abandoned,
            "is_test": payment.is_test,
            "remaining": self.env["mixpay.texts"]._remaining(payment),
            "is_confirmed_manually": bool(payment.confirmed_at),
            "can_confirm_manually": payment._can_confirm_manually(),
            "can_force_cancel": payment._can_force_cancel(),
            "approval": payment.approval_id._to_register(),
            "warning": self.env["mixpay.texts"]._warning(payment),
            "notice": notice or self.env["mixpay.texts"]._notice(payment),
            "slip": self.env["mixpay.texts"]._slip(payment),
            "version": VERSION,
            **payment._evidence(),
        }
        values |= {old: values[new] for old, new in KEYS_BEFORE.items()}
        if with_qr and values["link"]:
            values["qr"] = qr.data_uri(values["link"])
        return values

    def _shown_link(self, payment):
        """Return what the customer pays at, empty for nothing; a copied database shows no real one.

        A payment that it was copied with is the original's.
        """
        settings = self.env["mixpay.settings"]
        # Registers ask all day: the address is read in copies only.
        if payment.link and (settings._is_shops_own() or settings._may_call(payment.api_url)):
            return payment.link
        return ""

    def _line_status(self, payment):
        """Return the status that the register's payment line gets."""
        if payment.confirmed_at and not payment._is_too_late():
            return states.LINE_DONE
        if payment.attached_uuid or payment._is_written_off() or payment._is_too_late():
            return states.LINE_RETRY
        if payment._is_being_checked() and not payment.is_abandoned:
            return states.LINE_WAITING_CAPTURE
        return states.line_status(payment.state, payment.is_abandoned)

    def _report_line(self, payment):
        """Return one line for a session's report."""
        parts = [
            payment.order_name,
            payment.currency_id.format(payment.amount),
            self.env["mixpay.texts"]._texts(payment)[0],
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
        state_text, message = self.env["mixpay.texts"]._texts(payment)
        labels = dict(payment._fields["issue"]._description_selection(self.env))
        return {
            "trace_id": payment.trace_id,
            "order_name": payment.order_name or "",
            "amount_text": payment.currency_id.format(payment.amount),
            "state_text": state_text,
            "issue_text": labels.get(payment.issue, ""),
            "message": message,
        }

    def _read_status(self, trace_ids, was_asked=False):
        """Return the payments among these that the user may see, and what lies ahead for them.

        Registers ask for this all day, so it is one query, which goes around the ORM's searches.
        What the record rules say (security/mixpay_security.xml) is in the query; a test compares
        the two. The group was checked before.

        :param bool was_asked: whether a person has asked, and so expects to hear what is in the way
        :return: payments, with what `_to_register` reads in the cache; their outlook
        :rtype: tuple[mixpay.payment, Forecast]
        """
        user = self.env.user
        # As the rules take them; a request's context may name fewer, never others.
        company_ids = set(user._get_company_ids()) & set(self.env.companies.ids)
        self.env.cr.execute(
            _STATUS_QUERY,
            {
                "trace_ids": trace_ids,
                "company_ids": list(company_ids),
                "sees_all": any(user.has_group(group) for group in SEES_ALL),
            },
        )
        rows = self.env.cr.fetchall()
        end = len(_SHOWN) + 1
        forecast = self.env["mixpay.job"]._forecast([row[end:] for row in rows], was_asked)
        if not rows:
            return self.env["mixpay.payment"].sudo(), forecast
        columns = list(zip(*rows, strict=True))
        payments = cached(self.env["mixpay.payment"].sudo(), (*_SHOWN, "time_left"), columns[:end])
        self.env["mixpay.payment"]._cache_currencies(set(columns[_CURRENCY]))
        self._cache_unanswered(payments, [bool(row[end + 5]) for row in rows], forecast)
        return payments, forecast

    def _cache_unanswered(self, payments, troubled, forecast):
        """Have in the ORM's cache what the query has told: which payments MixPay is silent on.

        :param list[bool] troubled: for each, whether the last attempt failed
        """
        values = [
            is_troubled or payment_id in forecast.pauses
            for payment_id, is_troubled in zip(payments.ids, troubled, strict=True)
        ]
        payments._fields["is_unanswered"]._insert_cache(payments, values)

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
                # Whatever it is: one that cannot be shown must not hide the others.
                self._log_not_shown(payment, error)
                if fallback:
                    shown.append(fallback(payment))
        return shown

    def _summary_or_id(self, payment):
        """Return one line about this payment for people; where that fails, how to find it."""
        payment.ensure_one()
        [line] = self._each_shown(
            payment,
            lambda p: self.env["mixpay.texts"]._summary(p),
            lambda p: self.env["mixpay.texts"]._name_for_people(p),
        )
        return line

    def _each_for_closing(self, payments):
        """Return what the dialog at a session's closing shows of each of these payments."""
        return self._each_shown(
            payments,
            lambda payment: self._for_closing(payment),
            lambda payment: {
                "trace_id": payment.trace_id,
                "order_name": payment.order_name or "",
                "amount_text": "",
                "state_text": "",
                "issue_text": "",
                "message": self.env["mixpay.texts"]._name_for_people(payment),
            },
        )

    def _each_report_line(self, payments):
        """Return a line for a session's report of each of these payments."""
        return self._each_shown(
            payments,
            lambda payment: self._report_line(payment),
            lambda payment: self.env["mixpay.texts"]._name_for_people(payment),
        )

    def _log_not_shown(self, payment, error):
        """Log why people cannot be told of this payment; once, not at each request."""
        reason = reason_of(error)
        if is_first_time((payment.id, reason)):
            _logger.warning(
                "MixPay payment %s cannot be shown: %s", payment.id, reason, exc_info=error
            )
