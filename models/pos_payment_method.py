from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError, ValidationError

from .. import locales
from ..core_values import IS_MIXPAY, PROVIDER, PROVIDER_FIELD, UNPAID_ORDER_STATES
from ..mixpay import ids, links, states
from ..mixpay.issues import WITHOUT_ORDER
from .mixpay_event_setting import CREATED, DELETED

# MixPay takes deadlines strictly less than 2880 minutes ahead (its documentation, code 10064).
MIN_EXPIRY_MINUTES = 1
MAX_EXPIRY_MINUTES = 2879
# Settings that may be changed while a session is open, since every payment keeps the terms it began
# with. Test mode may not: a session's sales are all real, or all tests.
EDITABLE_IN_SESSION = frozenset(
    {
        "mixpay_payee_id",
        "mixpay_settlement_asset_id",
        "mixpay_link_type",
        "mixpay_link_fallback",
        "mixpay_strict_mode",
        "mixpay_expiry_minutes",
        "mixpay_sounds",
        "mixpay_receipt_coins",
        "mixpay_refunds",
        "mixpay_unconfirmed_limit",
        "mixpay_unconfirmed_asset_ids",
        "image",
    }
)

# Fields of a method that each payment copies.
_FOR_PAYMENT = (
    "mixpay_payee_id",
    "mixpay_settlement_asset_id",
    "mixpay_link_type",
    "mixpay_link_fallback",
    "mixpay_strict_mode",
    "mixpay_expiry_minutes",
    "mixpay_test_mode",
    "company_id",
)
# Fields whose changes are recorded; so are changes of the Points of Sale that use the method.
RECORDED = (
    PROVIDER_FIELD,
    "mixpay_payee_id",
    "mixpay_settlement_asset_id",
    "mixpay_strict_mode",
    "mixpay_link_type",
    "mixpay_link_fallback",
    "mixpay_expiry_minutes",
    "mixpay_receipt_coins",
    "mixpay_refunds",
    "mixpay_unconfirmed_limit",
    "mixpay_unconfirmed_asset_ids",
    "mixpay_test_mode",
    "journal_id",
    "company_id",
    "active",
)
# Fields that open payments, and the books of their orders, rely on.
HELD_WHILE_OPEN = (PROVIDER_FIELD, "journal_id", "company_id")
# A payment made before its deadline is reported soon after it.
OPEN_AFTER_DEADLINE = timedelta(hours=1)
# MixPay ends a payment long before this time; a method must not be locked for ever.
OPEN_WHEN_SEEN = timedelta(days=30)
NAMED_PAYMENTS = 5


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
        string="You receive (coin and network)",
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
        string="Keep selling when MixPay is slow",
        default=True,
        help="Show a pay link when MixPay hands out no one-time code within two seconds.",
    )
    mixpay_strict_mode = fields.Boolean(
        string="Only this coin",
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

    mixpay_payee_ids = fields.One2many(
        "mixpay.payee",
        "payment_method_id",
        string="Payees",
        readonly=True,
        groups="point_of_sale.group_pos_manager",
    )
    mixpay_payee_notice = fields.Char(
        string="Notice about the Payee",
        compute="_compute_mixpay_payee_notice",
        groups="point_of_sale.group_pos_manager",
    )
    mixpay_is_copied_database = fields.Boolean(
        string="Copy of a Database", compute="_compute_mixpay_is_copied_database"
    )

    @api.depends(*HELD_WHILE_OPEN, "active", "mixpay_payee_id", "mixpay_payee_ids")
    def _compute_mixpay_payee_notice(self):
        for method in self:
            method.mixpay_payee_notice = method._mixpay_payee_notice()

    @api.depends(PROVIDER_FIELD)
    def _compute_mixpay_is_copied_database(self):
        self.mixpay_is_copied_database = self.env["mixpay.settings"]._is_copy()

    # === CONSTRAINTS === #

    @api.constrains(
        PROVIDER_FIELD,
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
        for method in self.sudo().filtered_domain(IS_MIXPAY):
            # A copy begins without payee: it sells nothing, and need not be complete yet.
            is_begun = not method.mixpay_payee_id and not method.config_ids
            payee_problem = "" if is_begun else method._mixpay_payee_problem()
            problem = (
                payee_problem or method._mixpay_terms_problem() or method._mixpay_books_problem()
            )
            if problem:
                raise ValidationError(problem)

    def _mixpay_problem(self):
        """Return in words which setting keeps this method from taking payments; empty for none."""
        return self._mixpay_terms_problem() or self._mixpay_payee_problem()

    def _mixpay_payee_problem(self):
        """Return in words what is wrong with the payee that was written; empty for nothing."""
        payee = self.mixpay_payee_id or ""
        if not ids.is_uuid(payee) or ids.is_nil(payee):
            return self.env._(
                "The MixPay payee ID must be a UUID: 32 hexadecimal digits, with or without dashes."
                " You find it in MixPay's dashboard, in the settings of your account."
            )
        return ""

    def _mixpay_terms_problem(self):
        """Return in words what is wrong with the other terms; empty for nothing."""
        _ = self.env._
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
        """Return in words what is wrong with journal, company, or a Point of Sale's currency.

        None changes in daily business; whether there are prices in the currency, each payment
        asks itself.
        """
        if self.journal_id.type != "bank":
            return self.env._(
                "MixPay needs a journal of the type Bank, where its receipts are booked."
            )
        configs = self.with_context(active_test=False).config_ids
        if not self.company_id or configs.company_id - self.company_id:
            return self.env._(
                "A MixPay payment method belongs to one company, and to Points of Sale of that"
                " company only."
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
        method_sudo = self.sudo()
        # A customer waits: nothing else is read, neither of the method nor of the coin.
        method_sudo.fetch(_FOR_PAYMENT)
        method_sudo.mixpay_settlement_asset_id.fetch(["asset_id", "is_settlement"])
        problem = method_sudo._mixpay_problem()
        if problem:
            raise UserError(
                self.env._("MixPay is not set up completely. %(problem)s", problem=problem)
            )

    # === WHO RECEIVES THE MONEY === #

    def _mixpay_effective_payee(self):
        """Return the payee ID that a payment takes at this moment.

        :raises UserError: in words for the cashier, when a new payee does not hold yet
        """
        self.ensure_one()
        payee = self.env["mixpay.payee"]
        payee_id = payee._effective(self)
        if payee_id:
            return payee_id
        pending = payee._pending(self)
        if not pending:
            raise UserError(
                self.env._("MixPay is not set up completely: the payment method has no payee.")
            )
        raise UserError(
            self.env._(
                "The account that MixPay pays to is new. It can be used from %(moment)s on, or as"
                " soon as a second manager agrees to it in the payment method's settings. Until"
                " then, take the sale another way.",
                moment=locales.moment(self.env, pending.effective_at),
            )
        )

    def _mixpay_wanted_payee(self):
        """Return the payee that was written; empty for none that could ever be used."""
        is_usable = self.company_id and not self._mixpay_payee_problem()
        return self.mixpay_payee_id if is_usable else ""

    def _mixpay_payee_notice(self):
        """Return for managers which payee holds, while the one that was written does not."""
        pending = self.env["mixpay.payee"]._pending(self)
        if not pending:
            return ""
        words = {"new": pending.payee_id, "moment": locales.moment(self.env, pending.effective_at)}
        payee_id = self.env["mixpay.payee"]._effective(self)
        if payee_id:
            return self.env._(
                "Payments go to %(old)s. The new payee %(new)s takes effect on %(moment)s, or as"
                " soon as another manager agrees to it.",
                old=payee_id,
                **words,
            )
        return self.env._(
            "This method takes no payments yet: its payee %(new)s is new to the company. It takes"
            " effect on %(moment)s, or as soon as another manager agrees to it.",
            **words,
        )

    # === PAYMENTS UNDER WAY === #

    @api.model
    def _mixpay_open_payments(self, domain):
        """Return the payments that can still be paid, or that have paid nothing so far.

        :param domain: which payments to look at
        """
        payments_sudo = self.env["mixpay.payment"].sudo()
        now = payments_sudo._now()
        can_be_paid = [
            ("state", "in", states.LIVE),
            "|",
            ("expires_at", ">", now - OPEN_AFTER_DEADLINE),
            "&",
            ("funds_detected", "=", True),
            ("expires_at", ">", now - OPEN_WHEN_SEEN),
        ]
        is_paid = [
            "|",
            ("state", "=", states.SUCCESS),
            ("confirmed_at", "!=", False),
            ("written_off_at", "=", False),
            "|",
            ("pos_payment_id", "=", False),
            ("pos_payment_id.pos_order_id.state", "in", UNPAID_ORDER_STATES),
        ]
        open_payments = payments_sudo.search(domain + can_be_paid)
        open_payments |= payments_sudo.search(domain + [("issue", "in", WITHOUT_ORDER)])
        paid = payments_sudo.search(domain + is_paid)
        return open_payments | paid.filtered(lambda p: p._is_accepted() and not p._is_booked())

    @api.model
    def _mixpay_named(self, payments):
        """Return in words which payments these are: the first few, and how many there are."""
        names = [f"{p.order_name or '?'} ({p.trace_id})" for p in payments[:NAMED_PAYMENTS]]
        named, more = ", ".join(names), len(payments) - len(names)
        if not more:
            return named
        return self.env._("%(payments)s, and others: %(count)s", payments=named, count=more)

    def _mixpay_check_held(self, before):
        """Check that nothing has changed which payments under way rely on.

        :param dict before: what `_mixpay_held` gave
        :raises UserError: with what to do
        """
        for method, values in before.items():
            if values[0] != PROVIDER or method._mixpay_held() == values:
                continue
            payments = self._mixpay_open_payments([("payment_method_id", "=", method.id)])
            if payments:
                raise UserError(
                    self.env._(
                        "Integration, journal and company of “%(method)s” cannot be changed while"
                        " MixPay payments are open: %(payments)s. They end by themselves, or are"
                        " decided about in Orders, MixPay to Review. Or create another method.",
                        method=method.name,
                        payments=self._mixpay_named(payments),
                    )
                )

    def _mixpay_held(self):
        return tuple(self[name] for name in HELD_WHILE_OPEN)

    # === CRUD METHODS === #

    @api.model
    def default_get(self, fields):
        """Take no default of ours from the context: who receives what is written, not implied."""
        context = {
            key: value
            for key, value in self.env.context.items()
            if not key.startswith("default_mixpay_")
        }
        method = self.with_env(self.env(context=context))
        return super(PosPaymentMethod, method).default_get(fields)

    @api.model_create_multi
    def create(self, vals_list):
        vals_list = [self._mixpay_cleaned(vals) for vals in vals_list]
        for vals in vals_list:
            self._check_may_set_test_mode(vals)
        methods = super().create(vals_list)
        for method in methods.sudo():
            nothing = dict.fromkeys((*RECORDED, "config_ids"))
            method._mixpay_record_settings(nothing, CREATED, is_payee_written=True)
        return methods

    def write(self, vals):
        vals = self._mixpay_cleaned(vals)
        self._check_may_set_test_mode(vals)
        methods_sudo = self.sudo()
        before = {method: method._mixpay_recorded() for method in methods_sudo}
        held = {method: method._mixpay_held() for method in methods_sudo}
        result = super().write(vals)
        methods_sudo._mixpay_check_held(held)
        for method, values in before.items():
            method._mixpay_record_settings(values, is_payee_written="mixpay_payee_id" in vals)
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_mixpay_log(self):
        is_ours = ["|", *IS_MIXPAY, ("mixpay_payee_id", "!=", False)]
        for method in self.sudo().filtered_domain(is_ours):
            self.env["mixpay.payee"]._pending(method).is_withdrawn = True
            self.env["mixpay.event"]._record_changes(
                "method_changed", [(DELETED, method.name, "")], method=method
            )

    def _mixpay_cleaned(self, vals):
        """Return values with the payee as it is kept.

        :raises ValidationError: for a payee that is none: one is not taken away from a method
        """
        if "mixpay_payee_id" not in vals:
            return vals
        payee = str(vals["mixpay_payee_id"] or "").strip()
        providers = self.sudo().mapped(PROVIDER_FIELD)
        if PROVIDER_FIELD in vals:
            providers = [vals[PROVIDER_FIELD]]
        if not payee and PROVIDER in providers:
            raise ValidationError(self.new({})._mixpay_payee_problem())
        return {**vals, "mixpay_payee_id": payee or False}

    def _mixpay_recorded(self):
        """Return what is on record of a method: {field: JSON value}."""
        values = {"config_ids": self._mixpay_config_names()}
        for name in RECORDED:
            value = self[name]
            is_record = self._fields[name].relational
            values[name] = ", ".join(value.mapped("display_name")) if is_record else value
        return values

    def _mixpay_config_names(self):
        configs = self.with_context(active_test=False).config_ids
        return ", ".join(sorted(configs.mapped("name")))

    def _mixpay_record_settings(self, before, title=None, is_payee_written=False):
        """Record what has changed, and follow up a new payee.

        :param dict before: {field: JSON value}, as `_mixpay_recorded` gives it
        :param str title: CREATED for a new method
        """
        self.ensure_one()
        now = self._mixpay_recorded()
        # A payee may wait at a method that is no longer MixPay's, so that is on record, too.
        is_ours = PROVIDER in (before.get(PROVIDER_FIELD), now[PROVIDER_FIELD])
        if not (is_ours or before.get("mixpay_payee_id") or now["mixpay_payee_id"]):
            return
        payee_id = self.env["mixpay.payee"]._effective(self)
        proposed = self.env["mixpay.payee"]
        if "mixpay_payee_id" in before:
            proposed = proposed._follow(self, self._mixpay_wanted_payee(), is_payee_written)
        changes = [(title, "", self.name)] if title else []
        changes += [
            (name, value, now[name])
            for name, value in before.items()
            if (value or now[name]) and value != now[name]
            if not (proposed and name == "mixpay_payee_id")
        ]
        events = self.env["mixpay.event"]
        if changes:
            events._record_changes("method_changed", changes, method=self)
        if proposed:
            events._record_changes(
                "payee_proposed",
                [("mixpay_payee_id", payee_id, proposed.payee_id)],
                method=self,
                moment=proposed.effective_at,
            )

    def _check_may_set_test_mode(self, vals):
        """Check that only administrators switch test mode on, and only where it is allowed.

        :raises AccessError: for anybody else
        :raises UserError: where test mode is not allowed
        """
        if not vals.get("mixpay_test_mode"):
            return
        # As whom the code runs proves nothing: other modules write methods as superuser for users.
        if not self.env.user.has_group("base.group_system"):
            raise AccessError(self.env._("Only an administrator can switch MixPay's test mode on."))
        self.env["mixpay.settings"]._check_test_mode_allowed()

    # === ACTIONS === #

    def action_mixpay_adopt_database(self):
        """Have a copied database take real payments from now on: it is the shop's own now.

        :raises AccessError: for all but administrators
        """
        if not self.env.user.has_group("base.group_system"):
            raise AccessError(
                self.env._("Only an administrator can have this database take real payments.")
            )
        self.env["mixpay.settings"]._adopt_database()
        return {"type": "ir.actions.client", "tag": "soft_reload"}

    # === EXTENSIONS OF THE POINT OF SALE === #

    def _get_payment_terminal_selection(self):
        return super()._get_payment_terminal_selection() + [(PROVIDER, "MixPay")]

    def _is_write_forbidden(self, fields):
        return super()._is_write_forbidden(fields - EDITABLE_IN_SESSION)
