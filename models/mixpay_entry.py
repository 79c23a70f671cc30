"""Makes entries: statement lines of what came and went, counter-entries, and drafts.

What is to be entered, and whether it may be by now, is decided above: `mixpay_books.py`.
"""

from datetime import timedelta
from typing import Any, NamedTuple

from odoo import Command, fields, models

from ..mixpay import bookings, periods
from ..mixpay.bookings import (
    CURRENCY,
    LOCKED,
    MATCHED,
    NO_ENTRY,
    NO_OUTSTANDING,
    SAME_ACCOUNT,
    SESSION_OPEN,
    NotYet,
)

FEE = "0"


class Counterpart(NamedTuple):
    """What stands against the wallet, or against the suspense account.

    :ivar account: `account.account`
    :ivar open_lines: `account.move.line` records to match it with, as far as it goes
    :ivar value: in company currency, positive; None to convert with the rate of the day
    """

    account: Any
    open_lines: Any
    value: float | None = None


class MixpayEntry(models.AbstractModel):
    _name = "mixpay.entry"
    _description = "Makes entries of MixPay payments"

    # === WHICH DAY === #

    def _day(self, company, moment):
        """Return the day of a moment where a company keeps its books.

        :param moment: in UTC, naive
        """
        return periods.local(moment, company._mixpay_tz()).date()

    def _open_day(self, journal, company, day):
        """Return the first day from this one on whose books are open.

        :raises NotYet: when that is not before tomorrow
        """
        locks = company._get_violated_lock_dates(day, False, journal)
        first = max([day, *(lock + timedelta(days=1) for lock, _name in locks)])
        if first > max(day, self._day(company, fields.Datetime.now())):
            raise NotYet(LOCKED)
        return first

    # === WHAT STANDS AGAINST IT === #

    def _session_line(self, payment):
        """Return the open line of the session's entry that a booked payment is a part of.

        Core's combined entry carries no reference: it is found through session and method. Where
        customers are identified, each payment has an entry of its own; of several that look alike,
        any will do.

        :raises NotYet: while there is none
        """
        session, method = payment.pos_payment_id.session_id, payment.payment_method_id
        return self._best(payment, self._session_lines(session, method))

    def _session_lines(self, session, method):
        """Return the lines of a closed session's entries on the outstanding account.

        :raises NotYet: while there are none
        """
        if session.state != "closed":
            raise NotYet(SESSION_OPEN)
        made = self.env["account.payment"].search(
            [
                ("pos_session_id", "=", session.id),
                ("pos_payment_method_id", "=", method.id),
                # An accountant may have reset it to draft: it is not in the books then.
                ("move_id.state", "=", "posted"),
            ],
            order="id",
        )
        if not made:
            raise NotYet(NO_ENTRY)
        lines = self._outstanding_lines(made)
        if not lines:
            raise NotYet(NO_OUTSTANDING)
        if lines.account_id & made.journal_id.default_account_id:
            raise NotYet(SAME_ACCOUNT)
        return lines

    def _outstanding_lines(self, account_payments):
        """Return the lines on the outstanding account: core swaps the accounts of refunds."""
        lines = self.env["account.move.line"]
        for one in account_payments:
            account = one.outstanding_account_id
            if account.account_type == "asset_receivable":
                account = one.destination_account_id
            lines |= one.move_id.line_ids.filtered(lambda line, own=account: line.account_id == own)
        return lines

    def _best(self, payment, lines):
        """Return the line of these that fits a payment best, and that has something open."""
        is_reconcilable = lines.account_id[:1].reconcile
        if not is_reconcilable:
            return lines[:1]
        open_lines = lines.filtered(lambda line: line.amount_residual_currency > 0)
        if not open_lines:
            return self._beyond_net(payment, lines)
        partner = self.env["res.partner"]._find_accounting_partner(
            payment.pos_payment_id.partner_id
        )
        return open_lines.sorted(
            lambda line: (
                line.partner_id != partner,
                payment.currency_id.compare_amounts(line.amount_residual_currency, payment.amount)
                != 0,
                line.id,
            )
        )[:1]

    def _beyond_net(self, payment, lines):
        """Return what a payment is matched with, where refunds left nothing in the session's entry.

        That has the net of sales and refunds. What goes beyond it is matched with payouts of the
        session's refunds, or waits for them on the account.

        :param lines: what `_session_lines` gave
        :raises NotYet: where somebody else has matched the entry
        """
        session, method = payment.pos_payment_id.session_id, payment.payment_method_id
        given_back = session.order_ids.payment_ids.filtered(
            lambda line: line.payment_method_id == method and line.amount < 0
        )
        net = sum(lines.mapped("amount_currency"))
        sum_taken = sum(self._taken(session, method).mapped("amount")) + payment.amount
        if not given_back or payment.currency_id.compare_amounts(sum_taken, net) <= 0:
            raise NotYet(MATCHED)
        paid_out = self.env["mixpay.booking"].search(
            [
                ("refund_id.pos_order_id.session_id", "=", session.id),
                ("payment_method_id", "=", method.id),
                ("state", "=", bookings.DONE),
            ]
        )
        own = paid_out.move_id.line_ids.filtered(
            lambda line: line.account_id == lines.account_id[:1]
            and line.amount_residual_currency > 0
        )
        return own.sorted("id")[:1] or lines[:1]

    def _taken(self, session, method):
        """Return what takes a session's sales off the outstanding account: entries in the books.

        Their money was received, or a correction says that it never comes.
        """
        return self.env["mixpay.booking"].search(
            [
                ("payment_id.pos_payment_id.session_id", "=", session.id),
                ("payment_method_id", "=", method.id),
                ("state", "=", bookings.DONE),
                "|",
                ("kind", "=", bookings.CORRECTION),
                ("outcome", "in", (bookings.TO_SALE, bookings.TO_ORDER)),
            ]
        )

    def _refund_lines(self, refund):
        """Return what a refund's payout is matched with: what its session's refunds left open.

        That is the session's entry, where it gave back more than it sold, or what was received, or
        corrected, beyond its net.

        :raises NotYet: while the session has no entry
        """
        session, method = refund.pos_order_id.session_id, refund.payment_method_id
        lines = self._session_lines(session, method)
        taken = self._taken(session, method).move_id.line_ids
        candidates = (lines | taken).filtered(
            lambda line: line.account_id == lines.account_id[:1]
            and line.amount_residual_currency < 0
        )
        partner = self.env["res.partner"]._find_accounting_partner(refund.pos_order_id.partner_id)
        own = candidates.filtered(lambda line: line.partner_id == partner)
        return own or candidates[:1] or lines[:1]

    def _share(self, line, amount):
        """Return the value in company currency of a part of an open line; None where it has none.

        By the line's own rate, so that no difference in rates arises from when it was settled; the
        last part takes what is left.

        :param amount: in the line's currency
        """
        currency, residual = line.currency_id, line.amount_residual_currency
        if currency == line.company_currency_id:
            return amount
        if not line.amount_currency:
            return None  # as much was given back as was sold
        if currency.compare_amounts(residual, amount) == 0:
            return line.amount_residual
        return line.company_currency_id.round(amount * line.balance / line.amount_currency)

    # === MAKING === #

    def _check_currency(self, booking, journal):
        """Check that a sale's amount is one in a journal's currency.

        :raises NotYet: otherwise
        """
        if (journal.currency_id or journal.company_id.currency_id) != booking.currency_id:
            raise NotYet(CURRENCY)

    def _prepare_entry(self, booking, journal, day):
        """Note where and for which day it is entered.

        :raises NotYet: while that day cannot be entered for
        """
        self._check_currency(booking, journal)
        booking.write(
            {
                "journal_id": journal.id,
                "zone": booking.company_id._mixpay_tz(),
                "received_on": day,
                "date": self._open_day(journal, booking.company_id, day),
            }
        )

    def _statement_line(self, booking, amount, against):
        """Add a statement line for an entry that was prepared, matched as far as it goes.

        :param float amount: in the journal's currency, negative for what leaves the wallet
        :param Counterpart against: what stands against it
        """
        value = self._value(booking, amount, against)
        journal = booking.journal_id
        line = (
            self.env["account.bank.statement.line"]
            .with_company(booking.company_id)
            .create(
                {
                    "journal_id": journal.id,
                    "company_id": booking.company_id.id,
                    "date": booking.date,
                    "amount": amount,
                    "payment_ref": self._entry_label(booking),
                    "partner_id": against.open_lines.partner_id.id,
                    "transaction_details": self._details(booking),
                    "mixpay_reference": bookings.reference(booking._about()[1], booking.kind),
                    "mixpay_booking_id": booking.id,
                    "line_ids": [
                        self._item(booking, journal.default_account_id, amount, value),
                        self._item(booking, against.account, -amount, -value, against.open_lines),
                    ],
                }
            )
        )
        booking.write({"amount": amount, "value": value, "statement_line_id": line.id})
        booking.move_id = line.move_id
        self._match(line.move_id, against)
        return line

    def _counter_entry(self, booking, amount, debit, credit, is_draft=False):
        """Add an entry that moves money from one account to another, matched as far as it goes.

        :param float amount: in the journal's currency, positive
        :param Counterpart debit: takes it; its value is the entry's
        :param Counterpart credit: gives it
        """
        value = self._value(booking, amount, debit if credit.value is None else credit)
        move = (
            self.env["account.move"]
            .with_company(booking.company_id)
            .create(
                {
                    "move_type": "entry",
                    "journal_id": booking.journal_id.id,
                    "company_id": booking.company_id.id,
                    "date": booking.date,
                    "ref": self._entry_label(booking),
                    "line_ids": [
                        self._item(booking, debit.account, amount, value, debit.open_lines),
                        self._item(booking, credit.account, -amount, -value, credit.open_lines),
                    ],
                }
            )
        )
        booking.write({"amount": amount, "value": value, "move_id": move.id})
        if not is_draft:
            move.action_post()
            self._match(move, debit)
            self._match(move, credit)
        return move

    def _value(self, booking, amount, against):
        """Return what an amount is worth in company currency, with its sign."""
        if against.value is not None:
            return against.value if amount > 0 else -against.value
        if booking.currency_id != booking.company_currency_id:
            source = self.env._("Odoo's rate of the day")
            booking.write({"value_source": source, "value_date": booking.date})
        return booking.currency_id._convert(
            amount, booking.company_currency_id, booking.company_id, booking.date
        )

    def _item(self, booking, account, amount, value, partner_of=None):
        return Command.create(
            {
                "name": self._entry_label(booking),
                "account_id": account.id,
                "currency_id": booking.currency_id.id,
                "amount_currency": amount,
                "balance": value,
                "partner_id": partner_of.partner_id.id if partner_of else False,
            }
        )

    def _match(self, move, against):
        """Match a posted entry with what is open on the account, as far as it goes."""
        if not against.account.reconcile:
            return
        own = move.line_ids.filtered(lambda line: line.account_id == against.account)
        open_lines = against.open_lines.filtered(lambda line: not line.reconciled)
        if open_lines:
            (own | open_lines).reconcile()

    # === WHAT IT SAYS === #

    def _entry_label(self, booking):
        """Return what a line is called: the order, what it is about, and the trace."""
        words = {
            bookings.RECEIPT: "",
            bookings.CLEARING: self.env._("cleared"),
            bookings.SURPLUS_KEPT: self.env._("surplus kept"),
            bookings.CORRECTION: self.env._("not paid"),
            bookings.DIFFERENCE: self.env._("difference in value"),
            bookings.PAYOUT: self.env._("given back"),
        }
        order_name, reference = booking._about()
        parts = [order_name, words[booking.kind], f"MixPay {reference}"]
        return " · ".join(filter(None, parts))

    def _details(self, booking):
        """Return the facts about the coins, for the statement line: texts, exact to the letter."""
        if booking.refund_id:
            return self._refund_details(booking, booking.refund_id)
        payment = booking.payment_id
        return {
            "mixpay": {
                "trace_id": payment.trace_id,
                "order": payment.order_name or "",
                "kind": booking.kind,
                "sent": _sent(payment),
                "settled": _settled(payment),
                "rate": _rate(payment),
                "fee": FEE,
                "zone": booking.zone,
                "received_on": str(booking.received_on),
            }
        }

    def _refund_details(self, booking, refund):
        """Return the facts about the coins that a manager has sent for a refund."""
        sent = {
            "amount": refund.units,
            "coin": refund.asset_id.symbol,
            "network": refund.asset_id.network,
            "asset_id": refund.asset_id.asset_id,
            "name": refund.asset_id.display_name,
            "transactions": [refund.txid],
        }
        return {
            "mixpay": {
                "reference": refund.reference,
                "traces": refund.payment_ids.mapped("trace_id"),
                "order": refund.order_name or "",
                "original_order": refund.original_order_id.name or "",
                "kind": booking.kind,
                "sent": _filled(sent),
                "rate": _rate(refund),
                "zone": booking.zone,
                "received_on": str(booking.received_on),
            }
        }


def _sent(payment):
    """Return what the customer sent."""
    transactions = payment.transfer_ids.mapped("txid") or list(filter(None, [payment.txid]))
    return _filled(
        {
            "amount": payment.payment_amount,
            "coin": payment.payment_symbol,
            "network": payment.payment_version,
            "asset_id": payment.payment_asset_id,
            "transactions": transactions,
        }
    )


def _settled(payment):
    """Return what MixPay settled to the shop."""
    coin = (payment.settle_asset_id, payment.settle_symbol, payment.settle_version)
    return _filled(
        {
            "amount": payment.settle_amount,
            "coin": payment.settle_symbol,
            "network": payment.settle_version,
            "asset_id": payment.settle_asset_id,
            "name": payment._coin(*coin),
            "heard_at": _utc(payment.settled_at),
        }
    )


def _rate(record):
    """Return the rate of a payment or refund, and where it comes from."""
    return _filled(
        {
            "rate": record.rate,
            "unit": record.rate_unit,
            "source": record.rate_source,
            "at": _utc(record.rate_at),
        }
    )


def _filled(facts):
    return {name: value for name, value in facts.items() if value}


def _utc(moment):
    return f"{moment}Z" if moment else ""
