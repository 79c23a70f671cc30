"""Finishes sales that no register finishes, and says when to look again: money rule 9."""

import logging
import time
import uuid
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from ..core_values import OPEN_SESSION_STATES
from ..failures import LONGEST_REASON, is_first_time, reason_of
from ..mixpay import finishing, polling
from ..mixpay.standing import has_open_surplus
from ..transactions import BUSY, own_transaction
from . import mixpay_liveness as liveness

_logger = logging.getLogger(__name__)

# A register saves its order within seconds; one that died leaves that to the server.
GRACE_SECONDS = 20
FINISH_BATCH = 50
# For the sales about which registers were asked, and one run of the job.
UNANSWERED_SECONDS = 10
# After an hour of trying each minute, look once in an hour, for a week.
FINISH_MINUTE = timedelta(minutes=1)
FINISH_HOUR = timedelta(hours=1)
FINISH_DAYS = 7

# An order that failed before is planned for later: `finish_at`.
_WHOSE_ORDER_IS_MISSING = """
    SELECT payment.id
      FROM mixpay_job AS job
      JOIN mixpay_payment AS payment ON payment.id = job.payment_id,
           LATERAL (SELECT clock_timestamp() AT TIME ZONE 'UTC' AS now,
                           interval '1 second' AS second) AS clock
     WHERE payment.order_data IS NOT NULL
       AND payment.is_abandoned IS NOT TRUE
       AND (payment.finish_at IS NULL OR payment.finish_at <= now)
       AND EXISTS (
           SELECT FROM pos_session AS session
            WHERE session.state = ANY(%(open)s)
              AND (session.id = payment.pos_session_id
                   OR session.config_id = payment.pos_config_id AND session.rescue IS NOT TRUE))
       AND (payment.create_date < now - %(grace)s * second
            OR payment.create_date > now + second)
       AND NOT EXISTS (
           SELECT FROM pos_payment AS line WHERE line.uuid = payment.payment_uuid)
  ORDER BY payment.id
     LIMIT %(limit)s
"""


class MixpayFulfilment(models.AbstractModel):
    """Finishes sales that no register finishes, and says when to look again: money rule 9."""

    _name = "mixpay.fulfilment"
    _description = "From a MixPay payment to the finished order"

    def _abandon_unneeded(self, payments):
        """Abandon those of these payments that somebody still waits for: their sale is over.

        Held payments stay: only an approver may give them up.
        """
        waiting = payments.filtered(lambda p: not (p._is_over() or p._is_held()))
        if waiting:
            waiting._abandon()
            self.env["mixpay.presenter"]._notify_registers(waiting)

    def _note_order_ended(self, payments, order_uuids):
        """Note on those of these payments that no order has used that their orders have ended.

        :param order_uuids: UUIDs of the orders
        """
        unused = payments.filtered(
            lambda p: p._order_uuid() in order_uuids and not (p.covered_at or p.order_ended_at)
        )
        if unused:
            unused.write({"order_ended_at": fields.Datetime.now()})
            # An approver's word for one is of no more use either.
            unused.filtered(lambda p: not (p._is_final() or p.is_abandoned))._abandon()

    def _mark_notified(self, payments):
        """Note that a register now knows these payments are paid: it finishes the sale itself."""
        # On the caller's cursor, which may have written to the same rows: another cursor would wait
        # for it for ever. Being notified twice does no harm.
        payments.flush_recordset()
        try:
            with self.env.cr.savepoint(flush=False):
                self.env.cr.execute(
                    """
                    UPDATE mixpay_payment
                       SET notified_at = clock_timestamp() AT TIME ZONE 'UTC'
                     WHERE id IN %s AND notified_at IS NULL
                    """,
                    [tuple(payments.ids)],
                    log_exceptions=False,
                )
        except BUSY:
            return  # another register was notified in this very moment
        payments.invalidate_recordset(["notified_at"])

    def _cron_finish_orders(self):
        """Finish the sales that no register finishes, and list the money that is left over."""
        commit_progress = self.env["ir.cron"]._commit_progress
        tried = self.env["mixpay.payment"].browse()
        while due := self._due_to_finish(tried):
            commit_progress(remaining=len(due))
            for payment in due:
                self._finish_payment(payment)
                if not commit_progress(1):
                    return  # out of time; Odoo is told what is left, and comes back soon
            tried |= due
        self._finish_unanswered(tried)
        commit_progress(remaining=0)

    def _finish_unanswered(self, payments):
        """Finish the sales of those of these payments about which no register answers in time.

        Waited for here, with no transaction open: Odoo's next run would be a whole minute later.
        """
        commit_progress = self.env["ir.cron"]._commit_progress
        payments.invalidate_recordset()  # they were written in transactions of their own
        awaited = self.env["mixpay.liveness"]._awaited(payments)
        if awaited:
            commit_progress(remaining=len(awaited))
            time.sleep(liveness.ANSWER_SECONDS)
        # The time that Odoo gives a job is used up: these have some time of their own.
        ends = time.monotonic() + UNANSWERED_SECONDS
        for payment in awaited:
            self._finish_payment(payment)
            if not commit_progress(1) and time.monotonic() > ends:
                return  # the others are due again in a minute

    def _due_to_finish(self, tried):
        """Return payments whose sale is to be looked at now, those waiting longest first.

        :param tried: payments that were looked at just now
        """
        now = self.env["mixpay.payment"]._now()
        ahead = now + timedelta(seconds=polling.LONGEST_PAUSE_AFTER_FAILURES + 1)
        due = self.env["mixpay.payment"].search(
            # A moment that is too far ahead was planned before the clock was set back.
            ["|", ("finish_at", "<=", now), ("finish_at", ">", ahead), ("id", "not in", tried.ids)],
            order="finish_at, id",
            limit=FINISH_BATCH,
        )
        return due | (self._whose_order_is_missing() - tried)

    def _finish_payment(self, payment):
        """Finish the sale of a paid payment if need be; look at what is left to decide.

        In a transaction of its own: an error of one order must not keep the others waiting. What
        is busy is looked at again in a minute.
        """
        try:
            with own_transaction(payment) as own:
                room = self.with_env(own.env)
                room._lock_orders(room._draft_order(own))
                own._lock()
                room._finish_what_is_left(own)
        except BUSY:
            _logger.info("MixPay payment %s is busy; it is finished later", payment.id)
        except Exception as error:  # pylint: disable=broad-exception-caught
            # Other addons take part in an order, and may raise anything. Such an error must stop no
            # other order.
            self.env["mixpay.retry"]._set_aside(payment, error, is_finishing=True)

    def _finish_what_is_left(self, payment):
        if payment.error and not self.env["mixpay.job"]._has_processing_failed(payment.id):
            self.env["mixpay.retry"]._end_failure(payment)  # until something fails below
        self._restore_order(payment)
        self._try_to_complete_order(payment)
        self.env["mixpay.review"]._follow_surplus(payment)
        self.env["mixpay.review"]._review(payment)
        self._plan_finishing(payment)

    def _whose_order_is_missing(self):
        """Return payments that are waited for, but whose line no register has saved so far."""
        self.env["mixpay.payment"].flush_model(["order_data", "is_abandoned", "finish_at"])
        self.env.cr.execute(
            _WHOSE_ORDER_IS_MISSING,
            {"grace": GRACE_SECONDS, "limit": FINISH_BATCH, "open": list(OPEN_SESSION_STATES)},
        )
        ids = [payment_id for (payment_id,) in self.env.cr.fetchall()]
        return self.env["mixpay.payment"].browse(ids)

    def _restore_order(self, payment, *, is_last_chance=False):
        """Save the order that came along with the payment, if its register has never saved it.

        Then any register can go on with it, and the server can finish it. An order that a register
        saved after this payment is newer than the one that came along, and is left alone. If the
        session was closed just when the payment was asked for, the next session takes the order.

        :param bool is_last_chance: whether its session is about to close: nothing is waited for
        """
        grace = timedelta(seconds=0 if is_last_chance else GRACE_SECONDS)
        if not self._may_restore_order(payment, grace):
            return
        order_data, payment.order_data = payment.order_data, False
        orders = self.env["pos.order"].search([("uuid", "=", payment.order_uuid)])
        if self.env["mixpay.move"]._with_lines(payment) or any(
            order.state != "draft" or order.write_date >= payment.create_date for order in orders
        ):
            return  # a register has saved it
        if not self.env["mixpay.completion"]._may_save(payment.create_uid, payment.company_id):
            reason = self.env._("whoever sent it may not save orders any more")
            self._note_not_restored(payment, reason)
            return
        # With the rights of who sent it, and never with more.
        orders = orders.with_user(payment.create_uid).with_company(payment.company_id)
        try:
            with self.env.cr.savepoint():
                orders.sync_from_ui([orders._mixpay_restorable(order_data)])
        except BUSY:
            raise  # it is tried again
        except Exception as error:  # pylint: disable=broad-exception-caught
            # A browser sent it, so anything may be wrong with it; the money is listed as always.
            self._note_not_restored(payment, reason_of(error))
            return
        _logger.info("Order of MixPay payment %s is saved; its register did not", payment.trace_id)
        self._notify_of_order(self._draft_order(payment))

    def _may_restore_order(self, payment, grace):
        """Tell whether an order came along with a payment that core can save by now.

        It saves it in the payment's session, or else in the open one of its Point of Sale.
        """
        sessions = payment.pos_session_id | payment.pos_config_id.current_session_id
        return (
            payment.order_data
            and not payment.is_abandoned
            and payment._has_passed(payment.create_date, grace)
            and any(session.state in OPEN_SESSION_STATES for session in sessions)
        )

    def _note_not_restored(self, payment, reason):
        """List that the order which came along with this payment is not saved."""
        _logger.warning("Order of MixPay payment %s is not saved: %s", payment.trace_id, reason)
        self.env["mixpay.retry"]._note_failure(
            payment, self.env._("The order was not saved: %(reason)s", reason=reason)
        )

    @api.autovacuum
    def _gc_order_data(self):
        """Forget orders that came along with payments long ago: they are saved, or unwanted."""
        self.env.cr.execute(
            """
            UPDATE mixpay_payment
               SET order_data = NULL
             WHERE order_data IS NOT NULL
               AND create_date < now() AT TIME ZONE 'UTC' - %s * interval '1 day'
            """,
            [FINISH_DAYS + 1],
        )

    def _try_to_complete_order(self, payment):
        order = self._unfinished_order(payment)
        if not order:
            self._note_finish_reason(payment, "")
            return
        if not self.env["mixpay.liveness"]._is_unattended(payment, order):
            return
        try:
            with self.env.cr.savepoint():
                self._complete(order)
        except (UserError, ValidationError) as error:
            # A text for people, by core or by another module.
            if is_first_time((payment.id, str(error))):
                _logger.warning(
                    "Order %s with MixPay payment %s: %s", order.id, payment.trace_id, error
                )
            self._note_finish_reason(payment, finishing.REFUSED, str(error))

    def _note_finish_reason(self, payments, reason, words=""):
        """Note why a person must finish the order of these payments, and tell its registers.

        :param str reason: one of `finishing.REASONS`, or of a module's own; empty when nobody must
        :param str words: what Odoo said, where it refused
        """
        for payment in payments.filtered(lambda p: (p.finish_reason or "") != reason):
            payment.write({"finish_reason": reason or False})
            if reason:
                data = {"reason": reason, "words": words[:LONGEST_REASON]}
                self.env["mixpay.event"]._record("finish_left", payment=payment, data=data)
            # What registers show has changed; they ask what.
            for config in self.env["mixpay.liveness"]._configs(payment):
                config._notify("MIXPAY_UNFINISHED", {"id": payment.id})

    def _unfinished_order(self, payment):
        """Return the draft order that this payment could complete; empty for none."""
        if not payment._is_accepted() or payment.is_abandoned or payment._is_booked():
            return self.env["pos.order"]
        return self._draft_order(payment)

    def _draft_order(self, payment):
        """Return the unpaid order on the server that this payment was made for."""
        return self.env["mixpay.move"]._draft_order(payment)

    def _plan_finishing(self, payments):
        """Decide when to look at these payments again; never, once nothing is left."""
        for payment in payments:
            finish_at = self._next_finish_at(payment)
            if payment.finish_at != finish_at:
                payment.write({"finish_at": finish_at})

    def _next_finish_at(self, payment):
        """Return when the server looks at this payment again, False for never."""
        is_unmatched = not payment._is_booked() and not payment._is_written_off()
        if not payment._is_accepted() or not (is_unmatched or has_open_surplus(payment)):
            return False
        now, since = payment._now().replace(microsecond=0), payment._accepted_since()
        if now > since + timedelta(days=FINISH_DAYS):
            return False
        # A surplus takes its time to go back, and each request about it is a call to MixPay.
        is_urgent = is_unmatched and now < since + FINISH_HOUR
        return now + (FINISH_MINUTE if is_urgent else FINISH_HOUR)

    def _attach(self, payment, order):
        """Pay an unpaid order with money that came for no order. Approval is the caller's part.

        :param order: `pos.order` whose whole due amount is this payment's
        :raises UserError: when it does not fit
        """
        payment.ensure_one()
        payment._lock()
        order = order.with_company(order.company_id)
        problem = self._attach_problem(payment, order)
        if problem:
            raise UserError(problem)
        line_uuid = str(uuid.uuid4())
        # First: a line that it was made for, but does not cover, is no longer its own then.
        payment.write({"attached_uuid": line_uuid, "pos_payment_id": False, "pos_order_id": False})
        order.env["mixpay.fulfilment"]._drop_unpaid_lines(order)
        order.env["mixpay.fulfilment"]._ensure_open_session(order)
        order.add_payment(
            {
                "pos_order_id": order.id,
                "amount": payment.amount,
                "payment_method_id": payment.payment_method_id.id,
                "payment_status": "done",
                "uuid": line_uuid,
            }
        )
        order._process_saved_order(False)
        order.env["mixpay.fulfilment"]._notify_of_order(order)

    def _attach_problem(self, payment, order):
        """Return in words why this money cannot pay an order; empty when it can."""
        _ = self.env._
        if not payment._is_unbooked() or payment.attached_uuid:
            return _("Only money that has arrived, and that no order holds, can be attached.")
        if order.state != "draft":
            return _("The order %(order)s is not waiting for money.", order=order.display_name)
        if order.company_id != payment.company_id or order.currency_id != payment.currency_id:
            return _("The order must be of the same company and in the same currency.")
        if payment.payment_method_id not in order.config_id.payment_method_ids:
            return _("The Point of Sale of that order does not take this payment method.")
        if order.env["mixpay.completion"]._is_total_outdated(order):
            return _(
                "The total of the order %(order)s is not that of its products. Open it on a"
                " register and save it there first.",
                order=order.display_name,
            )
        due = order.env["mixpay.fulfilment"]._due_of(order)
        if not payment.currency_id.is_zero(due - payment.amount):
            return _(
                "The order is waiting for %(due)s, but this payment is %(amount)s.",
                due=payment.currency_id.format(due),
                amount=payment.currency_id.format(payment.amount),
            )
        return ""

    def _note_end(self, orders, payments):
        """These orders are paid, cancelled or deleted: nobody waits for other payments of theirs.

        What comes in for one of those later pays no order by itself, not even one with the same
        identifiers: a person decides.

        :param payments: all `mixpay.payment` records of these orders
        """
        if payments:
            payments._lock()
            payments.env["mixpay.fulfilment"]._abandon_unneeded(payments)
            payments.env["mixpay.fulfilment"]._note_order_ended(payments, orders.mapped("uuid"))
            payments.env["mixpay.fulfilment"]._note_finish_reason(payments, "")
            payments.env["mixpay.review"]._review(payments)
            payments.env["mixpay.fulfilment"]._plan_finishing(payments)

    def _complete(self, order):
        """Finish a draft order as its register would, if that would have asked nobody.

        Once: a register that does the same at this moment makes this transaction fail, or is told
        by core that the order is paid already. Where a person must do it, the reason is noted with
        the order's payments.

        :return: whether it was finished
        :raises UserError: when core refuses
        :raises LockNotAvailable: when a register saves it at this moment
        """
        order.ensure_one()
        own = order.with_company(order.company_id)
        room = own.env["mixpay.fulfilment"]
        room._lock_orders(own)
        own.invalidate_recordset(["state"])
        if own.state != "draft":
            return False
        payments = room._unused_payments(own)
        # Whoever goes on with it sees which line is paid.
        covered = own.payment_ids.filtered(lambda line: line._mixpay_payment())
        covered.filtered(lambda line: line.payment_status != "done").payment_status = "done"
        reason = room._obstacle_of(own, payments)
        if reason:
            room._note_finish_reason(payments, reason)
            return False
        room._drop_unpaid_lines(own)
        own.env["mixpay.coverage"]._link_lines(own.payment_ids)
        own.env["mixpay.completion"]._finish_order(own)
        _logger.info("Order %s is paid with MixPay; no register finished it", own.name)
        room._notify_of_order(own)
        return True

    def _would_complete(self, order):
        """Tell whether `_complete` would finish a draft; nothing changes by that."""
        own = order.with_company(order.company_id)
        room = own.env["mixpay.fulfilment"]
        return own.state == "draft" and not room._obstacle_of(own, room._unused_payments(own))

    def _unused_payments(self, order):
        """Return the payments of an order that have come, and that somebody still waits for."""
        return order._mixpay_payments().filtered(
            lambda p: p._is_accepted() and not (p.is_abandoned or p._is_booked())
        )

    def _obstacle_of(self, order, payments):
        """Return why a person must finish this order, which these payments are for; "" if none."""
        if any(self.env["mixpay.liveness"]._is_unsaved(payment, order) for payment in payments):
            return finishing.UNSAVED
        return order._mixpay_finish_obstacle()

    def _lock_orders(self, orders):
        """Lock these orders' rows before those of their payments, as a register does that saves.

        :raises LockNotAvailable: when a register saves one at this moment; it is not kept waiting
        """
        self.env.cr.execute(
            "SELECT id FROM pos_order WHERE id = ANY(%s) ORDER BY id FOR UPDATE NOWAIT",
            [orders.ids],
            log_exceptions=False,
        )

    def _due_of(self, order):
        """Return what an unpaid order still waits for, lines that nobody paid left out."""
        order.ensure_one()
        paid = order.payment_ids.filtered(
            lambda line: not line._is_mixpay() or line._mixpay_payment()
        )
        return order._mixpay_total() - sum(paid.mapped("amount"))

    def _ensure_open_session(self, order):
        """Move the order to the open session of its Point of Sale, if its own is closed.

        :raises UserError: when no session is open
        """
        if order.session_id.state in OPEN_SESSION_STATES:
            return
        session = order.config_id.current_session_id
        if session.state not in OPEN_SESSION_STATES:
            raise UserError(
                self.env._(
                    "Open a session of %(config)s first, so that the sale has its place in the"
                    " books.",
                    config=order.config_id.name,
                )
            )
        order.write({"session_id": session.id})

    def _drop_unpaid_lines(self, order):
        """Remove MixPay lines of a draft order that nothing was paid for and nobody waits for.

        :raises UserError: when somebody does wait for one
        """
        for line in order.payment_ids.filtered(lambda line: line._is_mixpay()):
            if line._mixpay_payment():
                continue
            if line._mixpay_payments().filtered(lambda p: not (p._is_final() or p.is_abandoned)):
                raise UserError(
                    self.env._(
                        "A customer is being asked to pay for %(order)s with MixPay at this moment."
                        " Cancel that first.",
                        order=order.display_name,
                    )
                )
            line.unlink()

    def _notify_of_order(self, order):
        """Have the registers load this order again, as after a change by another register."""
        order.ensure_one()
        config = order.config_id
        config.notify_synchronisation(config.current_session_id.id, 0, {"pos.order": order.ids})
