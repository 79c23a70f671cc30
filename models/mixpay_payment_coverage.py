"""Which line of an order a payment covers: money rule 4."""

from odoo import api, fields, models
from odoo.tools import SQL

from .. import locales
from ..mixpay import money, states
from ..mixpay.issues import KEPT, REFUNDED
from ..mixpay.result import OF_PAYER
from ..mixpay.standing import standing

# What MixPay names a coin by; as fields, behind `payable_` and `payment_`.
COIN_PARTS = ("asset_id", "symbol", "version")


class MixpayPayment(models.Model):
    """What ties a payment to the line of an order that it pays."""

    _inherit = "mixpay.payment"

    pos_payment_id = fields.Many2one(
        "pos.payment", string="Payment Line", index="btree_not_null", copy=False
    )
    pos_order_id = fields.Many2one("pos.order", string="Order", index="btree_not_null", copy=False)
    covered_at = fields.Datetime(
        string="Used At",
        readonly=True,
        copy=False,
        help="Since when it covers its payment line for good: the order counts as paid.",
    )
    written_off_at = fields.Datetime(
        string="Closed by a Decision On",
        readonly=True,
        copy=False,
        help="When a person decided that it pays no sale: it was given back, or kept.",
    )
    # The latest decision may be about something else: its surplus, or that it was not settled.
    written_off_as = fields.Selection(
        [(REFUNDED, "Given back"), (KEPT, "Kept")],
        string="What Became of It",
        readonly=True,
        copy=False,
    )
    order_ended_at = fields.Datetime(
        readonly=True,
        copy=False,
        help="When its order was paid otherwise, cancelled or deleted. What comes in since then"
        " pays no order unless an approver attaches it.",
    )
    has_draft_order = fields.Boolean(
        string="Order Not Paid Yet",
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
    moved_order_uuid = fields.Char(
        string="Moved to Order UUID",
        readonly=True,
        copy=False,
        index="btree_not_null",
        help="The order into which its line has moved since it was asked for.",
    )
    refund_asked_at = fields.Datetime(
        readonly=True, copy=False, help="When a refund in coins was last asked for."
    )
    finished_at = fields.Datetime(readonly=True, help="When MixPay's last word was heard.")
    notified_at = fields.Datetime(readonly=True, help="When a register was told that it is paid.")
    finish_at = fields.Datetime(
        string="Looked at Again",
        readonly=True,
        index="btree_not_null",
        help="When the server looks at it again: its order may wait to be finished.",
    )

    to_send = fields.Char(compute="_compute_coins")
    sent = fields.Char(compute="_compute_coins")
    order_data = fields.Json(
        groups="base.group_system",
        copy=False,
        prefetch=False,
        help="The order as its register had it when this payment was asked for. It is saved here"
        " should the register never come to do that.",
    )

    @api.model
    def _coin(self, asset_id, symbol, version):
        """Return a coin with its network, as in "USDT (Tron)"; empty when MixPay named none."""
        name = self.env["mixpay.asset"]._coin_name(asset_id.lower()) if asset_id else ""
        if name:
            return name
        return f"{symbol} ({version})" if symbol and version else symbol or ""

    @api.model
    def _coins(self, payment, kind, amount=None):
        """Return what a payer has to send, or has sent, as in "1.5 USDT (Tron)"; empty for nothing.

        :param payment: a record, or a `Snapshot`
        :param str kind: `payable` or `payment`, as MixPay names the two
        :param amount: another amount of the same coin, as decimal text
        """
        coin = {name: getattr(payment, f"{kind}_{name}") for name in COIN_PARTS}
        if amount is None:
            amount = getattr(payment, f"{kind}_amount")
        number = money.parse_or_none(amount)
        if not number:
            return ""
        return f"{locales.number(self.env, number)} {self._coin(**coin)}".strip()

    @api.depends(*OF_PAYER)
    @api.depends_context("lang")
    def _compute_coins(self):
        for payment in self:
            payment.to_send = self._coins(payment, "payable")
            payment.sent = self._coins(payment, "payment")

    @api.depends("order_uuid", "moved_order_uuid")
    def _compute_has_draft_order(self):
        order_uuids = [payment._order_uuid() for payment in self]
        drafts_sudo = (
            self.env["pos.order"]
            .sudo()
            .search([("uuid", "in", order_uuids), ("state", "=", "draft")])
        )
        uuids = set(drafts_sudo.mapped("uuid"))
        for payment in self:
            payment.has_draft_order = payment._order_uuid() in uuids

    @api.model
    def _search_has_draft_order(self, operator, value):
        if operator != "in":
            return NotImplemented
        drafts = SQL("(SELECT uuid FROM pos_order WHERE state = 'draft')")
        return [
            "|",
            ("moved_order_uuid", "in", drafts),
            "&",
            ("moved_order_uuid", "=", False),
            ("order_uuid", "in", drafts),
        ]

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

    def _order_uuid(self):
        """Return the UUID of the order that it is for: it was asked for it, or moved there."""
        return self.moved_order_uuid or self.order_uuid

    def _is_for_order(self, order_uuid):
        """Tell whether it is for an order, or was attached to one of its lines by an approver."""
        return bool(self.attached_uuid) or self._order_uuid() == order_uuid

    def _is_movable(self):
        """Tell whether it may follow its line into another order.

        Not what somebody gave up, decided about, or has used: a person must know of that.
        """
        is_over = self.is_abandoned or self._is_too_late() or self.attached_uuid
        return not is_over and self._keeps_order()

    def _is_accepted(self):
        """Tell whether it counts as paid: MixPay says so, or an approver has answered for it."""
        is_recovered = bool(self.recovered_at and self.attached_uuid)
        return standing(self).is_accepted or (is_recovered and not self._is_written_off())

    def _accepted_since(self):
        """Return since when it counts as paid, False while it does not."""
        return self.finished_at or self.confirmed_at or self.accepted_unconfirmed_at

    def _is_too_late(self):
        """Tell whether its order has ended without it, and nobody has attached it to another."""
        return standing(self).is_too_late

    def _counts_as_money(self):
        return not self.is_test or self.env["mixpay.settings"]._is_test_mode_allowed()

    def _is_booked(self):
        """Tell whether an order that counts as paid holds this payment: once so, for ever."""
        return bool(self.covered_at)

    @api.model
    def _of_lines(self, line_uuids, order_uuids=()):
        """Return the payments of payment lines, and of orders, the latest first.

        One condition with OR would read the whole table, for every order; these are look-ups.

        :param line_uuids: of lines that they were made for, or attached to
        :param order_uuids: of orders that they were made for, or have moved to
        """
        if not (line_uuids or order_uuids):
            return self.browse()
        self.flush_model(["payment_uuid", "attached_uuid", "order_uuid", "moved_order_uuid"])
        self.env.cr.execute(
            """
               SELECT id FROM mixpay_payment WHERE payment_uuid = ANY(%(lines)s)
                UNION
               SELECT id FROM mixpay_payment WHERE attached_uuid = ANY(%(lines)s)
                UNION
               SELECT id FROM mixpay_payment WHERE order_uuid = ANY(%(orders)s)
                UNION
               SELECT id FROM mixpay_payment WHERE moved_order_uuid = ANY(%(orders)s)
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

    # === HELD: ONLY AN APPROVER LETS GO OF IT === #

    def _is_held(self):
        """Tell whether money is there, or on its way, that no order has used so far."""
        return standing(self).is_held

    def _keeps_order(self):
        """Tell whether money has come that its order may still use, or may still come for it.

        Such an order stays when a session is closed.
        """
        if self._is_booked():
            return False
        is_waiting = not (self._is_final() or self.is_abandoned)
        return is_waiting or self._is_held() or self._is_accepted()

    def _can_force_cancel(self):
        """Tell whether only an approver may free the line: money is on its way, or there."""
        return self._is_held()

    def _has_arrived(self):
        """Tell whether its money is there, on time or not."""
        return self.state == states.SUCCESS or bool(self.recovered_at)

    def _is_unbooked(self):
        """Tell whether money has arrived that no order holds, and that nobody has decided on."""
        return self._has_arrived() and not (self.covered_at or self.written_off_at)

    def _can_decide(self):
        """Tell whether a person may decide about this money: it is listed, or in no order."""
        return bool(self.issue) or self._is_unbooked()

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

    def _move_to_order(self, order_uuid):
        """Have this payment be for another order, or again for the one that it was asked for."""
        self._lock()
        is_own = order_uuid == self.order_uuid
        self.write({"moved_order_uuid": False if is_own else order_uuid})

    def _link(self, pos_payment):
        """Connect this payment with the line of a draft that it would cover."""
        order = pos_payment.pos_order_id
        if (self.pos_payment_id, self.pos_order_id) != (pos_payment, order):
            self._lock()
            self.write({"pos_payment_id": pos_payment.id, "pos_order_id": order.id})
