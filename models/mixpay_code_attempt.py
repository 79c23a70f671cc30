"""The attempts to use approval codes, and what bounds them: money rule 8."""

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain

# Where a code is typed. What happens at tills never blocks the back office.
TILL = "till"
OFFICE = "office"

WINDOW_MINUTES = 15
# Attempts within the window that were not right: with one code, and from one login.
ATTEMPTS_PER_CODE = 5
ATTEMPTS_PER_LOGIN = 10
DAY_HOURS = 24
KEPT_DAYS = 7


class MixpayCodeAttempt(models.Model):
    """One time that a code was typed. Counted until it was found right.

    Whoever counts or adds attempts holds the lock on this table: see `mixpay.code`.
    """

    _name = "mixpay.code.attempt"
    _inherit = ["mixpay.defaults.mixin"]
    _description = "Use of a MixPay approval code"
    _log_access = False

    create_date = fields.Datetime(string="Date", required=True)
    code_id = fields.Many2one(
        "mixpay.code", string="Approval Code", required=True, ondelete="cascade"
    )
    user_id = fields.Many2one("res.users", string="Login", required=True, ondelete="cascade")
    place = fields.Selection([(TILL, "Till"), (OFFICE, "Back office")], required=True)
    amount = fields.Float(help="What it was to approve, in the company's currency.")
    # One code may be used in several companies. Empty where an older version has recorded it.
    currency_id = fields.Many2one("res.currency", ondelete="restrict")
    is_right = fields.Boolean(string="Was Right")
    is_wrong = fields.Boolean(
        string="Was Wrong", help="Neither right nor wrong: it was not compared yet."
    )

    _code_date = models.Index("(code_id, create_date)")
    _login_date = models.Index("(user_id, create_date)")

    @api.model
    def _add_attempt(self, code, place, amount, currency):
        """Record that a code is typed by the login of now; whether it is right shows later.

        :param code: `mixpay.code`
        :param str place: TILL or OFFICE
        :param float amount: what it is to approve
        :param currency: `res.currency` of the amount, the company's
        :rtype: mixpay.code.attempt
        """
        return self.create(
            {
                "create_date": self.env.cr.now(),
                "code_id": code.id,
                "user_id": self.env.uid,
                "place": place,
                "amount": amount,
                "currency_id": currency.id,
                "is_right": False,
                "is_wrong": False,
            }
        )

    # === LIMITS === #

    @api.model
    def _recent_attempts(self, code, place=None):
        """Return the attempts of late with a code that were not right.

        :param code: `mixpay.code`
        :param str place: TILL or OFFICE, None for both
        """
        return self.sudo().search(self._window(place) & Domain("code_id", "=", code.id))

    @api.model
    def _window(self, place=None):
        """Return a domain: attempts of late that were not right."""
        since = fields.Datetime.subtract(self.env.cr.now(), minutes=WINDOW_MINUTES)
        domain = Domain([("create_date", ">=", since), ("is_right", "=", False)])
        return domain & Domain("place", "=", place) if place else domain

    @api.model
    def _check_count(self, code, place):
        """Check that neither a code nor the login of now has had too many attempts of late.

        :raises UserError: when it has
        """
        of_login = self.search_count(self._window(place) & Domain("user_id", "=", self.env.uid))
        of_code = len(self._recent_attempts(code, place))
        if of_code >= ATTEMPTS_PER_CODE or of_login >= ATTEMPTS_PER_LOGIN:
            raise UserError(
                self.env._(
                    "Too many wrong codes. Wait %(minutes)s minutes, or ask for approval on the"
                    " approver's own device.",
                    minutes=WINDOW_MINUTES,
                )
            )

    @api.model
    def _check_caps(self, code, company, amount):
        """Check that a code typed at a till may approve an amount: in one use, and in one day.

        :param code: `mixpay.code`
        :param company: `res.company` of the payment
        :param float amount: in the company's currency
        :raises UserError: when it may not
        """
        company._mixpay_check_codes_enabled()
        currency = company.currency_id
        once, daily = company.mixpay_code_max_amount, company.mixpay_code_max_daily
        if currency.compare_amounts(amount, once) > 0:
            raise UserError(
                self.env._(
                    "A code typed at a till approves up to %(limit)s. Ask for approval on the"
                    " approver's own device.",
                    limit=currency.format(once),
                )
            )
        if currency.compare_amounts(self._used_today(code, company) + amount, daily) > 0:
            raise UserError(
                self.env._(
                    "A code typed at a till approves up to %(limit)s a day. Ask for approval on"
                    " the approver's own device.",
                    limit=currency.format(daily),
                )
            )

    @api.model
    def _used_today(self, code, company):
        """Return what a code was used for at tills within a day, in a company's currency."""
        since = fields.Datetime.subtract(self.env.cr.now(), hours=DAY_HOURS)
        today = self.search(
            [
                ("code_id", "=", code.id),
                ("create_date", ">=", since),
                ("place", "=", TILL),
                ("is_wrong", "=", False),
            ]
        )
        own, date = company.currency_id, fields.Date.context_today(self)
        return sum(
            (used.currency_id or own)._convert(used.amount, own, company, date) for used in today
        )

    # === CRON === #

    @api.autovacuum
    def _gc_attempts(self):
        """Forget attempts that count for nothing any more; `mixpay.event` keeps the wrong ones."""
        old = fields.Datetime.subtract(self.env.cr.now(), days=KEPT_DAYS)
        self.search([("create_date", "<", old)]).unlink()
