import logging

from odoo import api, models
from odoo.exceptions import UserError, ValidationError

from .pos_payment import UNPAID_ORDER_STATES

_logger = logging.getLogger(__name__)

OPEN_SESSION_STATES = ("opening_control", "opened")


class PosOrder(models.Model):
    _inherit = "pos.order"

    # === CONSTRAINTS === #

    @api.constrains("state")
    def _check_mixpay_backed(self):
        """Refuse to count an order as paid while a MixPay line of it is not covered."""
        for order in self:
            if order.state not in UNPAID_ORDER_STATES:
                for line in order.payment_ids:
                    line._mixpay_check_backed()
                order._check_mixpay_gives_no_change()

    def _check_mixpay_gives_no_change(self):
        """Check that coins pay no more than what is due: money rule 4.

        :raises ValidationError: when change would be given for them
        """
        lines = self.payment_ids.filtered(lambda line: line._is_mixpay())
        paid = sum(lines.mapped("amount"))
        if lines and self.currency_id.compare_amounts(paid, self.amount_total) > 0:
            raise ValidationError(
                self.env._(
                    "The order %(order)s is %(total)s, but %(paid)s would be paid with MixPay. No"
                    " change is given for a payment in coins.",
                    order=self.display_name,
                    total=self.currency_id.format(self.amount_total),
                    paid=self.currency_id.format(paid),
                )
            )

    # === CRUD METHODS === #

    def write(self, vals):
        """Leave orders with money on its way as they are when orders are cancelled in bulk.

        Other addons cancel by this, past `action_pos_order_cancel`.
        """
        held = self._mixpay_awaiting_money() if vals.get("state") == "cancel" else self.browse()
        result = super(PosOrder, self - held).write(vals)
        if vals.get("state") and vals["state"] != "draft":
            (self - held)._mixpay_note_end()
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_mixpay_abandons(self):
        """Nobody waits for the payments of a deleted order; they are watched on."""
        self._mixpay_payments()._abandon_unneeded()

    # === EXTENSIONS OF THE POINT OF SALE === #

    def _register_hook(self):
        """Keep the lines of an order with MixPay lines when all of them would be cleared.

        `pos_online_payment` clears a draft before it is validated, though its register has these
        lines and goes on with them. Its method calls no super and is loaded after this addon, so
        only a method of the finished class is asked before it.
        """
        super()._register_hook()
        order_class = self.env.registry[self._name]

        def _clean_payment_lines(order):
            if not order.payment_ids.filtered(lambda line: line._is_mixpay()):
                super(order_class, order)._clean_payment_lines()

        order_class._clean_payment_lines = _clean_payment_lines

    def action_pos_order_cancel(self):
        """Leave out orders with money on its way: only an approver lets go of that.

        :raises UserError: when there is no other order to cancel
        """
        held = self._mixpay_awaiting_money()
        if held and held == self:
            raise UserError(
                self.env._(
                    "MixPay reports money on its way for %(orders)s. Wait for it, or have it let go"
                    " of by a manager first.",
                    orders=", ".join(held.mapped("display_name")),
                )
            )
        return super(PosOrder, self - held).action_pos_order_cancel()

    @api.model
    def remove_from_ui(self, server_ids):
        held = self.browse(server_ids).exists()._mixpay_awaiting_money()
        return super().remove_from_ui(
            [order_id for order_id in server_ids if order_id not in held.ids]
        )

    # === MIXPAY === #

    def _mixpay_payments(self):
        """Return the MixPay payments that were made for these orders, or attached to them."""
        payments = self.env["mixpay.payment"].sudo()
        uuids = [order_uuid for order_uuid in self.mapped("uuid") if order_uuid]
        return payments.search([("order_uuid", "in", uuids)]) if uuids else payments

    def _mixpay_awaiting_money(self):
        """Return the unpaid orders for which MixPay has seen money, or has it."""
        payments = self._mixpay_payments().filtered(
            lambda p: p._is_waiting_for_seen_money() or (p._is_unbooked() and not p.is_abandoned)
        )
        uuids = set(payments.mapped("order_uuid"))
        return self.filtered(lambda order: order.state == "draft" and order.uuid in uuids)

    def _mixpay_note_end(self):
        """These orders are paid or cancelled: nobody waits for other payments of theirs."""
        payments = self._mixpay_payments() | self.payment_ids._mixpay_payments()
        if payments:
            payments._lock()
            payments._abandon_unneeded()
            payments._link_to_pos_payment()
            payments._review()
            payments._plan_settling()

    def _mixpay_complete(self):
        """Make a draft order paid as its register would; only where all of it is covered.

        Once: a register that does the same at this moment makes this transaction fail, or is told
        by core that the order is paid already.

        :return: whether it was completed
        :raises UserError: when core refuses
        """
        self.ensure_one()
        order = self.with_company(self.company_id)
        if not order._mixpay_is_fully_covered():
            return False
        order._mixpay_ensure_open_session()
        order.payment_ids.filtered(lambda line: line._is_mixpay())._mixpay_link()
        order._process_saved_order(False)
        _logger.info("Order %s is paid with MixPay; no register finished it", order.name)
        order._mixpay_tell_registers()
        return True

    def _mixpay_is_fully_covered(self):
        """Tell whether all that is due has been paid for certain, by all lines of the order."""
        self.ensure_one()
        lines = self.payment_ids
        ours = lines.filtered(lambda line: line._is_mixpay())
        others = lines - ours
        return (
            all(line._mixpay_payment() for line in ours)
            and all(line.payment_status in (False, "", "done") for line in others)
            and self.currency_id.is_zero(sum(lines.mapped("amount")) - self.amount_total)
        )

    def _mixpay_lock(self):
        """Lock these orders' rows before those of their payments, as a register does that saves.

        :raises LockNotAvailable: when a register saves one at this moment; it is not kept waiting
        """
        self.env.cr.execute(
            "SELECT id FROM pos_order WHERE id = ANY(%s) ORDER BY id FOR UPDATE NOWAIT",
            [self.ids],
            log_exceptions=False,
        )

    def _mixpay_due(self):
        """Return what an unpaid order still waits for, lines that nobody paid left out."""
        self.ensure_one()
        paid = self.payment_ids.filtered(
            lambda line: not line._is_mixpay() or line._mixpay_payment()
        )
        return self.amount_total - sum(paid.mapped("amount"))

    def _mixpay_ensure_open_session(self):
        """Move the order to the open session of its Point of Sale, if its own is closed.

        :raises UserError: when no session is open
        """
        if self.session_id.state in OPEN_SESSION_STATES:
            return
        session = self.config_id.current_session_id
        if session.state not in OPEN_SESSION_STATES:
            raise UserError(
                self.env._(
                    "Open a session of %(config)s first, so that the sale has its place in the"
                    " books.",
                    config=self.config_id.name,
                )
            )
        self.write({"session_id": session.id})

    def _mixpay_drop_unpaid_lines(self):
        """Remove MixPay lines of a draft order that nothing was paid for and nobody waits for.

        :raises UserError: when somebody does wait for one
        """
        for line in self.payment_ids.filtered(lambda line: line._is_mixpay()):
            if line._mixpay_payment():
                continue
            if line._mixpay_payments().filtered(lambda p: not (p._is_final() or p.is_abandoned)):
                raise UserError(
                    self.env._(
                        "A customer is being asked to pay for %(order)s with MixPay at this moment."
                        " Cancel that first.",
                        order=self.display_name,
                    )
                )
            line.unlink()

    def _mixpay_tell_registers(self):
        """Have the registers load this order again, as after a change by another register."""
        self.ensure_one()
        config = self.config_id
        config.notify_synchronisation(config.current_session_id.id, 0, {"pos.order": self.ids})
