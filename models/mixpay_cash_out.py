"""Coins sold: takes them out of the wallet's account, at the accountant's cost figure."""

from odoo import Command, api, fields, models
from odoo.exceptions import UserError, ValidationError

from ..core_values import IS_MIXPAY
from ..mixpay import money

DRAFT, POSTED = "draft", "posted"
# What a sale of coins comes to, kept as it was entered in the books; and the entry itself.
FIGURES = frozenset(
    {
        "payment_method_id",
        "company_id",
        "date",
        "coin",
        "units",
        "reference",
        "cost",
        "cost_method",
        "proceeds",
        "fee",
        "proceeds_account_id",
        "fee_account_id",
    }
)
ENTRY = frozenset({"state", "statement_line_id", "move_id"})
# An object of this process: no request's context can be it.
POSTING = object()


class MixpayCashOut(models.Model):
    """One sale of coins, and the one entry that it makes."""

    _name = "mixpay.cash.out"
    _description = "Coins sold"
    _inherit = ["mail.thread"]
    _order = "date desc, id desc"
    _rec_names_search = ["coin", "units", "reference"]
    _check_company_auto = True

    name = fields.Char(compute="_compute_name")
    payment_method_id = fields.Many2one(
        "pos.payment.method",
        required=True,
        check_company=True,
        ondelete="restrict",
        domain=IS_MIXPAY,
    )
    company_id = fields.Many2one(
        "res.company", required=True, index=True, default=lambda self: self.env.company
    )
    journal_id = fields.Many2one(related="payment_method_id.journal_id")
    currency_id = fields.Many2one("res.currency", compute="_compute_currency_id")
    date = fields.Date(required=True, default=fields.Date.context_today)
    coin = fields.Char(required=True, help="As in “USDT (Tron)”.")
    units = fields.Char(
        required=True, tracking=True, help="How much of the coin was sold, to the last digit."
    )
    reference = fields.Char(help="How the exchange, or the bank, names this sale.")
    cost = fields.Monetary(
        required=True,
        tracking=True,
        help="What these coins stand in the books for: the figure of your cost method.",
    )
    cost_method = fields.Char(
        required=True,
        help="How the cost was found, as in “first in, first out”. It is printed on reports.",
    )
    proceeds = fields.Monetary(
        required=True, tracking=True, help="What they were sold for, before the fee."
    )
    fee = fields.Monetary(tracking=True, help="What the exchange kept of the proceeds.")
    difference = fields.Monetary(
        string="Gain or Loss",
        compute="_compute_difference",
        store=True,
        help="Proceeds less cost; the fee is an expense of its own.",
    )
    proceeds_account_id = fields.Many2one(
        "account.account",
        string="Money Arrives On",
        required=True,
        check_company=True,
        help="Where the money arrives: an account that your bank's statement clears.",
    )
    fee_account_id = fields.Many2one("account.account", check_company=True)
    state = fields.Selection(
        [(DRAFT, "Draft"), (POSTED, "In the books")],
        string="Status",
        required=True,
        readonly=True,
        default=DRAFT,
        copy=False,
        tracking=True,
    )
    statement_line_id = fields.Many2one(
        "account.bank.statement.line", readonly=True, copy=False, check_company=True
    )
    move_id = fields.Many2one(
        "account.move", string="Entry", readonly=True, copy=False, check_company=True
    )

    @api.depends("coin", "units", "date")
    def _compute_name(self):
        for sold in self:
            sold.name = " · ".join(filter(None, [f"{sold.units or ''} {sold.coin or ''}".strip()]))

    @api.depends("payment_method_id", "company_id")
    def _compute_currency_id(self):
        for sold in self:
            # Who only reads the books has no right in the Point of Sale.
            journal_sudo = sold.sudo().payment_method_id.journal_id
            sold.currency_id = journal_sudo.currency_id or sold.company_id.currency_id

    @api.depends("proceeds", "cost")
    def _compute_difference(self):
        for sold in self:
            sold.difference = sold.proceeds - sold.cost

    @api.constrains("units", "cost", "proceeds", "fee", "fee_account_id")
    def _check_amounts(self):
        for sold in self:
            if not money.parse_or_none(sold.units):
                raise ValidationError(
                    self.env._(
                        "Write how many coins were sold as a plain number with a decimal point, as"
                        " in 12.345678."
                    )
                )
            if min(sold.cost, sold.proceeds, sold.fee) < 0 or sold.fee > sold.proceeds:
                raise ValidationError(
                    self.env._(
                        "Cost, proceeds and fee are not below zero, and the fee is part of"
                        " the proceeds."
                    )
                )
            if sold.fee and not sold.fee_account_id:
                raise ValidationError(self.env._("Choose the account of the fee."))

    @api.constrains("proceeds_account_id", "payment_method_id", "company_id")
    def _check_accounts(self):
        for sold in self:
            if sold.proceeds_account_id == sold.journal_id.default_account_id:
                raise ValidationError(
                    self.env._("The money arrives on another account than the wallet's.")
                )
            if sold.payment_method_id.company_id != sold.company_id:
                raise ValidationError(self.env._("This payment method is another company's."))

    # === CRUD METHODS === #

    @api.model_create_multi
    def create(self, vals_list):
        entry = dict.fromkeys(ENTRY, False) | {"state": DRAFT}
        return super().create([vals | entry for vals in vals_list])

    def write(self, vals):
        is_posting = self.env.context.get("mixpay_posting") is POSTING
        is_posted = any(sold.state == POSTED for sold in self)
        if (is_posted and FIGURES & vals.keys()) or (ENTRY & vals.keys() and not is_posting):
            raise UserError(self.env._("What is in the books stays as it is. Reverse its entry."))
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_drafts_only(self):
        if self.filtered(lambda sold: sold.state == POSTED):
            raise UserError(self.env._("What is in the books stays as it is. Reverse its entry."))

    # === ACTIONS === #

    def action_post(self):
        """Enter these sales in the books: one entry each, as a line of the method's journal.

        :raises AccessError: for all but accountants
        :raises UserError: where an account is missing, or the books are locked
        """
        self.env["mixpay.booking"]._check_accountant()
        self.check_access("write")
        for sold in self.sudo().filtered(lambda one: one.state == DRAFT):
            line = sold._add_line()
            sold.with_context(mixpay_posting=POSTING).write(
                {"state": POSTED, "statement_line_id": line.id, "move_id": line.move_id.id}
            )

    def _check_open_day(self):
        """Check that the books of its day are open; core would take another day without a word.

        :raises UserError: otherwise
        """
        if self.company_id._get_violated_lock_dates(self.date, False, self.journal_id):
            raise UserError(
                self.env._("The books of %s are locked. Choose a day that is open.", self.date)
            )

    def _difference_account(self):
        """Return the journal's account for a gain, or for a loss.

        :raises UserError: when there is a difference, and no account for it
        """
        journal = self.journal_id
        account = journal.profit_account_id if self.difference > 0 else journal.loss_account_id
        if self.difference and not account:
            raise UserError(
                self.env._(
                    "The journal has no account for differences. Set up the method's accounts."
                )
            )
        return account

    def _add_line(self):
        """Add the statement line with which the coins leave the wallet's account."""
        self._check_open_day()
        journal = self.journal_id
        amounts = [
            (journal.default_account_id, -self.cost),
            (self.proceeds_account_id, self.proceeds - self.fee),
            (self.fee_account_id, self.fee),
            (self._difference_account(), -self.difference),
        ]
        label = self._label()
        return (
            self.env["account.bank.statement.line"]
            .with_company(self.company_id)
            .create(
                {
                    "journal_id": journal.id,
                    "company_id": self.company_id.id,
                    "date": self.date,
                    "amount": -self.cost,
                    "payment_ref": label,
                    "transaction_details": {"mixpay": self._details()},
                    "mixpay_reference": f"cash-out/{self.id}",
                    "line_ids": self._items(label, amounts),
                }
            )
        )

    def _label(self):
        parts = [self.env._("Sold %s", self.name), self.reference]
        return " · ".join(filter(None, parts))

    def _details(self):
        return {
            "kind": "cash_out",
            "coin": self.coin,
            "units": self.units,
            "cost_method": self.cost_method,
            "reference": self.reference or "",
        }

    def _items(self, label, amounts):
        """Return the journal items; the last one takes what rounding of values leaves.

        :param amounts: (account, amount in the journal's currency), which add up to zero; first the
            wallet's, which a statement line has also where the coins stood there for nothing
        """
        amounts = [*amounts[:1], *(pair for pair in amounts[1:] if pair[1])]
        company_currency = self.company_id.currency_id
        values = [
            self.currency_id._convert(amount, company_currency, self.company_id, self.date)
            for _account, amount in amounts
        ]
        values[-1] = -sum(values[:-1])
        return [
            Command.create(
                {
                    "name": label,
                    "account_id": account.id,
                    "currency_id": self.currency_id.id,
                    "amount_currency": amount,
                    "balance": company_currency.round(value),
                }
            )
            for (account, amount), value in zip(amounts, values, strict=True)
        ]
