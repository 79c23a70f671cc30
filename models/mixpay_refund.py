"""Money given back in coins: the record of each payout, and how much of an order is left for it."""

import uuid

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..core_values import PAID_ORDER_STATES
from ..mixpay import money, refunds
from ..mixpay.issues import REFUNDED, SURPLUS
from ..mixpay.refunds import APPROVED, ASKED, CANCELLED, OTHERWISE, PAID, REFUSED
from .mixpay_evidence_mixin import SILENT

# What a payout is about. Fixed when it is asked for.
REFUND_TERMS = frozenset(
    {
        "reference",
        "company_id",
        "currency_id",
        "amount",
        "payment_method_id",
        "pos_config_id",
        "payment_uuid",
        "pos_order_id",
        "original_order_id",
        "payment_ids",
        "user_id",
        "reason",
    }
)


class MixpayRefund(models.Model):
    """One payout from the shop's wallet, for one MixPay line of a refund. The server alone writes.

    An order gives back no more than MixPay has brought for the order that it refunds, over all of
    its refunds, those that are pending included. A pending one keeps line and order.
    """

    _name = "mixpay.refund"
    _description = "MixPay refund"
    _inherit = [
        "mixpay.evidence.mixin",
        "mixpay.defaults.mixin",
        "mail.thread",
        "mail.activity.mixin",
    ]
    _order = "id desc"
    _rec_name = "reference"
    _grouped_texts = frozenset({"approver", "rate_source"})
    _check_company_auto = True

    # === FIELDS: WHAT IS GIVEN BACK, FIXED WHEN IT IS ASKED FOR === #

    reference = fields.Char(
        required=True, readonly=True, copy=False, default=lambda self: str(uuid.uuid4())
    )
    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True)
    currency_id = fields.Many2one("res.currency", required=True, readonly=True)
    amount = fields.Monetary(required=True, readonly=True, help="In the order's currency.")
    payment_method_id = fields.Many2one(
        "pos.payment.method",
        required=True,
        readonly=True,
        ondelete="restrict",
        check_company=True,
    )
    pos_config_id = fields.Many2one(
        "pos.config",
        string="Point of Sale",
        required=True,
        readonly=True,
        ondelete="restrict",
        check_company=True,
    )
    pos_session_id = fields.Many2one(related="pos_order_id.session_id", string="Session")
    pos_order_id = fields.Many2one(
        "pos.order",
        string="Refund",
        readonly=True,
        index=True,
        # Orders stay while their refund counts. What was given up keeps nobody from deleting one.
        ondelete="set null",
        check_company=True,
    )
    order_name = fields.Char(string="Order Number", readonly=True)
    payment_uuid = fields.Char(string="Payment Line UUID", required=True, readonly=True, index=True)
    original_order_id = fields.Many2one(
        "pos.order",
        required=True,
        readonly=True,
        index=True,
        ondelete="restrict",
        check_company=True,
    )
    payment_ids = fields.Many2many(
        "mixpay.payment",
        "mixpay_refund_payment_rel",
        string="Original Payments",
        readonly=True,
        check_company=True,
    )
    reason = fields.Char(readonly=True, help="In the words of who asked.")
    user_id = fields.Many2one(
        "res.users", string="Asked By", required=True, readonly=True, ondelete="restrict"
    )

    # === FIELDS: HOW IT STANDS === #

    state = fields.Selection(
        [
            (ASKED, "To be approved"),
            (APPROVED, "To be paid out"),
            (PAID, "Paid out"),
            (OTHERWISE, "Given back another way"),
            (REFUSED, "Refused"),
            (CANCELLED, "Cancelled"),
        ],
        string="Status",
        required=True,
        readonly=True,
        default=ASKED,
        index=True,
    )
    approval_id = fields.Many2one("mixpay.approval", readonly=True, copy=False, check_company=True)
    approver = fields.Char(string="Approved By", related="approval_id.approver")
    asked_user_ids = fields.Many2many(
        "res.users", "mixpay_refund_asked_rel", string="Asked", readonly=True
    )
    covered_at = fields.Datetime(
        string="Order Paid At",
        readonly=True,
        copy=False,
        help="Since when it covers its line for good: the refund counts as paid.",
    )

    # === FIELDS: WHERE IT GOES === #

    asset_id = fields.Many2one(
        "mixpay.asset", string="Coin and Network", readonly=True, ondelete="restrict"
    )
    address = fields.Char(string="Customer's Address", readonly=True, copy=False)
    memo = fields.Char(string="Memo or Tag", readonly=True, copy=False)
    address_by = fields.Selection(
        [("register", "At the register"), ("customer", "By the customer, on their phone")],
        string="Address Entered",
        readonly=True,
        help="Who has confirmed that the address is on this network.",
    )
    address_user_id = fields.Many2one(
        "res.users", string="Address Entered In", readonly=True, help="The register's login."
    )
    address_at = fields.Datetime(string="Address Entered On", readonly=True)

    # === FIELDS: HOW IT WAS PAID === #

    rate = fields.Char(readonly=True, help="What one coin was worth, in the order's currency.")
    rate_unit = fields.Char(string="Direction", readonly=True, help="As in “EUR per 1 BTC”.")
    rate_source = fields.Char(readonly=True)
    rate_at = fields.Datetime(string="Date of the Rate", readonly=True)
    units = fields.Char(string="Coins Sent", readonly=True, help="Exact, as decimal text.")
    txid = fields.Char(string="Chain Transaction ID", readonly=True, copy=False)
    paid_at = fields.Datetime(string="Paid Out On", readonly=True, copy=False)
    paid_by_id = fields.Many2one(
        "res.users", string="Paid Out By", readonly=True, ondelete="restrict"
    )

    _reference_uniq = models.UniqueIndex("(reference)", "References are unique.")
    _order_once = models.UniqueIndex(
        "(pos_order_id) WHERE state IN ('asked', 'approved', 'paid', 'otherwise')",
        "A refund is paid out once.",
    )
    _line_once = models.UniqueIndex(
        "(payment_uuid) WHERE state IN ('asked', 'approved', 'paid', 'otherwise')",
        "A payment line is paid out once.",
    )
    _txid_once = models.UniqueIndex(
        "(lower(txid)) WHERE txid IS NOT NULL", "A transaction pays one refund."
    )
    _order_kept = models.Constraint(
        "CHECK (pos_order_id IS NOT NULL OR state IN ('refused', 'cancelled'))",
        "A refund in coins keeps its order.",
    )
    _amount_positive = models.Constraint("CHECK (amount > 0)", "Amounts are more than zero.")

    @api.depends("amount", "order_name", "reference")
    @api.depends_context("lang")
    def _compute_display_name(self):
        for refund in self:
            parts = [refund.order_name, refund.currency_id.format(refund.amount)]
            refund.display_name = " · ".join(part for part in parts if part)

    # === CRUD METHODS === #

    def write(self, vals):
        """Write what may change; what is given back never does.

        :raises UserError: for a change of terms, or a transition that is not allowed
        """
        names = sorted(REFUND_TERMS & vals.keys())
        if names:
            raise UserError(
                self.env._(
                    "What a MixPay refund is about never changes (%s).",
                    ", ".join(names),
                )
            )
        new = vals.get("state")
        for refund in self if new else ():
            is_covered = refund.covered_at and new == CANCELLED
            if new not in refunds.TRANSITIONS[refund.state] or is_covered:
                raise UserError(
                    self.env._(
                        "The MixPay refund %(reference)s cannot go from %(old)s to %(new)s.",
                        reference=refund.reference,
                        old=refund.state,
                        new=new,
                    )
                )
        return super().write(vals)

    @api.model
    def _create_payout(self, vals):
        """Record a payout that is asked for; nobody follows the record."""
        return self.with_context(**SILENT).create([vals]).with_env(self.env)

    def _record_step(self, what, **data):
        """Keep in the history of each original payment what happened to this payout."""
        for payment in self.payment_ids:
            self.env["mixpay.event"]._record(
                "refund",
                payment=payment,
                data={
                    "what": what,
                    "reference": self.reference,
                    "amount": str(self._exact_amount()),
                    **data,
                },
            )

    def _notify_shop(self):
        """Tell the registers, also where its order is now, that somebody has decided.

        They ask back what it was: whoever scans a code for ordering by oneself may listen.
        """
        for config in self.pos_config_id | self.pos_order_id.config_id:
            config._notify("MIXPAY_REFUND", {})

    # === HOW MUCH CAN BE GIVEN BACK === #

    @api.model
    def _originals(self, order, method):
        """Return the payments of an order that can be given back with a method.

        Money that has arrived and that the order holds, real, of its own company.

        :param order: `pos.order` that was paid
        """
        payments_sudo = self.env["mixpay.payment"].sudo()._covering(order.payment_ids)
        return payments_sudo.filtered(
            lambda p: p._is_booked()
            and p._has_arrived()
            and not p.is_test
            and p.company_id == order.company_id
            and p.payment_method_id == method
            # What came beyond the price goes back for itself.
            and all(made != REFUNDED or issue == SURPLUS for issue, made in p._decided_so_far())
        )

    @api.model
    def _left(self, original, payments, order):
        """Return how much a refund of an order can give back in coins: never more than was paid.

        That is what the method has brought less all that was given back with it, and what was paid
        at all, in products of other orders, too, less all that was taken back, whatever it was
        given back with. Pending ones count.

        :param payments: what `_originals` gave
        :param order: the refund, which does not count itself
        :rtype: Decimal
        """
        coins = self.search(
            [
                ("original_order_id", "=", original.id),
                ("pos_order_id", "!=", order.id),
                ("state", "in", refunds.COUNTED),
            ]
        )
        own = coins.filtered(lambda one: one.payment_method_id in payments.payment_method_id)
        brought = sum(map(exact, payments)) - sum(map(exact, own))
        others = returned(original).filtered(lambda line: line.order_id != order)
        paid = original.amount_paid + exchanged(original)
        paid += sum(others.mapped("price_subtotal_incl"))
        pending = coins.filtered(lambda one: one.pos_order_id not in others.order_id)
        digits = original.currency_id.decimal_places
        return min(brought, money.from_float(paid, digits) - sum(map(exact, pending)))

    @api.model
    def _lock_originals(self, payments):
        """Have payouts of the same payments follow each other; return nothing.

        The row is written, since a lock alone would not do: a request that has waited for it goes
        on with a snapshot that lacks the other payout. So PostgreSQL refuses it, and Odoo repeats
        it.

        :raises SerializationFailure: when another payout was asked for meanwhile
        """
        payments._lock()
        payments.write({"refund_asked_at": fields.Datetime.now()})
        payments.flush_recordset()

    def _exact_amount(self):
        return exact(self)


def returned(original):
    """Return the lines that have taken something of an order back, of refunds that are paid."""
    lines = original.lines.refund_orderline_ids
    return lines.filtered(lambda line: line.order_id.state in PAID_ORDER_STATES)


def exchanged(original):
    """Return what an order was paid with in products of others, which it has taken back itself."""
    return -sum(original.lines.filtered("refunded_orderline_id").mapped("price_subtotal_incl"))


def exact(record):
    """Return the amount of a record of money as an exact number."""
    return money.from_float(record.amount, record.currency_id.decimal_places)
