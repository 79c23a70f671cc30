from odoo import Command, api, fields, models
from odoo.exceptions import AccessError, ValidationError

from ..core_values import IS_MIXPAY


class MixpaySetUpBooks(models.TransientModel):
    """Shows which accounts a MixPay method would get, and creates them when told to."""

    _name = "mixpay.set.up.books"
    _description = "Create the accounts of a MixPay payment method"

    payment_method_id = fields.Many2one("pos.payment.method", required=True)
    company_id = fields.Many2one(related="payment_method_id.company_id")
    has_own_journal = fields.Boolean(
        string="Create a journal of its own",
        compute="_compute_proposal",
        store=True,
        readonly=False,
        help="The journal is the wallet: only what MixPay settles should stand there.",
    )
    journal_name = fields.Char(compute="_compute_proposal", store=True, readonly=False)
    outstanding_name = fields.Char(
        string="Outstanding Receipts", compute="_compute_proposal", store=True, readonly=False
    )
    suspense_name = fields.Char(
        string="Suspense", compute="_compute_proposal", store=True, readonly=False
    )
    difference_name = fields.Char(
        string="Differences", compute="_compute_proposal", store=True, readonly=False
    )

    @api.depends("payment_method_id")
    def _compute_proposal(self):
        for wizard in self:
            method_sudo = wizard.payment_method_id.sudo()
            wizard.has_own_journal = wizard._is_journal_shared(method_sudo)
            wizard.journal_name = method_sudo.name
            wizard.outstanding_name = self.env._("%s, not settled yet", method_sudo.name)
            wizard.suspense_name = self.env._("%s, to be clarified", method_sudo.name)
            wizard.difference_name = self.env._("%s, gains and losses", method_sudo.name)

    def _is_journal_shared(self, method):
        """Tell whether a method's journal holds other money, too."""
        journal = method.journal_id
        others_sudo = self.env["pos.payment.method"].sudo().with_context(active_test=False)
        lines_sudo = self.env["account.bank.statement.line"].sudo()
        return bool(
            journal.bank_account_id
            or others_sudo.search_count([("journal_id", "=", journal.id), ("id", "!=", method.id)])
            or lines_sudo.search_count(
                [("journal_id", "=", journal.id), ("mixpay_reference", "=", False)], limit=1
            )
        )

    def action_create_accounts(self):
        """Create the accounts, and have the payment method use them.

        :raises AccessError: for all but accounting managers of the method's company
        :raises UserError: while a session that takes the method is open
        """
        self.ensure_one()
        method = self._checked_method()
        outstanding = self._create_account(self.outstanding_name, "asset_current", reconcile=True)
        suspense = self._create_account(self.suspense_name, "asset_current", reconcile=True)
        difference = self._create_account(self.difference_name, "income_other")
        values = {
            "suspense_account_id": suspense.id,
            "profit_account_id": difference.id,
            "loss_account_id": difference.id,
        }
        if self.has_own_journal:
            journal = self._create_journal(method, values)
        else:
            journal = method.journal_id
            journal.write(values)
        method.write(
            {
                "journal_id": journal.id,
                "outstanding_account_id": outstanding.id,
                "mixpay_book_settlements": True,
            }
        )
        return {"type": "ir.actions.act_window_close"}

    def _checked_method(self):
        if not self.env.user.has_group("account.group_account_manager"):
            raise AccessError(self.env._("Only accounting managers create accounts."))
        method_sudo = self.payment_method_id.sudo()
        if method_sudo.company_id not in self.env.companies:
            raise AccessError(self.env._("This payment method is another company's."))
        if not method_sudo.filtered_domain(IS_MIXPAY):
            raise ValidationError(self.env._("This is no MixPay payment method."))
        return method_sudo.with_company(method_sudo.company_id)

    def _create_account(self, name, account_type, reconcile=False):
        """Create an account that a method's company can use: a branch uses its parent's."""
        company_sudo = self.payment_method_id.sudo().company_id.root_id
        accounts_sudo = self.env["account.account"].sudo().with_company(company_sudo)
        similar = accounts_sudo.search(
            [
                *accounts_sudo._check_company_domain(company_sudo),
                ("account_type", "=", account_type),
            ],
            order="code desc",
            limit=1,
        )
        return accounts_sudo.create(
            {
                "name": name,
                "code": accounts_sudo._search_new_account_code(similar.code or "100000"),
                "account_type": account_type,
                "reconcile": reconcile,
                "company_ids": [Command.set(company_sudo.ids)],
            }
        )

    def _create_journal(self, method, values):
        currency = method.config_ids.currency_id[:1]
        company = method.company_id
        return (
            self.env["account.journal"]
            .sudo()
            .with_company(company)
            .create(
                {
                    "name": self.journal_name,
                    "type": "bank",
                    "company_id": company.id,
                    "currency_id": currency.id if currency != company.currency_id else False,
                    **values,
                }
            )
        )
