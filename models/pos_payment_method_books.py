"""A method's accounts: what it needs so that its books can be proven, and what is missing."""

from odoo import api, fields, models

from ..core_values import IS_MIXPAY, PROVIDER_FIELD
from .mixpay_booking import ACCOUNTANTS

# What only accountants may change.
OF_BOOKS = frozenset({"mixpay_book_settlements", "mixpay_daily_statements"})
_GROUPS = ",".join((*ACCOUNTANTS, "account.group_account_readonly"))


class PosPaymentMethod(models.Model):
    _inherit = "pos.payment.method"

    mixpay_book_settlements = fields.Boolean(
        string="Enter what MixPay settles",
        default=True,
        copy=False,
        groups=_GROUPS,
        help="Each settled payment becomes a statement line in this method's journal, matched with"
        " the entry of its session. Do not import the same money from elsewhere.",
    )
    mixpay_daily_statements = fields.Boolean(
        string="One statement a day",
        copy=False,
        groups=_GROUPS,
        help="Gather a day's lines of one coin into one bank statement, for the reader.",
    )
    mixpay_books_notice = fields.Char(
        string="Notice about the Books", compute="_compute_mixpay_books_notice", groups=_GROUPS
    )

    @api.depends(
        PROVIDER_FIELD,
        "outstanding_account_id",
        "journal_id.suspense_account_id",
        "journal_id.default_account_id",
        "journal_id.profit_account_id",
        "journal_id.loss_account_id",
        "journal_id.currency_id",
        "config_ids",
    )
    @api.depends_context("lang")
    def _compute_mixpay_books_notice(self):
        for method in self.sudo():
            is_ours = bool(method.filtered_domain(IS_MIXPAY))
            method.mixpay_books_notice = method._mixpay_accounts_problem() if is_ours else ""

    def _mixpay_accounts_problem(self):
        """Return in words why nothing could be proven with the accounts as they are; or empty."""
        _ = self.env._
        journal, outstanding = self.journal_id, self.outstanding_account_id
        if not outstanding or self._mixpay_shares_outstanding():
            return _(
                "This method has no outstanding account of its own, so the books cannot prove which"
                " payments are still to be settled. An accountant can have its accounts created"
                " below."
            )
        if outstanding == journal.default_account_id:
            return _(
                "The outstanding account is the bank account itself: sales would stand there before"
                " MixPay has settled them. Nothing is entered from settlements."
            )
        suspense = journal.suspense_account_id
        if not (outstanding.reconcile and suspense.reconcile):
            return _(
                "The outstanding account and the journal's suspense account must allow"
                " reconciliation."
            )
        if not (journal.profit_account_id and journal.loss_account_id):
            return _("The journal has no accounts for gains and losses.")
        currency = journal.currency_id or journal.company_id.currency_id
        if self.config_ids.currency_id - currency:
            return _("The journal is in another currency than a Point of Sale that takes MixPay.")
        return ""

    def _mixpay_shares_outstanding(self):
        """Tell whether another method, or the company's other payments, use the same account."""
        account = self.outstanding_account_id
        is_of_company = account == self.company_id.transfer_account_id
        others = self.with_context(active_test=False).search_count(
            [("outstanding_account_id", "=", account.id), ("id", "!=", self._origin.id)], limit=1
        )
        lines = self.env["account.payment.method.line"].search_count(
            [("payment_account_id", "=", account.id)], limit=1
        )
        return bool(is_of_company or others or lines)

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        for vals in vals_list:
            self._mixpay_check_may_keep_books(vals)
        return super().create(vals_list)

    def write(self, vals):
        self._mixpay_check_may_keep_books(vals)
        return super().write(vals)

    def _mixpay_check_may_keep_books(self, vals):
        """Check that only accountants decide how MixPay is entered in the books.

        :raises AccessError: for anybody else
        """
        if not self.env.su and OF_BOOKS & vals.keys():
            self.env["mixpay.booking"]._check_accountant()

    def _is_write_forbidden(self, fields):
        return super()._is_write_forbidden(fields - OF_BOOKS)
