"""Enters in the books what MixPay has settled, and what people have decided.

Each entry is made in a transaction of its own; one that fails keeps none waiting: money rule 10.
"""

import logging
import time

from odoo import fields, models

from ..failures import reason_of
from ..mixpay import bookings, money, states
from ..mixpay.bookings import (
    CLEARING,
    CORRECTION,
    DIFFERENCE,
    DRAFT,
    FAILED,
    MATCHED,
    NO_DIFFERENCE,
    NO_SUSPENSE,
    OFF,
    PAYOUT,
    RECEIPT,
    SURPLUS_KEPT,
    UNDECIDED,
    VALUE,
    NotYet,
)
from ..mixpay.issues import KEPT, REFUNDED, WITHOUT_ORDER
from ..mixpay.refunds import PAID
from ..transactions import BUSY, own_transaction
from .mixpay_entry import Counterpart

_logger = logging.getLogger(__name__)

CRON_SECONDS = 50
BATCH = 200


class MixpayBooks(models.AbstractModel):
    _name = "mixpay.books"
    _description = "Enters MixPay payments in the books"

    # === THE JOB === #

    def _cron_book(self):
        """Make the entries that are due, each in a transaction of its own, the oldest first."""
        commit_progress = self.env["ir.cron"]._commit_progress
        seconds = commit_progress(remaining=len(self.env["mixpay.booking"]._due(BATCH)))
        ends = time.monotonic() + min(seconds, CRON_SECONDS)
        is_going_on = True
        while is_going_on:
            is_going_on = False
            for booking in self.env["mixpay.booking"]._due(BATCH):
                if time.monotonic() >= ends:
                    return
                # Another server is working on this company's books: the next minute is soon enough.
                is_going_on |= self._book_apart(booking)
                commit_progress(1)

    def _book_apart(self, booking):
        """Make an entry in a transaction of its own, or note why that cannot be done now.

        :return: whether it was looked at
        :rtype: bool
        """
        try:
            with own_transaction(booking) as own:
                is_ours = own._lock_if_free()
                if is_ours:
                    own.env["mixpay.books"]._book(own)
                return is_ours
        except BUSY:
            self._postpone(booking)  # an accountant is at the same entries: a little later
        except Exception as error:  # pylint: disable=broad-exception-caught
            # An error of one entry, known or not, must not keep the others waiting.
            _logger.warning("MixPay entry %s: %s", booking.id, error, exc_info=True)
            self._postpone(booking, FAILED, reason_of(error))
        return True

    def _postpone(self, booking, hold=None, error=""):
        """Have an entry looked at later, in a transaction of its own."""
        try:
            with own_transaction(booking) as own:
                if hold:
                    own._hold(hold, error)
                else:
                    own._look_again(bookings.RETRY_SOON)
        except BUSY:
            _logger.info("MixPay entry %s is being changed", booking.id)

    def _book(self, booking):
        """Make an entry that is locked, or note why it cannot be made yet."""
        rules = {
            RECEIPT: self._receipt,
            CLEARING: self._clearing,
            SURPLUS_KEPT: self._surplus,
            CORRECTION: self._correction,
            DIFFERENCE: self._difference,
            PAYOUT: self._payout,
        }
        method = booking.payment_id.payment_method_id
        if not method.mixpay_book_settlements or booking.payment_id.is_test:
            booking.write({"state": OFF, "hold": False})
            return
        own = booking.with_context(
            allowed_company_ids=booking.company_id.ids,
            lang=booking.company_id.partner_id.lang,
            tz=booking.company_id._mixpay_tz(),
        )
        try:
            with self.env.cr.savepoint():
                rules[booking.kind](own)
        except NotYet as error:
            booking.invalidate_recordset()
            booking._hold(error.hold)

    # === WHAT IS ENTERED === #

    def _receipt(self, booking):
        """Enter what MixPay has settled: for its sale, or in suspense where no sale is known."""
        payment = booking.payment_id
        is_as_asked = payment.state != states.MISMATCH  # else the price says nothing
        if is_as_asked and payment._is_booked() and not self._is_corrected(booking):
            self._receipt_of_sale(booking)
        elif not is_as_asked or payment._is_booked() or self._is_unmatched(payment):
            self._receipt_in_suspense(booking)
        else:
            raise NotYet(UNDECIDED)
        if booking.basis == "price":
            booking._follow_value()  # somebody may have entered one before
        self.env["mixpay.booking"]._make_entries_due(payment)

    def _receipt_of_sale(self, booking):
        payment, room = booking.payment_id, booking.env["mixpay.entry"]
        line = room._session_line(payment)
        day = room._day(booking.company_id, payment.settled_at)
        room._prepare_entry(booking, line.journal_id, day)
        against = Counterpart(line.account_id, line, room._share(line, payment.amount))
        room._statement_line(booking, payment.amount, against)
        booking._mark_entered(outcome=bookings.TO_SALE, basis="price")

    def _is_unmatched(self, payment):
        """Tell whether money is there that no sale has, and about which people know."""
        is_listed = payment.issue in WITHOUT_ORDER
        return payment._has_arrived() and (is_listed or payment._is_written_off())

    def _receipt_in_suspense(self, booking):
        payment, room = booking.payment_id, booking.env["mixpay.entry"]
        journal, suspense = self._suspense(booking)
        amount, value, basis = payment.amount, None, "price"
        if payment.state == states.MISMATCH:  # it is not known what came: the price says nothing
            amount, value = self._entered(booking)
            basis = "entered"
        moment = payment.settled_at or payment.decided_at
        room._prepare_entry(booking, journal, room._day(booking.company_id, moment))
        nothing = self.env["account.move.line"]
        room._statement_line(booking, amount, Counterpart(suspense, nothing, value))
        booking._mark_entered(
            outcome=bookings.TO_SUSPENSE, basis=basis, suspense_account_id=suspense.id
        )
        self.env["mixpay.booking"]._add_entry(payment, CLEARING)

    def _entered(self, booking):
        """Return what somebody has entered: in the journal's currency, and the company's.

        :raises NotYet: when nobody has
        """
        value = booking.settled_value
        if not value:
            raise NotYet(VALUE)
        company = booking.company_id
        day = booking.settled_value_date
        return company.currency_id._convert(value, booking.currency_id, company, day), value

    def _clearing(self, booking):
        """Clear the suspense account of a payment, as people have decided."""
        payment, room = booking.payment_id, booking.env["mixpay.entry"]
        outcome = self._outcome(booking)
        journal = booking._other(RECEIPT).journal_id
        room._prepare_entry(booking, journal, self._decision_day(booking))
        received = self._suspense_line(booking)
        amount = abs(received.amount_currency)
        suspense = Counterpart(received.account_id, received, abs(received.balance))
        nothing = self.env["account.move.line"]
        if outcome == bookings.TO_PAYER:
            room._statement_line(booking, -amount, suspense)
        elif outcome == bookings.TO_SHOP:
            account = self._result_account(journal, amount)
            room._counter_entry(booking, amount, suspense, Counterpart(account, nothing))
        else:
            line = room._session_line(payment)
            room._counter_entry(booking, amount, suspense, Counterpart(line.account_id, line))
        booking._mark_entered(outcome=outcome, basis=booking._other(RECEIPT).basis)

    def _outcome(self, booking):
        """Return what becomes of money in suspense.

        :raises NotYet: while nobody has decided
        """
        payment = booking.payment_id
        is_on_other_terms = payment.state == states.MISMATCH
        of_sale = bookings.TO_SHOP if self._is_corrected(booking) else bookings.TO_ORDER
        if payment._is_booked() and not is_on_other_terms:
            return of_sale
        if booking._other(CORRECTION).state in bookings.OPEN:
            raise NotYet(UNDECIDED)  # whether its sale gets anything of it
        is_decided = payment._is_written_off() or is_on_other_terms
        # Not by the latest decision, which may be about something else.
        decision = payment.written_off_as or payment.decision
        if is_decided and decision == KEPT:
            return of_sale if payment._is_booked() else bookings.TO_SHOP
        if is_decided and decision == REFUNDED:
            return bookings.TO_PAYER
        raise NotYet(UNDECIDED)

    def _is_corrected(self, booking):
        """Tell whether an accountant has taken its sale out of the outstanding account."""
        return booking._other(CORRECTION).move_id.state == "posted"

    def _decision_day(self, booking):
        payment, room = booking.payment_id, self.env["mixpay.entry"]
        decided_at = min(filter(None, (payment.written_off_at, payment.decided_at)), default=None)
        moment = payment.covered_at or decided_at or fields.Datetime.now()
        return max(room._day(booking.company_id, moment), booking._other(RECEIPT).date)

    def _surplus(self, booking):
        """Enter a surplus that the shop keeps: at MixPay's rate, or at what somebody entered."""
        payment, room = booking.payment_id, booking.env["mixpay.entry"]
        journal = payment.payment_method_id.journal_id
        amount, value, basis = self._surplus_at_rate(payment), None, "rate"
        if booking.settled_value or not amount:
            amount, value = self._entered(booking)
            basis = "entered"
        room._prepare_entry(booking, journal, room._day(booking.company_id, payment.decided_at))
        if basis == "rate":
            day = room._day(booking.company_id, payment.rate_at)
            source = f"{payment.rate_source}: {payment.rate} {payment.rate_unit}"
            booking.write({"value_source": source, "value_date": day})
        account = self._result_account(journal, amount)
        nothing = self.env["account.move.line"]
        room._statement_line(booking, amount, Counterpart(account, nothing, value))
        booking._mark_entered(outcome=bookings.TO_SHOP, basis=basis)

    def _surplus_at_rate(self, payment):
        """Return a surplus in the sale's currency, 0.0 where no rate is on record."""
        coins, rate = (money.parse_or_none(text) for text in (payment.surplus_amount, payment.rate))
        if not coins or not rate or not payment.rate_at:
            return 0.0
        return payment.currency_id.round(float(coins * rate))

    def _correction(self, booking):
        """Prepare the entry that takes a sale out of the outstanding account that was not paid."""
        payment, room = booking.payment_id, booking.env["mixpay.entry"]
        if payment.recovered_at or payment.state == states.SUCCESS:
            self._drop_correction(booking)
            return
        if booking.state == DRAFT or booking.move_id:
            self._follow_draft(booking)
            return
        line = room._session_line(payment)
        journal = line.journal_id
        moment = payment.finished_at or fields.Datetime.now()
        room._prepare_entry(booking, journal, room._day(booking.company_id, moment))
        account = self._result_account(journal, -payment.amount)
        lost = Counterpart(account, self.env["account.move.line"])
        unpaid = Counterpart(line.account_id, line, room._share(line, payment.amount))
        room._counter_entry(booking, payment.amount, lost, unpaid, is_draft=True)
        booking.write({"state": DRAFT, "hold": False, "basis": "price", "outcome": "result"})
        booking._look_again(bookings.DRAFT_AGAIN)

    def _follow_draft(self, booking):
        """Match a draft that was posted with the session's entry; note one that was deleted.

        An accountant may have matched it already, or have reset it to draft again.
        """
        move = booking.move_id
        if not move:
            booking.write({"state": OFF})
        elif move.state == "posted":
            if not self._is_matched(move):
                line = booking.env["mixpay.entry"]._session_line(booking.payment_id)
                booking.env["mixpay.entry"]._match(move, Counterpart(line.account_id, line))
            booking._mark_entered()
        else:
            booking.write({"state": DRAFT, "hold": False, "error": False})
            booking._look_again(bookings.DRAFT_AGAIN)

    def _is_matched(self, move):
        """Tell whether nothing of an entry is open: somebody has matched it by hand."""
        lines = move.line_ids.filtered(lambda line: line.account_id.reconcile)
        return bool(lines) and all(line.reconciled for line in lines)

    def _drop_correction(self, booking):
        """Take back a draft: its money has come after all."""
        move = booking.move_id
        if move.state == "posted":
            self._follow_draft(booking)
            return
        booking.write({"state": OFF, "move_id": False})
        move.with_context(force_delete=True).unlink()

    def _difference(self, booking):
        """Enter by how much the settled coin was worth more or less than the price."""
        received, room = booking._other(RECEIPT), booking.env["mixpay.entry"]
        amount = received.difference
        room._prepare_entry(booking, received.journal_id, received.settled_value_date)
        if booking.currency_id != booking.company_currency_id:
            raise NotYet(bookings.CURRENCY)
        account = self._result_account(received.journal_id, amount)
        nothing = self.env["account.move.line"]
        room._statement_line(booking, amount, Counterpart(account, nothing))
        booking._mark_entered(
            outcome=bookings.TO_RESULT,
            basis="entered",
            value_source=received.settled_value_source,
            value_date=received.settled_value_date,
        )

    def _payout(self, booking):
        """Enter how a refund was paid: what its session owes its customer.

        Coins leave the wallet. What was given back another way waits in suspense for the entry of
        the cash register, or of the bank, that it left.
        """
        refund, room = booking.refund_id, booking.env["mixpay.entry"]
        is_in_coins = refund.state == PAID
        lines = room._refund_lines(refund)
        line = lines[:1]
        room._prepare_entry(booking, line.journal_id, room._day(booking.company_id, refund.paid_at))
        value = room._share(line, -refund.amount)  # what is open there is below zero, too
        against = Counterpart(line.account_id, lines, value and abs(value))
        if is_in_coins:
            room._statement_line(booking, -refund.amount, against)
        else:
            booking.suspense_account_id = self._suspense(booking)[1]
            nothing = self.env["account.move.line"]
            suspense = Counterpart(booking.suspense_account_id, nothing)
            room._counter_entry(booking, refund.amount, against, suspense)
        outcome = bookings.TO_REFUND if is_in_coins else bookings.TO_PAYER
        booking._mark_entered(outcome=outcome, basis="price")
        # What was received beyond the net of its session can be matched now.
        self.env["mixpay.booking"]._make_entries_due(refund.payment_ids)

    # === ACCOUNTS === #

    def _suspense(self, booking):
        """Return the journal of the method, and its suspense account.

        :raises NotYet: when it has none
        """
        journal = booking.payment_id.payment_method_id.journal_id
        if not journal.suspense_account_id:
            raise NotYet(NO_SUSPENSE)
        return journal, journal.suspense_account_id

    def _suspense_line(self, booking):
        """Return the line with which a payment stands in suspense.

        :raises NotYet: when it does not stand there any more
        """
        receipt = booking._other(RECEIPT)
        # Not by the journal's account of today: an accountant may have changed that meanwhile.
        line = receipt.move_id.line_ids.filtered(
            lambda one: one.account_id == receipt.suspense_account_id
        )
        if len(line) != 1 or line.reconciled:
            raise NotYet(MATCHED)  # somebody has matched it by hand, or an addon has
        return line

    def _result_account(self, journal, amount):
        """Return the journal's account for gains, or for losses.

        :raises NotYet: when it has none
        """
        account = journal.profit_account_id if amount > 0 else journal.loss_account_id
        if not account:
            raise NotYet(NO_DIFFERENCE)
        return account
