"""Money given back in coins: the record of each payout, and which line of a refund it covers."""

import uuid

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError

from ..core_values import PAID_ORDER_STATES, PROVIDER, PROVIDER_FIELD, differing
from ..mixpay import money, refunds
from ..mixpay.issues import REFUNDED
from ..mixpay.refunds import APPROVED, ASKED, CANCELLED, OTHERWISE, PAID, REFUSED
from .mixpay_defaults_mixin import as_server
from .mixpay_evidence_mixin import SILENT

# What a payout is about. Fixed when it is asked for.
TERMS = frozenset(
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
# What says which line it is, of which order and for how much.
OF_LINE = frozenset({"uuid", "pos_order_id", "payment_method_id", "amount", "currency_id"})


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
        "pos.payment.method", required=True, readonly=True, ondelete="restrict"
    )
    pos_config_id = fields.Many2one(
        "pos.config", string="Point of Sale", required=True, readonly=True, ondelete="restrict"
    )
    pos_session_id = fields.Many2one(related="pos_order_id.session_id", string="Session")
    pos_order_id = fields.Many2one(
        "pos.order",
        string="Refund",
        readonly=True,
        index=True,
        # Orders stay while their refund counts. What was given up keeps nobody from deleting one.
        ondelete="set null",
    )
    order_name = fields.Char(string="Order Number", readonly=True)
    payment_uuid = fields.Char(string="Payment Line UUID", required=True, readonly=True, index=True)
    original_order_id = fields.Many2one(
        "pos.order",
        required=True,
        readonly=True,
        index=True,
        ondelete="restrict",
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
    approval_id = fields.Many2one("mixpay.approval", readonly=True, copy=False)
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
    paid_by_id = fields.Many2one("res.users", string="Paid Out By", readonly=True)

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
    def _compute_display_name(self):
        for refund in self:
            parts = [refund.order_name, refund.currency_id.format(refund.amount)]
            refund.display_name = " · ".join(part for part in parts if part)

    # === CRUD METHODS === #

    def write(self, vals):
        """Write what may change; what is given back never does.

        :raises UserError: for a change of terms, or a transition that is not allowed
        """
        names = sorted(TERMS & vals.keys())
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
    def _add(self, vals):
        """Record a payout that is asked for; nobody follows the record."""
        return self.with_context(**SILENT).create([vals]).with_env(self.env)

    def _lock(self):
        """Lock these records' rows and read them afresh."""
        self.flush_recordset()
        self.env.cr.execute(
            "SELECT id FROM mixpay_refund WHERE id = ANY(%s) ORDER BY id FOR UPDATE",
            [self.ids],
            log_exceptions=False,
        )
        self.invalidate_recordset()

    def _record(self, what, **data):
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

    def _end_activities(self):
        self.env["mail.activity"].sudo().search(
            [("res_model", "=", self._name), ("res_id", "in", self.ids)]
        ).unlink()

    # === HOW MUCH CAN BE GIVEN BACK === #

    @api.model
    def _originals(self, order, method):
        """Return the payments of an order that can be given back with a method.

        Money that has arrived and that the order holds, real, of its own company.

        :param order: `pos.order` that was paid
        """
        payments = self.env["mixpay.payment"].sudo()._covering(order.payment_ids)
        return payments.filtered(
            lambda p: p._is_booked()
            and p._has_arrived()
            and not p.is_test
            and p.company_id == order.company_id
            and p.payment_method_id == method
            and p.decision != REFUNDED
        )

    @api.model
    def _left(self, original, payments, order):
        """Return how much a refund of an order can give back in coins: never more than was paid.

        That is what the method has brought less all that was given back with it, and what was paid
        at all less all that was taken back, whatever it was given back with. Pending ones count.

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
        brought = sum(map(_exact, payments)) - sum(map(_exact, own))
        returned = original.lines.refund_orderline_ids.filtered(
            lambda line: line.order_id != order and line.order_id.state in PAID_ORDER_STATES
        )
        paid = original.amount_paid + sum(returned.mapped("price_subtotal_incl"))
        pending = coins.filtered(lambda one: one.pos_order_id not in returned.order_id)
        digits = original.currency_id.decimal_places
        return min(brought, money.from_float(paid, digits) - sum(map(_exact, pending)))

    @api.model
    def _lock_originals(self, payments):
        """Have payouts of the same payments follow each other; return nothing.

        The row is written: who waits for it here goes on with a snapshot that lacks the payout it
        waited for, and is refused by PostgreSQL instead. Odoo repeats the request.

        :raises SerializationFailure: when another payout was asked for meanwhile
        """
        payments._lock()
        payments.write({"refund_asked_at": fields.Datetime.now()})
        payments.flush_recordset()

    def _exact_amount(self):
        return _exact(self)

    # === WHICH LINE IT COVERS === #

    @api.model
    def _of_lines(self, lines):
        """Return the payouts that keep payment lines as they are: pending or paid."""
        uuids = [
            line.uuid
            for line in lines
            if line.uuid and line.amount < 0 and line.payment_method_id[PROVIDER_FIELD] == PROVIDER
        ]
        return self._of_uuids(uuids)

    @api.model
    def _of_uuids(self, uuids):
        if not uuids:
            return self.browse()
        return self.search([("payment_uuid", "in", uuids), ("state", "in", refunds.COUNTED)])

    @api.model
    def _of_orders(self, orders, states=refunds.PENDING):
        """Return the payouts of refunds, pending ones by default."""
        if not orders.ids:
            return self.browse()
        return self.search([("pos_order_id", "in", orders.ids), ("state", "in", states)])

    def _is_granted(self):
        """Tell whether somebody has approved it."""
        return self.state in (APPROVED, PAID, OTHERWISE)

    def _backs(self, line):
        """Tell whether this payout covers a payment line of a refund: money rule 4."""
        order = line.pos_order_id
        return (
            self._is_granted()
            and self.payment_uuid == line.uuid
            and self.pos_order_id == order
            and self.company_id == order.company_id == line.company_id
            and self.currency_id == line.currency_id
            and self.payment_method_id == line.payment_method_id
            and self._exact_amount() == -_exact(line)
            and self._of_order(order) == self.original_order_id
        )

    def _is_left(self):
        """Tell whether its money was not given back otherwise before it covered its line."""
        if self.covered_at:
            return True
        original = self.original_order_id
        payments = self._originals(original, self.payment_method_id)
        return self._left(original, payments, self.pos_order_id) >= self._exact_amount()

    @api.model
    def _of_order(self, order):
        """Return the one order that a refund takes products back of; empty for none, or several."""
        originals = order.lines.refunded_orderline_id.order_id
        is_paid = originals.state in PAID_ORDER_STATES if len(originals) == 1 else False
        return originals if is_paid else originals.browse()

    def _cover(self, line):
        """Tie this payout to its line for good: the refund counts as paid from now on.

        :raises ValidationError: when it does not cover it
        """
        if not (self._backs(line) and self._is_left()):
            raise ValidationError(
                self.env._(
                    "The order %(order)s cannot be paid: %(reason)s.",
                    order=line.pos_order_id.display_name,
                    reason=self._reason(),
                )
            )
        if not self.covered_at:
            self._lock()
            self.write({"covered_at": fields.Datetime.now()})
            self._record("order paid")
            self._store_evidence()
            self._have_paid_out()

    def _evidence(self):
        """Return what the line keeps of this payout when this addon is gone."""
        return {
            "transaction_id": self.reference,
            "payment_ref_no": self.txid or "",
            "card_brand": self.asset_id.display_name or "",
        }

    def _store_evidence(self):
        lines = self.env["pos.payment"].search([("uuid", "=", self.payment_uuid)])
        lines.write(self._evidence())

    def _reason(self):
        """Return in words why this payout does not cover its line as it is."""
        if self.state == ASKED:
            return self.env._("nobody has approved its refund in coins so far")
        if not self._is_left():
            return self.env._(
                "since its refund in coins was asked for, the money was given back otherwise."
                " Cancel that refund; nothing was paid out"
            )
        return self.env._(
            "line or order were changed since its refund in coins was asked for. Cancel that, and"
            " ask for it again"
        )

    @api.model
    def _reason_uncovered(self, session, line_uuid, amount):
        """Return in words why no payout covers a register's line; empty when one does.

        :param Decimal amount: what is given back, in the session's currency
        """
        refund = self._of_uuids([line_uuid])
        if not refund or refund.company_id != session.company_id:
            return self.env._("no refund in coins was asked for")
        is_as_asked = refund._is_granted() and refund._exact_amount() == amount
        if is_as_asked and refund._is_left():
            return ""
        return refund._reason()

    def _have_paid_out(self):
        """Have the managers know that it is to be paid out."""
        for user in self.company_id._mixpay_managers():
            own = as_server(self).with_context(lang=user.lang or "en_US")
            own.activity_schedule(
                "mail.mail_activity_data_todo",
                user_id=user.id,
                summary=own.env._("MixPay: pay out a refund, %s", own.display_name),
            )

    # === WHAT A PENDING PAYOUT KEEPS === #

    def _check_lines_kept(self, lines, vals=None):
        """Check that lines stay as these payouts need them.

        :param dict vals: what is written on them; None where they are removed
        :raises ValidationError: with what to do
        """
        for refund in self:
            line = lines.filtered(lambda one, uuid=refund.payment_uuid: one.uuid == uuid)
            if vals is None or any(differing(one, OF_LINE, vals) for one in line):
                raise ValidationError(refund._kept_text())

    def _check_orders_kept(self):
        """Check that no payout is pending for orders that are to go.

        :raises ValidationError: with what to do
        """
        for refund in self[:1]:
            raise ValidationError(refund._kept_text())

    def _kept_text(self):
        return self.env._(
            "A refund of %(amount)s in coins belongs to the order %(order)s, so the order and its"
            " payment line stay. While the order is not paid, the refund can be cancelled at the"
            " register.",
            amount=self.currency_id.format(self.amount),
            order=self.order_name or self.pos_order_id.display_name,
        )


def _exact(record):
    """Return the amount of a record of money as an exact number."""
    return money.from_float(record.amount, record.currency_id.decimal_places)
