"""From a payment to the order that it pays."""

import logging
import uuid
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import SQL

from ..mixpay import money, polling, states
from ..transactions import own_transaction
from .mixpay_failure_mixin import BUSY, is_first_time, reason_of
from .pos_order import OPEN_SESSION_STATES
from .pos_payment import UNPAID_ORDER_STATES

_logger = logging.getLogger(__name__)

# A register that was told of the money finishes the sale itself, within seconds; one that was told
# and died, or that nobody heard of, leaves it to the server after this long.
GRACE_SECONDS = 20
GRACE_SECONDS_WHEN_NOTIFIED = 600
FINISH_BATCH = 50
# Money that has arrived, or that only has to be confirmed. Too little may be left by the cashier.
HELD_STATES = frozenset({states.SUCCESS, states.CONFIRMING, states.PENDING, states.AUDITING})
# After an hour of trying each minute, look once in an hour, for a week.
FINISH_MINUTE = timedelta(minutes=1)
FINISH_HOUR = timedelta(hours=1)
FINISH_DAYS = 7


class MixpayBookingMixin(models.AbstractModel):
    """Which line of an order a `mixpay.payment` covers, and sales that no register finishes."""

    _name = "mixpay.booking.mixin"
    _description = "MixPay payment and the order it pays"

    pos_payment_id = fields.Many2one("pos.payment", index="btree_not_null", copy=False)
    pos_order_id = fields.Many2one("pos.order", index="btree_not_null", copy=False)
    covered_at = fields.Datetime(
        string="Used At",
        readonly=True,
        copy=False,
        help="Since when it covers its payment line for good: the order counts as paid.",
    )
    written_off_at = fields.Datetime(
        readonly=True,
        copy=False,
        help="When a person decided that it pays no sale: it was given back, or kept.",
    )
    order_ended_at = fields.Datetime(
        readonly=True,
        copy=False,
        help="When its order was paid otherwise, cancelled or deleted. What comes in since then"
        " pays no order unless an approver attaches it.",
    )
    has_draft_order = fields.Boolean(
        compute="_compute_has_draft_order",
        search="_search_has_draft_order",
        help="Its order is not paid so far, maybe in a later session than the payment's own.",
    )
    attached_uuid = fields.Char(
        string="Attached Line UUID",
        readonly=True,
        copy=False,
        index="btree_not_null",
        help="The line of another order that an approver gave this money to.",
    )
    finished_at = fields.Datetime(readonly=True, help="When MixPay's last word was heard.")
    notified_at = fields.Datetime(readonly=True, help="When a register was told that it is paid.")
    finish_at = fields.Datetime(
        readonly=True,
        index="btree_not_null",
        help="When the server looks at it again: its order may wait to be finished.",
    )

    order_data = fields.Json(
        groups="base.group_system",
        copy=False,
        prefetch=False,
        help="The order as its register had it when this payment was asked for. It is saved here"
        " should the register never come to do that.",
    )

    @api.depends("order_uuid")
    def _compute_has_draft_order(self):
        drafts = (
            self.env["pos.order"]
            .sudo()
            .search([("uuid", "in", self.mapped("order_uuid")), ("state", "=", "draft")])
        )
        uuids = set(drafts.mapped("uuid"))
        for payment in self:
            payment.has_draft_order = payment.order_uuid in uuids

    @api.model
    def _search_has_draft_order(self, operator, value):
        if operator != "in":
            return NotImplemented
        return [("order_uuid", "in", SQL("(SELECT uuid FROM pos_order WHERE state = 'draft')"))]

    # === WHAT IT COVERS === #

    def _backs(self, pos_payment):
        """Tell whether this payment covers a payment line of an order: money rule 4."""
        self.ensure_one()
        if self.covered_at:
            return self.pos_payment_id == pos_payment
        order, digits = pos_payment.pos_order_id, self.currency_id.decimal_places
        return (
            self.pos_payment_id in (self.env["pos.payment"], pos_payment)
            and self.company_id == order.company_id == pos_payment.company_id
            and self.currency_id == pos_payment.currency_id
            and self.payment_method_id == pos_payment.payment_method_id
            and self._is_for_order(order.uuid)
            and self._covers(pos_payment.uuid, money.from_float(pos_payment.amount, digits))
        )

    def _covers(self, payment_uuid, amount):
        """Tell whether this payment has brought an amount for a line, wherever the line is.

        :param str payment_uuid: UUID of the payment line
        :param Decimal amount: in this payment's currency
        """
        return (
            self._is_accepted()
            and self._line_uuid() == payment_uuid
            and money.from_float(self.amount, self.currency_id.decimal_places) == amount
            and self._counts_as_money()
        )

    def _line_uuid(self):
        """Return the UUID of the line that it pays: it was made for it, or attached to it."""
        return self.attached_uuid or self.payment_uuid

    def _is_for_order(self, order_uuid):
        """Tell whether it was made for an order, or attached to one of its lines by an approver."""
        return bool(self.attached_uuid) or self.order_uuid == order_uuid

    def _is_accepted(self):
        """Tell whether it counts as paid: MixPay says so, or an approver has answered for it."""
        if self.covered_at:
            return True
        is_paid = self.state == states.SUCCESS or bool(self.confirmed_at)
        return is_paid and not self._is_written_off() and not self._is_too_late()

    def _is_too_late(self):
        """Tell whether its order has ended without it, and nobody has attached it to another."""
        return bool(self.order_ended_at) and not self.attached_uuid

    def _counts_as_money(self):
        return not self.is_test or self.env["mixpay.settings"]._is_test_mode_allowed()

    def _is_booked(self):
        """Tell whether an order that counts as paid holds this payment: once so, for ever."""
        return bool(self.covered_at)

    @api.model
    def _uncovered(self, session, lines, order_uuid=None):
        """Return which of a register's payment lines the server would refuse in a paid order.

        The register asks before an order leaves the screen, so that nobody is stuck with an order
        that the server refuses afterwards.

        :param session: `pos.session` that the caller may use
        :param lines: {UUID of the payment line: its amount, as string or number}
        :param str order_uuid: UUID of their order, None where it is not known
        :return: {UUID: reason in words}
        :rtype: dict[str, str]
        """
        domain = [("company_id", "=", session.company_id.id)]
        payments = self.sudo()._of_lines(list(lines)).filtered_domain(domain)
        if order_uuid:
            payments = payments.filtered(lambda p: p._is_for_order(order_uuid))
        reasons = {
            line: payments._reason_uncovered(
                line, self._checked_amount(amount, session.currency_id), session.currency_id
            )
            for line, amount in lines.items()
        }
        return {line: reason for line, reason in reasons.items() if reason}

    @api.model
    def _of_lines(self, line_uuids, order_uuids=()):
        """Return the payments of payment lines, and of orders, the latest first.

        One condition with OR would read the whole table, for every order; these are look-ups.

        :param line_uuids: of lines that they were made for, or attached to
        :param order_uuids: of orders that they were made for
        """
        if not (line_uuids or order_uuids):
            return self.browse()
        self.flush_model(["payment_uuid", "attached_uuid", "order_uuid"])
        self.env.cr.execute(
            """
               SELECT id FROM mixpay_payment WHERE payment_uuid = ANY(%(lines)s)
                UNION
               SELECT id FROM mixpay_payment WHERE attached_uuid = ANY(%(lines)s)
                UNION
               SELECT id FROM mixpay_payment WHERE order_uuid = ANY(%(orders)s)
             ORDER BY id DESC
            """,
            {"lines": list(line_uuids), "orders": list(order_uuids)},
        )
        return self.browse(payment_id for (payment_id,) in self.env.cr.fetchall())

    @api.model
    def _covering(self, pos_payments):
        """Return the payments that cover payment lines for good."""
        if not pos_payments:
            return self.browse()
        return self.search(
            [("pos_payment_id", "in", pos_payments.ids), ("covered_at", "!=", False)]
        )

    def _reason_uncovered(self, payment_uuid, amount, currency):
        """Return in words why none of these payments covers a line; empty when one does."""
        _ = self.env._
        mine = self.filtered(lambda p: p._line_uuid() == payment_uuid and p.currency_id == currency)
        if any(payment._covers(payment_uuid, amount) for payment in mine):
            return ""
        if not mine:
            return _("MixPay was not asked for it")
        accepted = mine.filtered(lambda p: p._is_accepted())[:1]
        if not accepted and any(p._is_too_late() and p._has_our_money() for p in mine):
            return _("it came after its order had ended, so a manager must decide about it")
        if not accepted:
            return _(
                "the payment of %(amount)s is not finished (%(state)s)",
                amount=currency.format(mine[0].amount),
                state=mine[0]._texts()[0],
            )
        if not accepted._counts_as_money():
            return _("it is a test payment, and test mode is not allowed here")
        return _(
            "%(paid)s was paid, but the line says %(amount)s",
            paid=currency.format(accepted.amount),
            amount=currency.format(float(amount)),
        )

    @api.model
    def _blocking(self, order_uuid, lines, company):
        """Return payments with money on its way that an order would be validated without.

        Only those that the user may see.

        :param str order_uuid: UUID of the order on the register
        :param lines: UUIDs of the MixPay lines that it is validated with
        """
        payments = self.sudo().search(
            [
                ("order_uuid", "=", order_uuid),
                ("company_id", "=", company.id),
                ("is_abandoned", "=", False),
                ("payment_uuid", "not in", list(lines)),
            ]
        )
        held = payments.filtered(lambda p: p._is_held())
        # What a user may not see keeps the order from being paid all the same: the server refuses.
        return held.sudo(False)._filtered_access("read").sudo()

    # === HELD: ONLY AN APPROVER LETS GO OF IT === #

    def _is_held(self):
        """Tell whether money is there, or on its way, that no order has used so far.

        Its order may not be paid without it, nor may its line or its order be removed, until it is
        used, or an approver lets go of it: then it is abandoned.
        """
        if self.is_abandoned or self.covered_at or self._is_written_off():
            return False
        return self.state in HELD_STATES or self._is_being_checked()

    def _check_not_held(self, problem):
        """Check that none of these payments is held.

        :param str problem: a sentence on what cannot be done for that reason
        :raises ValidationError: with the problem, and its ways out
        """
        for payment in self.filtered(lambda p: p._is_held()):
            raise ValidationError(
                self.env._(
                    "MixPay has money of the customer, or sees it coming, for the order %(order)s:"
                    " %(amount)s (%(state)s). %(problem)s Wait until the payment has arrived, and"
                    " use it for this order. Or have a manager stop waiting for it: then the sale"
                    " goes on without it, and a manager decides about the money when it is there.",
                    order=payment.order_name or "?",
                    amount=payment.currency_id.format(payment.amount),
                    state=payment._texts()[0],
                    problem=problem,
                )
            )

    def _check_not_renamed(self):
        """Check that none of these payments would lose its order or its line by another UUID.

        Core gives them one for life. Without it, money could come in for an order that ended, and
        nobody would know that it did.

        :raises ValidationError: when there is a payment
        """
        for payment in self[:1]:
            raise ValidationError(
                self.env._(
                    "MixPay was asked for a payment of %(amount)s for the order %(order)s, so order"
                    " and payment line keep their identifiers (UUID). Take a new order, or a new"
                    " payment line, instead.",
                    amount=payment.currency_id.format(payment.amount),
                    order=payment.order_name or "?",
                )
            )

    def _is_unbooked(self):
        """Tell whether money has arrived that no order holds, and that nobody has decided on."""
        return self.state == states.SUCCESS and not self._is_booked() and not self._is_written_off()

    def _can_decide(self):
        """Tell whether a person may decide about this money: it is listed, or in no order."""
        return bool(self.issue) or self._is_unbooked()

    def _note_order_ended(self, order_uuids):
        """Note on those of these payments that no order has used that their orders have ended.

        :param order_uuids: UUIDs of the orders
        """
        unused = self.filtered(
            lambda p: p.order_uuid in order_uuids and not (p.covered_at or p.order_ended_at)
        )
        if unused:
            unused.write({"order_ended_at": fields.Datetime.now()})
            # An approver's word for one is of no more use either.
            unused.filtered(lambda p: not (p._is_final() or p.is_abandoned))._abandon()

    # === CONNECTING IT WITH ITS LINE === #

    def _cover(self, pos_payment):
        """Tie this payment to a payment line for good: its order counts as paid from now on."""
        self._lock()
        self.write(
            {
                "pos_payment_id": pos_payment.id,
                "pos_order_id": pos_payment.pos_order_id.id,
                "covered_at": fields.Datetime.now(),
            }
        )

    def _link(self, pos_payment):
        """Connect this payment with the line of a draft that it would cover."""
        order = pos_payment.pos_order_id
        if (self.pos_payment_id, self.pos_order_id) != (pos_payment, order):
            self._lock()
            self.write({"pos_payment_id": pos_payment.id, "pos_order_id": order.id})

    def _link_to_pos_payment(self):
        """Connect a paid payment with the order's payment line, once both are on the server.

        A covered line only learns what MixPay has reported since.
        """
        for payment in self.filtered(lambda p: p._is_accepted()):
            line = payment.pos_payment_id
            if not line:
                lines = self.env["pos.payment"].search([("uuid", "=", payment._line_uuid())])
                line = lines.filtered(
                    lambda line, payment=payment: line.pos_order_id.state in UNPAID_ORDER_STATES
                    and payment._backs(line)
                )
                if line:
                    payment._link(line)
            if line:
                line._mixpay_store_evidence(payment)

    def _mark_notified(self):
        """Note that a register now knows these payments are paid: it finishes the sale itself."""
        news = self.filtered(lambda p: p._is_accepted() and not p.notified_at)
        if not news:
            return
        # On the caller's cursor, which may have written to the same rows: another one would wait
        # for it for ever. To be told once more changes nothing.
        news.flush_recordset()
        try:
            with self.env.cr.savepoint(flush=False):
                self.env.cr.execute(
                    """
                    UPDATE mixpay_payment
                       SET notified_at = clock_timestamp() AT TIME ZONE 'UTC'
                     WHERE id IN %s AND notified_at IS NULL
                    """,
                    [tuple(news.ids)],
                    log_exceptions=False,
                )
        except BUSY:
            return  # another register was told in this very moment
        news.invalidate_recordset(["notified_at"])

    # === SALES THAT NO REGISTER FINISHES: MONEY RULE 9 === #

    @api.model
    def _cron_finish_orders(self):
        """Finish the sales that no register finishes, and list the money that is left over."""
        commit_progress = self.env["ir.cron"]._commit_progress
        tried = self.browse()
        while due := self._due_to_finish(tried):
            commit_progress(remaining=len(due))
            for payment in due:
                payment._finish()
                if not commit_progress(1):
                    return  # out of time; Odoo is told what is left, and comes back soon
            tried |= due
        commit_progress(remaining=0)

    @api.model
    def _due_to_finish(self, tried):
        """Return payments whose sale is to be looked at now, those waiting longest first.

        :param tried: payments that were looked at just now
        """
        now = self._now()
        ahead = now + timedelta(seconds=polling.LONGEST_PAUSE_AFTER_FAILURES + 1)
        due = self.search(
            # What is further ahead than any was planned was planned before the clock was set back.
            ["|", ("finish_at", "<=", now), ("finish_at", ">", ahead), ("id", "not in", tried.ids)],
            order="finish_at, id",
            limit=FINISH_BATCH,
        )
        return due | (self._whose_order_is_missing() - tried)

    def _finish(self):
        """Finish the sale of a paid payment if need be; look at what is left to decide.

        In a transaction of its own: trouble with one order must not keep the others waiting. What
        is busy is looked at again in a minute.
        """
        try:
            with own_transaction(self) as payment:
                payment._draft_order()._mixpay_lock()
                payment._lock()
                payment._finish_what_is_left()
        except BUSY:
            _logger.info("MixPay payment %s is busy; it is settled later", self.id)
        except Exception as error:  # pylint: disable=broad-exception-caught
            # An order is much more than MixPay's: other addons take part in it, and may raise
            # anything. Whatever it is, it is this order's trouble.
            self._set_aside(error, is_finishing=True)

    def _finish_what_is_left(self):
        if self.error and not self.env["mixpay.job"]._has_processing_failed(self.id):
            self._end_failure()  # until something fails below
        self._restore_order()
        self._try_to_complete_order()
        self._follow_surplus()
        self._review()
        self._plan_finishing()

    @api.model
    def _whose_order_is_missing(self):
        """Return payments that are waited for, but whose line no register has saved so far."""
        self.flush_model(["order_data", "is_abandoned", "finish_at"])
        self.env.cr.execute(
            """
            SELECT payment.id
              FROM mixpay_job AS job
              JOIN mixpay_payment AS payment ON payment.id = job.payment_id,
                   LATERAL (SELECT clock_timestamp() AT TIME ZONE 'UTC' AS now,
                                   interval '1 second' AS second) AS clock
             WHERE payment.order_data IS NOT NULL
               AND payment.is_abandoned IS NOT TRUE
               -- Planned for later only where it failed before.
               AND (payment.finish_at IS NULL OR payment.finish_at <= now)
               AND (payment.create_date < now - %(grace)s * second
                    OR payment.create_date > now + second)
               AND NOT EXISTS (
                   SELECT FROM pos_payment AS line WHERE line.uuid = payment.payment_uuid)
          ORDER BY payment.id
             LIMIT %(limit)s
            """,
            {"grace": GRACE_SECONDS, "limit": FINISH_BATCH},
        )
        return self.browse([payment_id for (payment_id,) in self.env.cr.fetchall()])

    def _restore_order(self):
        """Save the order that came along with the payment, if its register has never saved it.

        Then any register can go on with it, and the server can finish it. What a register saved
        later than this payment is newer than what came along, and is left alone.
        """
        if not self.order_data or self.is_abandoned:
            return
        if not self._has_passed(self.create_date, timedelta(seconds=GRACE_SECONDS)):
            return
        order_data, self.order_data = self.order_data, False
        orders = self.env["pos.order"].search([("uuid", "=", self.order_uuid)])
        is_saved = any(
            order.state != "draft" or order.write_date >= self.create_date for order in orders
        )
        if is_saved or self.pos_session_id.state not in OPEN_SESSION_STATES:
            return
        if not self._may_creator_save():
            self._note_not_restored(self.env._("whoever sent it may not save orders any more"))
            return
        # With the rights of who sent it, and never with more.
        orders = orders.with_user(self.create_uid).with_company(self.company_id)
        try:
            with self.env.cr.savepoint():
                orders.sync_from_ui([{**order_data, "state": "draft"}])
        except BUSY:
            raise  # it is tried again
        except Exception as error:  # pylint: disable=broad-exception-caught
            # A browser sent it, so anything may be wrong with it; the money is listed as always.
            self._note_not_restored(reason_of(error))
            return
        _logger.info("Order of MixPay payment %s is saved; its register did not", self.trace_id)
        self._draft_order()._mixpay_tell_registers()

    def _may_creator_save(self):
        """Tell whether who asked for this payment may still save orders of its company.

        A user that was deleted is none, and acting for none would be acting for the superuser.
        """
        user = self.create_uid
        return (
            bool(user)
            and user.active
            and not user._is_superuser()
            and user.has_group("point_of_sale.group_pos_user")
            and self.company_id in user.company_ids
        )

    def _note_not_restored(self, reason):
        """List that the order which came along with this payment is not saved."""
        _logger.warning("Order of MixPay payment %s is not saved: %s", self.trace_id, reason)
        self._note_failure(self.env._("The order was not saved: %(reason)s", reason=reason))

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

    def _try_to_complete_order(self):
        order = self._unfinished_order()
        if not order or not self._is_unattended(order):
            return
        try:
            with self.env.cr.savepoint():
                order._mixpay_complete()
        except (UserError, ValidationError) as error:
            # Core's words for a person, who finds the payment on the list before long.
            if is_first_time((self.id, str(error))):
                _logger.warning(
                    "Order %s with MixPay payment %s: %s", order.id, self.trace_id, error
                )

    def _unfinished_order(self):
        """Return the draft order that this payment could complete; empty for none."""
        if not self._is_accepted() or self.is_abandoned or self._is_booked():
            return self.env["pos.order"]
        return self._draft_order()

    def _draft_order(self):
        """Return the unpaid order on the server that this payment was made for."""
        return self.env["pos.order"].search(
            [
                ("uuid", "=", self.order_uuid),
                ("state", "=", "draft"),
                ("company_id", "=", self.company_id.id),
            ],
            limit=1,
        )

    def _with_draft_orders(self):
        """Return those of these payments whose order is unpaid on the server; in one search."""
        drafts = self.env["pos.order"].search(
            [("uuid", "in", self.mapped("order_uuid")), ("state", "=", "draft")]
        )
        known = {(order.uuid, order.company_id) for order in drafts}
        return self.filtered(lambda p: (p.order_uuid, p.company_id) in known)

    def _is_unattended(self, order):
        """Tell whether no register seems to be about to finish the order."""
        if self.notified_at:
            quiet_since, grace = (
                max(self.notified_at, order.write_date),
                GRACE_SECONDS_WHEN_NOTIFIED,
            )
        else:
            quiet_since, grace = self.finished_at, GRACE_SECONDS
        return self._has_passed(quiet_since, timedelta(seconds=grace))

    def _plan_finishing(self):
        """Decide when to look at these payments again; never, once nothing is left."""
        for payment in self:
            finish_at = payment._next_finish_at()
            if payment.finish_at != finish_at:
                payment.write({"finish_at": finish_at})

    def _next_finish_at(self):
        """Return when the server looks at this payment again, False for never."""
        is_unmatched = not self._is_booked() and not self._is_written_off()
        if not self._is_accepted() or not (is_unmatched or self._has_open_surplus()):
            return False
        now, since = self._now().replace(microsecond=0), self.finished_at or self.confirmed_at
        if now > since + timedelta(days=FINISH_DAYS):
            return False
        # A surplus takes its time to go back, and each question about it is a call to MixPay.
        is_urgent = is_unmatched and now < since + FINISH_HOUR
        return now + (FINISH_MINUTE if is_urgent else FINISH_HOUR)

    # === GIVING IT TO ANOTHER ORDER === #

    def _attach(self, order):
        """Pay an unpaid order with money that came for no order. Approval is the caller's part.

        :param order: `pos.order` whose whole due amount is this payment's
        :raises UserError: when it does not fit
        """
        self.ensure_one()
        self._lock()
        order = order.with_company(order.company_id)
        problem = self._attach_problem(order)
        if problem:
            raise UserError(problem)
        line_uuid = str(uuid.uuid4())
        # First: a line that it was made for, but does not cover, is no longer its own then.
        self.write({"attached_uuid": line_uuid, "pos_payment_id": False, "pos_order_id": False})
        order._mixpay_drop_unpaid_lines()
        order._mixpay_ensure_open_session()
        order.add_payment(
            {
                "pos_order_id": order.id,
                "amount": self.amount,
                "payment_method_id": self.payment_method_id.id,
                "payment_status": "done",
                "uuid": line_uuid,
            }
        )
        order._process_saved_order(False)
        order._mixpay_tell_registers()

    def _attach_problem(self, order):
        """Return in words why this money cannot pay an order; empty when it can."""
        _ = self.env._
        if not self._is_unbooked() or self.attached_uuid:
            return _("Only money that has arrived, and that no order holds, can be attached.")
        if order.state != "draft":
            return _("The order %(order)s is not waiting for money.", order=order.display_name)
        if order.company_id != self.company_id or order.currency_id != self.currency_id:
            return _("The order must be of the same company and in the same currency.")
        if self.payment_method_id not in order.config_id.payment_method_ids:
            return _("The Point of Sale of that order does not take this payment method.")
        due = order._mixpay_due()
        if not self.currency_id.is_zero(due - self.amount):
            return _(
                "The order is waiting for %(due)s, but this payment is %(amount)s.",
                due=self.currency_id.format(due),
                amount=self.currency_id.format(self.amount),
            )
        return ""
