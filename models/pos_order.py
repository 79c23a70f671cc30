from odoo import api, models
from odoo.exceptions import UserError, ValidationError

from ..core_values import PAID_ORDER_STATES, UNPAID_ORDER_STATES, created, differing, labels
from ..mixpay.refunds import COUNTED

# Fields that identify an order and its books: fixed once a MixPay payment covers a line of it.
FROZEN = frozenset({"uuid", "session_id", "config_id", "company_id", "currency_id"})
# The field of `pos_sale` that holds the quotation which a line settles.
QUOTATION = "sale_order_origin_id"


class PosOrder(models.Model):
    _inherit = "pos.order"

    # === WHAT COUNTS AS PAID === #

    def _mixpay_note_step(self, settled):
        """Do what follows from the change of state that these orders have just made.

        An order that becomes paid is checked here, once. It is not checked again when it is posted
        or invoiced, or when its session is closed.

        :param settled: those of these orders that counted as paid before
        :raises ValidationError: when a line is not covered, or a payment is held
        """
        ended = (self - settled).filtered(lambda order: order.state != "draft")
        paid = ended.filtered(lambda order: order.state not in UNPAID_ORDER_STATES)
        paid._mixpay_take_into_session()  # whatever session came with the state
        for order in paid:
            self.env["mixpay.refund"].sudo()._check_returned(order.sudo())
            for line in order.payment_ids:
                line.env["mixpay.coverage"]._cover_line(line)
            order._mixpay_check_gives_no_change()
            order._mixpay_check_has_customer()
        payments = ended._mixpay_payments()
        present = ended._mixpay_present(payments)
        # Who pays in coins is not charged again, though the payment may have moved on by now.
        payments.env["mixpay.coverage"]._check_not_held(
            payments if paid else present, self.env._("Its order cannot be finished without it.")
        )
        ended.env["mixpay.fulfilment"]._note_end(ended, present)

    def _mixpay_take_into_session(self):
        """Have the open session take over orders that would be paid in none, or in a closed one.

        Those that wait for the next session have none, and from the back office they are paid as
        they are. They would be in no book, and could not be brought into one: see `FROZEN`.

        :raises UserError: when no session is open
        """
        for order in self.filtered(lambda order: not order._mixpay_is_in_session()):
            if order.payment_ids._mixpay_own() or order._mixpay_payments():
                order.env["mixpay.fulfilment"]._ensure_open_session(order)

    def _mixpay_check_has_customer(self):
        """Check that the customer is known where the payment method demands it.

        Registers ask for one. Without one core refuses to close the session, for good.

        :raises ValidationError: when there is none
        """
        if self.partner_id:
            return
        methods = self.payment_ids.filtered(lambda line: line._is_mixpay()).payment_method_id
        for method in methods.filtered("split_transactions")[:1]:
            raise ValidationError(
                self.env._(
                    "The payment method “%(method)s” identifies customers, and the order %(order)s"
                    " has none. Choose the customer, then finish the order; its payment stays.",
                    method=method.name,
                    order=self.display_name,
                )
            )

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        """Check orders that are created paid, as a register's first word of them may be."""
        orders = super().create(vals_list)
        orders._mixpay_note_step(orders.browse())
        return orders

    def write(self, vals):
        """Check orders on their way to paid, and keep what identifies those that MixPay paid.

        Orders with money on its way are left as they are when orders are cancelled: other addons
        cancel many by this, past `action_pos_order_cancel`.

        :raises ValidationError: when an order may not count as paid, or may not be changed so
        """
        self._mixpay_check_frozen(vals)
        renamed = self.filtered(lambda order: differing(order, {"uuid"}, vals))
        self.env["mixpay.coverage"].sudo()._check_not_renamed(renamed._mixpay_payments())
        held = self._mixpay_held() if vals.get("state") == "cancel" else self.browse()
        orders = self - held
        if "state" not in vals:
            return super().write(vals)
        settled = orders.filtered(lambda order: order.state not in UNPAID_ORDER_STATES)
        if vals["state"] not in UNPAID_ORDER_STATES:
            (orders - settled)._mixpay_take_into_session()  # before: core names it after that
        result = super(PosOrder, orders).write(vals)
        orders._mixpay_note_step(settled)
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_mixpay_abandons(self):
        """Nobody waits for the payments of a deleted order any more; polling continues.

        :raises ValidationError: when money was detected: only an approver may give that up
        """
        self._mixpay_refunds()._check_orders_kept()
        payments = self._mixpay_present(self._mixpay_payments())
        payments.env["mixpay.coverage"]._check_not_held(
            payments, self.env._("Its order cannot be deleted.")
        )
        self.env["mixpay.fulfilment"]._note_end(self, payments)

    # === WHAT CANNOT BE CHANGED ANY MORE === #

    def _mixpay_check_frozen(self, vals):
        """Check that a write leaves what identifies orders that MixPay paid as it is.

        Nor does such an order become unpaid again, by whatever value of its state.

        :raises ValidationError: in words, when it does not
        """
        names = FROZEN & vals.keys()
        is_undone = "state" in vals and vals["state"] not in PAID_ORDER_STATES
        if not (names or is_undone):
            return
        paid = self.filtered(lambda order: order.state not in UNPAID_ORDER_STATES)
        changed = {order: differing(order, names, vals) for order in paid}
        changed = {order: found for order, found in changed.items() if found or is_undone}
        orders = self.browse(order.id for order in changed)
        covered_sudo = self.env["mixpay.payment"].sudo()._covering(orders.payment_ids)
        refunds_sudo = self.env["mixpay.refund"].sudo()._of_orders(orders, COUNTED)
        for order in covered_sudo.pos_order_id | refunds_sudo.pos_order_id:
            raise ValidationError(
                self.env._(
                    "The customer has paid for the order %(order)s with MixPay, so this cannot be"
                    " changed any more: %(names)s. Refund the order if something is wrong with it.",
                    order=order.display_name,
                    names=labels(order, changed.get(self.browse(order.id)) or ["state"]),
                )
            )

    # === EXTENSIONS OF THE POINT OF SALE === #

    def _register_hook(self):
        """Keep the lines of an order with MixPay lines when all of them would be cleared.

        `pos_online_payment` clears a draft before it is validated, though its register has these
        lines and goes on with them. Its method calls no super and is loaded after this addon, so
        the complete class of the registry gets a method that decides whether to call that one.
        """
        super()._register_hook()
        order_class = self.env.registry[self._name]

        def _clean_payment_lines(order):
            if not order.payment_ids.filtered(lambda line: line._is_mixpay()):
                super(order_class, order)._clean_payment_lines()

        order_class._clean_payment_lines = _clean_payment_lines

    def _unregister_hook(self):
        order_class = self.env.registry[self._name]
        if "_clean_payment_lines" in vars(order_class):
            del order_class._clean_payment_lines
        return super()._unregister_hook()

    def action_pos_order_cancel(self):
        """Leave out orders with money on its way: only an approver may give that up.

        :raises UserError: when there is no other order to cancel
        """
        held = self._mixpay_held()
        if held and held == self:
            held._mixpay_refunds()._check_orders_kept()
            self.env["mixpay.coverage"].sudo()._check_not_held(
                held._mixpay_payments(), self.env._("Its order cannot be cancelled.")
            )
        return super(PosOrder, self - held).action_pos_order_cancel()

    def _is_pos_order_paid(self):
        """Have an online payment be a part of its order for as long as that waits for MixPay.

        Core enters it, asks this, and would finish the order in the same transaction. That being
        refused, a payment whose money was taken would be in no order, and the customer be told of
        an error.
        """
        return super()._is_pos_order_paid() and not self._mixpay_waits_beside_online()

    @api.model
    def remove_from_ui(self, server_ids):
        held = self.browse(server_ids).exists()._mixpay_held()
        return super().remove_from_ui(
            [order_id for order_id in server_ids if order_id not in held.ids]
        )

    # === MIXPAY === #

    @api.model
    def _mixpay_check_can_be_saved(self, order_uuid, order_data):
        """Check that core will save an order with one more payment of MixPay.

        Core refuses some orders, however they are paid. If that came out afterwards, the customer
        would look at a code that is cancelled.

        :param dict order_data: the order as a register sent it, empty for none; not to be trusted
        :raises UserError: in words for the cashier
        """
        if order_data.get("nb_print") or self._mixpay_is_printed(order_uuid, order_data):
            raise UserError(
                self.env._(
                    "The receipt of this order was printed already, and then Odoo takes no"
                    " electronic payment. The customer was not asked to pay. Take cash, or put the"
                    " products into a new order and cancel this one."
                )
            )
        refunded_ids = named_by_lines(order_data, "refunded_orderline_id")
        refunded = self.env["pos.order.line"].browse(refunded_ids).exists()
        if len(refunded.order_id) > 1:
            raise UserError(
                self.env._(
                    "This order takes back products of several other orders, and Odoo saves no such"
                    " order. The customer was not asked to pay. Make one order for each of them."
                )
            )
        self._mixpay_check_may_confirm(order_uuid, named_by_lines(order_data, QUOTATION))

    def _mixpay_is_printed(self, order_uuid, order_data):
        """Tell whether the order was printed that core will put a payment into.

        At a restaurant's table that may be one that another device has saved there.
        """
        self.flush_model(["uuid", "nb_print"])
        self.env.cr.execute(
            "SELECT FROM pos_order WHERE uuid = %s AND nb_print > 0 LIMIT 1", [order_uuid]
        )
        if self.env.cr.fetchone() is not None:
            return True
        place = {name: order_data.get(name) for name in ("session_id", "table_id")}
        if not all(map(is_id, place.values())):
            return False
        there = self._get_open_order({"uuid": order_uuid, "state": "draft", **place})
        return there.nb_print > 0

    def _mixpay_check_may_confirm(self, order_uuid, quotation_ids):
        """Check that who sells may confirm the quotations that an order settles, as core will then.

        :param quotation_ids: those that the register names; what is saved of the order counts, too
        :raises UserError: in words for the cashier
        """
        lines = self.env["pos.order.line"]
        if QUOTATION not in lines._fields:
            return
        saved = lines.search([("order_id.uuid", "=", order_uuid), (QUOTATION, "!=", False)])
        quotation_ids = {*quotation_ids, *saved.sudo()[QUOTATION].ids}
        completion = self.env["mixpay.completion"]
        if quotation_ids and not completion._may_confirm(self.env.user, quotation_ids):
            raise UserError(
                self.env._(
                    "This order settles a quotation, and Odoo would not let %(user)s confirm it:"
                    " that takes rights in Sales. The customer was not asked to pay. Have somebody"
                    " sell it who has these rights, or ask your manager for them.",
                    user=self.env.user.name,
                )
            )


def named_by_lines(order_data, name):
    """Return the ids in one field of an order's lines, as far as a register's data make sense."""
    values = created(order_data.get("lines"))
    return [record_id for line in values if is_id(record_id := line.get(name))]


def is_id(value):
    """Tell whether a value can be the id of a record in PostgreSQL."""
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value < 2**31
