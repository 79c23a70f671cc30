"""What a register took lately: found again, and asked about, for a customer who says they paid."""

from datetime import timedelta

from odoo import fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from ..mixpay import clean, ids, money, priority
from ..transactions import commit

DAYS = 7
MOST_SHOWN = 40
LONGEST_WORDS = 80
# Fewer letters of an identifier would find half of the list.
LEAST_OF_IDENTIFIER = 6
# For so many seconds MixPay's word about a payment that has ended is new enough for anybody.
NEW_FOR = 60


class MixpayRecent(models.AbstractModel):
    """The payments of a register's own Point of Sale in the last seven days."""

    _name = "mixpay.recent"
    _description = "What a register took lately with MixPay"

    def _find_recent(self, session, words=""):
        """Return payments of a session's Point of Sale, newest first.

        Whose session it is does not matter: a customer comes back on the next day, too.

        :param session: checked `pos.session`
        :param str words: of an order's name, an amount, or the beginning of a trace or
            transaction ID; empty for all
        :rtype: mixpay.payment
        """
        domain = self._domain(session) & self._search_domain(clean.text(words, LONGEST_WORDS))
        return self.env["mixpay.payment"].sudo().search(domain, order="id desc", limit=MOST_SHOWN)

    def _domain(self, session):
        return Domain(
            [
                ("pos_config_id", "=", session.config_id.id),
                ("company_id", "=", session.company_id.id),
                ("create_date", ">", fields.Datetime.now() - timedelta(days=DAYS)),
            ]
        )

    def _search_domain(self, words):
        words = ids.seen(words)
        if not words:
            return Domain.TRUE
        domain = Domain("order_name", "ilike", _escaped(words))
        if amount := money.parse_or_none(words.replace(",", ".")):
            domain |= Domain("amount", "=", float(amount))
        if len(words) >= LEAST_OF_IDENTIFIER:
            trace = ids.pasted(words)
            trace = ids.dashed(trace) if ids.is_uuid(trace) else trace.lower()
            domain |= Domain("trace_id", "=like", f"{_escaped(trace)}%")
            domain |= Domain("txid", "=ilike", f"{_escaped(words)}%")
        return domain

    def _look_up_for_customer(self, session, trace_id):
        """Ask MixPay about a trace for a customer who says they paid; ends the transaction.

        :param session: checked `pos.session`
        :param str trace_id: checked trace ID, as a customer's receipt or phone shows it
        :return: the payment, or where this Point of Sale made none lately, what MixPay says of
            the trace; and whether that is MixPay's latest word
        :rtype: tuple[mixpay.payment | mixpay.lookup, bool]
        :raises UserError: when it is another Point of Sale's, older, or too much was asked
        """
        trace_id = ids.dashed(trace_id)
        domain = self._domain(session) & Domain("trace_id", "=", trace_id)
        payment_sudo = self.env["mixpay.payment"].sudo().search(domain)
        if not payment_sudo:
            return self._look_up_unlisted(session, trace_id), True
        is_fresh = self._bring_up_to_date(payment_sudo)
        payment_sudo.invalidate_recordset()
        return payment_sudo, is_fresh

    def _bring_up_to_date(self, payment):
        """Have MixPay asked about a payment, whether its end is known or not.

        :return: False when MixPay gave no answer about one that has ended; with all others, the
            register learns how old MixPay's last answer is
        :rtype: bool
        """
        if not payment._is_final():
            self.env["mixpay.job"]._ensure(payment)  # nobody may have asked for days
            commit(self.env)
            payment.env["mixpay.sync"]._sync(payment, priority.URGENT)
            return True
        new_for = timedelta(seconds=NEW_FOR)
        if payment.reported_at and not payment._has_passed(payment.reported_at, new_for):
            return True
        # No code and no sale waits for this, so it takes no call that they could need.
        commit(self.env)
        return payment.env["mixpay.settlement"]._request_report(payment, priority.POLL)

    def _look_up_unlisted(self, session, trace_id):
        lookup = self.env["mixpay.lookup"]._look_up_for_register(session, trace_id)
        if not lookup:
            raise UserError(
                self.env._(
                    "This payment is of another Point of Sale or older than %(days)s days, or too"
                    " many were looked up in this session. A manager can look it up in the back"
                    " office; no money is lost.",
                    days=DAYS,
                )
            )
        return lookup


def _escaped(words):
    """Return words as they stand for themselves in a pattern of SQL's LIKE."""
    return words.replace("\\", r"\\").replace("%", r"\%").replace("_", r"\_")
