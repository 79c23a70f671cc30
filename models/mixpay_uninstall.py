"""Uninstalling: no customer's payment is forgotten, and payment methods go on without MixPay."""

from odoo import models
from odoo.exceptions import UserError

from ..core_values import CLOSING_SESSION_STATES
from ..mixpay.refunds import COUNTED, PENDING
from ..transactions import own_transaction


class MixpayUninstall(models.AbstractModel):
    _name = "mixpay.uninstall"
    _description = "Uninstalling MixPay"

    def _check(self):
        """Check that no customer's payment would be forgotten.

        :raises UserError: with which ones they are
        """
        methods = self.env["pos.payment.method"]
        payments = methods._mixpay_open_payments([])
        if payments:
            raise UserError(
                self.env._(
                    "POS MixPay cannot be uninstalled while payments are open: %s. They end by"
                    " themselves, or are decided about in Orders, MixPay to Review.",
                    methods._mixpay_named(payments),
                )
            )
        refunds_sudo = self.env["mixpay.refund"].sudo()
        # What is promised to a customer, and may be on its way.
        refunds_sudo.search([("state", "in", PENDING)])._check_orders_kept()
        groups = (
            self.env["mixpay.payment"]
            .sudo()
            ._read_group([("pos_session_id.state", "!=", "closed")], ["pos_session_id"])
        )
        sessions_sudo = refunds_sudo.env["pos.session"].union(*(session for [session] in groups))
        # One that only gave money back: without this addon, core would enter it wrongly.
        is_open = ("pos_order_id.session_id.state", "in", CLOSING_SESSION_STATES)
        refunded = refunds_sudo.search([("state", "in", COUNTED), is_open])
        sessions_sudo |= refunded.pos_order_id.session_id
        if sessions_sudo:
            raise UserError(
                self.env._(
                    "POS MixPay cannot be uninstalled while sessions with MixPay payments are open."
                    " Close them first: %s.",
                    ", ".join(sessions_sudo.mapped("name")),
                )
            )

    def _prepare_uninstall(self):
        """Have payment methods go on without MixPay; what was paid stands on the orders' lines.

        :raises UserError: when a payment has begun since the uninstallation was asked for
        """
        self.env.flush_all()
        # From here on no other payment can begin; those before are seen in a transaction begun
        # later.
        self.env.cr.execute("LOCK TABLE mixpay_payment IN SHARE ROW EXCLUSIVE MODE")
        with own_transaction(self) as own:
            own._check()
        # Not through the ORM, for which methods of open sessions cannot be changed.
        self.env.cr.execute(
            """
            UPDATE pos_payment_method
               SET active = false, use_payment_terminal = NULL, payment_method_type = 'none'
             WHERE use_payment_terminal = 'mixpay'
            """
        )
        # Assets are deleted before this column is.
        self.env.cr.execute("UPDATE pos_payment_method SET mixpay_settlement_asset_id = NULL")
        self.env["mixpay.snapshot"]._drop_functions()
        self.env.invalidate_all()
