from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError

from ..mixpay import ids, links

# MixPay takes deadlines strictly less than 2880 minutes ahead (its documentation, code 10064).
MIN_EXPIRY_MINUTES = 1
MAX_EXPIRY_MINUTES = 2879
# May be changed while a session is open, since every payment keeps the terms it began with. Test
# mode may not: a day's sales should be real, or not.
EDITABLE_IN_SESSION = frozenset(
    {
        "mixpay_payee_id",
        "mixpay_settlement_asset_id",
        "mixpay_link_type",
        "mixpay_link_fallback",
        "mixpay_strict_mode",
        "mixpay_expiry_minutes",
    }
)

# What a payment takes of its method.
_FOR_PAYMENT = (
    "mixpay_payee_id",
    "mixpay_settlement_asset_id",
    "mixpay_link_type",
    "mixpay_link_fallback",
    "mixpay_strict_mode",
    "mixpay_expiry_minutes",
    "mixpay_test_mode",
)


class PosPaymentMethod(models.Model):
    _inherit = "pos.payment.method"

    mixpay_payee_id = fields.Char(
        string="MixPay Payee ID",
        copy=False,
        groups="point_of_sale.group_pos_manager",
        help="Who receives the money: a UUID that MixPay gives every account.",
    )
    mixpay_settlement_asset_id = fields.Many2one(
        "mixpay.asset",
        string="Receive As",
        domain=[("is_settlement", "=", True)],
        ondelete="restrict",
        groups="point_of_sale.group_pos_manager",
        help="The coin you receive, whatever coin the customer pays with. Mind the network.",
    )
    mixpay_link_type = fields.Selection(
        [
            (links.CODE, "One-time code (recommended)"),
            (links.PAYLINK, "Pay link"),
        ],
        string="QR Code",
        default=links.CODE,
        help="A one-time code is asked from MixPay for each payment: easy to scan, and the payer"
        " cannot change it. A pay link needs no connection to MixPay, but its code is denser and"
        " its terms can be edited by the payer, which is noticed when the payment is checked.",
    )
    mixpay_link_fallback = fields.Boolean(
        string="Pay Link When Needed",
        default=True,
        help="Show a pay link when MixPay hands out no one-time code within two seconds.",
    )
    mixpay_strict_mode = fields.Boolean(
        string="Strict Settlement",
        help="Insist on the chosen coin. Otherwise MixPay may settle in USDT on Ethereum (mAED for"
        " prices in dirham) where the chosen coin is not to be had.",
    )
    mixpay_expiry_minutes = fields.Integer(
        string="Time to Pay",
        default=15,
        help="Minutes that the customer has to pay, from 1 to 2879.",
    )
    mixpay_test_mode = fields.Boolean(
        string="MixPay Test Mode",
        copy=False,
        help="Use the test server of the system parameters: no real money moves.",
    )

    # === CONSTRAINTS === #

    @api.constrains(
        "use_payment_terminal",
        "mixpay_payee_id",
        "mixpay_settlement_asset_id",
        "mixpay_expiry_minutes",
        "mixpay_link_type",
        "mixpay_test_mode",
        "journal_id",
        "company_id",
        "config_ids",
    )
    def _check_mixpay(self):
        for method in self.sudo().filtered(lambda m: m.use_payment_terminal == "mixpay"):
            problem = method._mixpay_problem() or method._mixpay_books_problem()
            if problem:
                raise ValidationError(problem)

    def _mixpay_problem(self):
        """Return in words which setting keeps this method from taking payments; empty for none."""
        _ = self.env._
        if not ids.is_uuid((self.mixpay_payee_id or "").strip()):
            return _(
                "The MixPay payee ID must be a UUID: 32 hexadecimal digits, with or without dashes."
                " You find it in MixPay's dashboard, in the settings of your account."
            )
        if not self.mixpay_settlement_asset_id.is_settlement:
            return _("Choose which coin you want to receive from MixPay.")
        if not MIN_EXPIRY_MINUTES <= self.mixpay_expiry_minutes <= MAX_EXPIRY_MINUTES:
            return _(
                "The time to pay must be from %(low)s to %(high)s minutes.",
                low=MIN_EXPIRY_MINUTES,
                high=MAX_EXPIRY_MINUTES,
            )
        if not self.mixpay_link_type:
            return _("Choose which QR code MixPay's customers get.")
        return ""

    def _mixpay_books_problem(self):
        """Return in words what is wrong with the journal, or with a Point of Sale's currency.

        Neither changes in daily business; whether there are prices in the currency, each payment
        asks itself.
        """
        if self.journal_id.type != "bank":
            return self.env._(
                "MixPay needs a journal of the type Bank, where its receipts are booked."
            )
        for currency in self.config_ids.currency_id or self.company_id.currency_id:
            if not self.env["mixpay.asset"]._for_currency(currency):
                return self.env._(
                    "MixPay takes no prices in %(currency)s, the currency of the Point of Sale.",
                    currency=currency.name,
                )
        return ""

    def _check_mixpay_ready(self):
        """Check the settings again at the moment of a payment.

        :raises UserError: with the problem, in words
        """
        self.ensure_one()
        method = self.sudo()
        # A customer waits: nothing else is read, neither of the method nor of the coin.
        method.fetch(_FOR_PAYMENT)
        method.mixpay_settlement_asset_id.fetch(["asset_id", "is_settlement"])
        problem = method._mixpay_problem()
        if problem:
            raise UserError(
                self.env._("MixPay is not set up completely. %(problem)s", problem=problem)
            )

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            self._check_may_set_test_mode(vals)
        return super().create(vals_list)

    def write(self, vals):
        self._check_may_set_test_mode(vals)
        old = {method: method._mixpay_destination() for method in self.sudo()}
        result = super().write(vals)
        for method, destination in old.items():
            for name, new in method._mixpay_destination().items():
                self.env["mixpay.change"]._record(name, destination[name], new, method)
        return result

    def _mixpay_destination(self):
        """Return where the money goes and as what: {label of the setting: its value as text}."""
        labels = self.fields_get(
            ["mixpay_payee_id", "mixpay_settlement_asset_id", "mixpay_strict_mode"], ["string"]
        )
        strict = self.env._("yes") if self.mixpay_strict_mode else self.env._("no")
        return {
            labels["mixpay_payee_id"]["string"]: self.mixpay_payee_id or "",
            labels["mixpay_settlement_asset_id"]["string"]: (
                self.mixpay_settlement_asset_id.display_name or ""
            ),
            labels["mixpay_strict_mode"]["string"]: strict,
        }

    def _check_may_set_test_mode(self, vals):
        """Check that only administrators switch test mode on, and only where it is allowed.

        :raises AccessError: for anybody else
        :raises UserError: where test mode is not allowed
        """
        if not vals.get("mixpay_test_mode"):
            return
        if not (self.env.su or self.env.user.has_group("base.group_system")):
            raise AccessError(self.env._("Only an administrator can switch MixPay's test mode on."))
        self.env["mixpay.gateway"]._check_test_mode_allowed()

    # === EXTENSIONS OF THE POINT OF SALE === #

    def _get_payment_terminal_selection(self):
        return super()._get_payment_terminal_selection() + [("mixpay", "MixPay")]

    def _is_write_forbidden(self, fields):
        return super()._is_write_forbidden(fields - EDITABLE_IN_SESSION)
