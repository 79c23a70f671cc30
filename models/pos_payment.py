from odoo import api, fields, models
from odoo.exceptions import ValidationError

from .. import payouts, receipts, texts
from ..core_values import UNPAID_ORDER_STATES, differing, labels
from ..mixpay.standing import standing

# Fields that identify a line, its order and its amount: fixed once a payment covers it.
FROZEN = frozenset(
    {
        "uuid",
        "pos_order_id",
        "session_id",
        "company_id",
        "currency_id",
        "payment_method_id",
        "amount",
    }
)
# Fields of a covered line that only the server writes.
EVIDENCE = frozenset({"transaction_id", "payment_ref_no", "card_brand"})
# Fields that decide whether a MixPay payment covers a line.
COVERED_BY = frozenset({"amount", "uuid", "payment_method_id", "pos_order_id"})


class PosPayment(models.Model):
    _inherit = "pos.payment"

    mixpay_receipt = fields.Text(
        string="MixPay on the Receipt",
        compute="_compute_mixpay_receipt",
        help="What receipts and invoices say of its MixPay payment, a line for each thing.",
    )

    @api.depends("pos_order_id.state")
    @api.depends_context("lang", "tz")
    def _compute_mixpay_receipt(self):
        """Compute it when it is printed: in the reader's language, by the payment's state then."""
        self.mixpay_receipt = False
        saved = self.filtered("id")
        refunds = self.env["mixpay.refund"].sudo()._of_lines(saved).grouped("payment_uuid")
        for line in saved.filtered(lambda line: line.uuid in refunds):
            line.mixpay_receipt = payouts.receipt(self.env, refunds[line.uuid])
        ours = saved.filtered(lambda line: line._is_mixpay())
        payments_sudo = self.env["mixpay.payment"].sudo()._covering(ours)
        if not payments_sudo:
            return  # as of every sale that others pay
        for payment, snapshot in zip(
            payments_sudo,
            self.env["mixpay.presenter"].sudo()._of_records(payments_sudo),
            strict=True,
        ):
            payment.pos_payment_id.mixpay_receipt = receipts.text(self.env, snapshot)

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        """Refuse a line that no MixPay payment covers, if its order counts as paid.

        Lines of draft orders may still wait for their payment.

        :raises ValidationError: for a line that is not covered: money rule 4
        """
        lines = super().create(vals_list)
        # Of other lines none was linked before.
        ours = lines.filtered(lambda line: line._is_mixpay())
        self.env["mixpay.coverage"].sudo()._link_lines(ours)
        lines.env["mixpay.coverage"]._cover_if_paid(lines)
        return lines

    def write(self, vals):
        """Keep what identifies covered lines, and ask for coverage where a paid order changes.

        :raises ValidationError: for a change that would separate a payment from its line
        """
        if not (FROZEN | EVIDENCE) & vals.keys():
            return super().write(vals)
        covered = self._mixpay_covered()
        covered._mixpay_check_frozen(vals)
        refunds_sudo = self.env["mixpay.refund"].sudo()._of_lines(self)
        refunds_sudo._check_lines_kept(self, vals)
        given_back = self.filtered(lambda line: line.uuid in refunds_sudo.mapped("payment_uuid"))
        free = self - covered
        renamed = free.filtered(lambda line: differing(line, {"uuid"}, vals))
        self.env["mixpay.coverage"].sudo()._check_not_renamed(renamed._mixpay_payments())
        changed = free.filtered(lambda line: differing(line, COVERED_BY, vals))
        ours = free.filtered(lambda line: line._is_mixpay())
        result = super(PosPayment, free - given_back).write(vals)
        for line in covered | given_back:
            super(PosPayment, line).write(line._mixpay_with_evidence(vals))
        self.env["mixpay.coverage"]._link_lines(
            ours | free.filtered(lambda line: line._is_mixpay())
        )
        changed.env["mixpay.coverage"]._cover_if_paid(changed)
        return result

    @api.constrains("payment_method_id")
    def _check_payment_method_id(self):
        """Keep lines that MixPay was asked about, even if their Point of Sale lacks the method.

        The line may come from a Point of Sale that shares its orders; or a manager has changed the
        methods since.
        """
        others = self.filtered(
            lambda line: line.payment_method_id not in line.session_id.config_id.payment_method_ids
        )
        asked = others.filtered(
            lambda line: line.payment_method_id in line._mixpay_payments().payment_method_id
        )
        return super(PosPayment, self - asked)._check_payment_method_id()

    @api.ondelete(at_uninstall=False)
    def _unlink_except_mixpay_covered(self):
        """Keep the lines of paid orders that MixPay's money stands behind.

        Without its line, money that arrived would be in no order and so in no book.
        """
        for line in self._mixpay_covered():
            raise ValidationError(
                self.env._(
                    "The customer has paid %(amount)s of the order %(order)s with MixPay, so"
                    " that line cannot be removed.",
                    amount=line.currency_id.format(line.amount),
                    order=line.pos_order_id.display_name,
                )
            )

    @api.ondelete(at_uninstall=False)
    def _unlink_except_mixpay_refund(self):
        """Keep the lines of refunds in coins that are pending, or paid out."""
        self.env["mixpay.refund"].sudo()._of_lines(self)._check_lines_kept(self)

    @api.ondelete(at_uninstall=False)
    def _unlink_mixpay_abandons(self):
        """Nobody waits for the payment of a removed line any more; MixPay is still asked about it.

        :raises ValidationError: when money was detected: only an approver may give that up
        """
        uuids = self.mapped("uuid")
        payments = self._mixpay_payments().filtered(lambda p: p._line_uuid() in uuids)
        if payments:
            # An answer came since this transaction began: Odoo repeats it, and logs nothing.
            payments._lock()
        payments.env["mixpay.coverage"]._check_not_held(
            payments, self.env._("This payment line cannot be removed.")
        )
        payments.env["mixpay.fulfilment"]._abandon_unneeded(payments)

    # === WHAT CANNOT BE CHANGED ANY MORE === #

    def _mixpay_covered(self):
        """Return those of these lines that a MixPay payment covers for good.

        The method's present terminal is not asked: it may have changed since.
        """
        lines = self.filtered(lambda line: line.pos_order_id.state not in UNPAID_ORDER_STATES)
        if not lines:
            return lines
        covered_sudo = self.env["mixpay.payment"].sudo()._covering(lines).pos_payment_id
        return lines.filtered(lambda line: line.id in covered_sudo.ids)

    def _mixpay_check_frozen(self, vals):
        """Check that a write leaves what identifies these covered lines as it is.

        :raises ValidationError: in words, when it does not
        """
        for line in self:
            names = differing(line, FROZEN, vals)
            if names:
                raise ValidationError(
                    self.env._(
                        "The customer has paid %(amount)s of the order %(order)s with MixPay, so"
                        " this cannot be changed on its payment line: %(names)s. Refund the order"
                        " if something is wrong with it.",
                        amount=line.currency_id.format(line.amount),
                        order=line.pos_order_id.display_name,
                        names=labels(line, names),
                    )
                )

    def _mixpay_with_evidence(self, vals):
        """Return the values of a write with the server's own about the transaction.

        A register may not know them yet, or somebody may have made them up.
        """
        refund_sudo = self.env["mixpay.refund"].sudo()._of_lines(self)
        payment_sudo = self.env["mixpay.payment"].sudo()._covering(self)
        evidence = (
            refund_sudo._evidence()
            if refund_sudo
            else texts.evidence(payment_sudo.env, payment_sudo, standing(payment_sudo))
        )
        return {name: evidence.get(name, value) for name, value in vals.items()}
