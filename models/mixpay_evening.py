"""Each evening one message per shop, also when all is well: sold, settled, to review."""

import logging

from markupsafe import Markup

from odoo import fields, models
from odoo.exceptions import UserError
from odoo.tools.misc import format_date

from ..core_values import IS_MIXPAY
from ..failures import reason_of
from ..mixpay import facts, periods
from ..transactions import own_transaction

_logger = logging.getLogger(__name__)

# A message names so many payments that wait; the others are only counted.
MOST_NAMED = 10


class MixpayEvening(models.Model):
    """What a shop's people were told on an evening. There is one for each day."""

    _name = "mixpay.evening"
    _description = "MixPay evening report"
    _inherit = ["mixpay.evidence.mixin", "mixpay.defaults.mixin"]
    _order = "day desc, id desc"
    _rec_name = "day"
    _check_company_auto = True

    pos_config_id = fields.Many2one(
        "pos.config",
        string="Point of Sale",
        required=True,
        readonly=True,
        ondelete="cascade",
        check_company=True,
    )
    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True)
    day = fields.Date(required=True, readonly=True)
    begins_at = fields.Datetime(string="Since", required=True, readonly=True)
    ends_at = fields.Datetime(string="Until", required=True, readonly=True)
    sold = fields.Json(string="Sold, by Currency", readonly=True)
    settled = fields.Json(string="Settled, by Coin", readonly=True)
    sold_count = fields.Integer(string="Sales", readonly=True)
    unsettled_count = fields.Integer(string="Not Settled", readonly=True)
    review_count = fields.Integer(string="To Review", readonly=True)
    sold_text = fields.Char(string="Sold", compute="_compute_texts")
    settled_text = fields.Char(string="Settled", compute="_compute_texts")
    user_ids = fields.Many2many("res.users", string="Told", readonly=True)

    _day_once = models.UniqueIndex("(pos_config_id, day)", "A shop is told once a day.")

    def write(self, vals):  # pylint: disable=method-required-super
        """Refuse: what people were told stays.

        :raises UserError: always
        """
        raise UserError(self.env._("What people were told stays as it is."))

    def _compute_texts(self):
        for evening in self:
            evening.sold_text = _amounts(evening.sold)
            evening.settled_text = _amounts(evening.settled)

    # === EACH EVENING === #

    def _cron_tell(self):
        """Tell each shop's people once a day, from the hour that its company has set.

        What one shop raises concerns no other. Where the server was off in the evening, they are
        told as soon as it is on again.
        """
        commit_progress = self.env["ir.cron"]._commit_progress
        configs = self.env["pos.config"].search([("payment_method_ids", "any", IS_MIXPAY)])
        commit_progress(remaining=len(configs))
        for config in configs:
            try:
                with own_transaction(config) as own:
                    own.env["mixpay.evening"]._tell(own)
            except Exception as error:  # pylint: disable=broad-exception-caught
                # Any error: the other shops get their message all the same. This one is tried again
                # next time.
                _logger.warning("No evening report of %s: %s", config.id, reason_of(error))
            commit_progress(1)

    def _tell(self, config):
        """Tell a shop's people of the last evening that has come, unless they were told."""
        company = config.company_id
        hour, tz = company.mixpay_evening_hour, company._mixpay_tz()
        day, begins, ends = periods.last_evening(fields.Datetime.now(), hour, tz)
        latest = self.search([("pos_config_id", "=", config.id)], limit=1)
        if latest and latest.day >= day:
            return
        # What happened since the last message counts, even if the server was off or the hour has
        # changed.
        begins = latest.ends_at if latest and latest.ends_at < ends else begins
        evening = self.create(self._report(config, begins, ends) | {"day": day})
        evening._send()

    def _report(self, config, begins, ends):
        """Return what happened at a shop between two moments, as an evening's values."""
        payments = self.env["mixpay.payment"]
        own = [("pos_config_id", "=", config.id), ("is_test", "=", False)]
        sold_domain = [*own, ("counted_at", ">=", begins), ("counted_at", "<", ends)]
        sold = payments._read_group(sold_domain, ["currency_id"], ["paid_amount:sum", "__count"])
        received = self.env["mixpay.export.pack"]._received(config.company_id, begins, ends, config)
        unsettled = [*own, ("counted_at", "<", ends), ("settle_status", "!=", "success")]
        return {
            "pos_config_id": config.id,
            "company_id": config.company_id.id,
            "begins_at": begins,
            "ends_at": ends,
            "sold": {
                currency.name: f"{amount:.{currency.decimal_places}f}"
                for currency, amount, _count in sold
            },
            "sold_count": sum(count for _currency, _amount, count in sold),
            "settled": received,
            "unsettled_count": payments.search_count(unsettled),
            "review_count": payments.search_count(self._review_domain(config)),
            "user_ids": [(6, 0, self._readers(config).ids)],
        }

    def _review_domain(self, config):
        return [("pos_config_id", "=", config.id), ("issue", "!=", False)]

    def _readers(self, config):
        """Return who is told: those whom the shop names, else the managers of its company."""
        named = config.mixpay_evening_user_ids.filtered(
            lambda user: user.active and not user.share and config.company_id in user.company_ids
        )
        return named or config.company_id._mixpay_managers()

    # === THE MESSAGE === #

    def _send(self):
        """Queue the message for each reader, in their language."""
        self.company_id._mixpay_mail(self.user_ids.partner_id, self._composed)

    def _composed(self, env):
        """Return subject and body, in the language of an environment."""
        own = self.with_env(env)
        shop = own.pos_config_id.name
        day = format_date(env, own.day)
        subject = env._("MixPay at %(shop)s on %(day)s", shop=shop, day=day)
        if own.review_count:
            count = own.review_count
            subject = env._("%(subject)s: %(count)s to review", subject=subject, count=count)
        return subject, Markup("<p>%s</p><ul>%s</ul>") % (own._greeting(), own._items())

    def _greeting(self):
        if not self.review_count:
            return self.env._("All is well: nothing waits for a decision.")
        return self.env._(
            "No money is lost, but somebody must decide: in the Point of Sale, under Orders, MixPay"
            " to Review."
        )

    def _items(self):
        _ = self.env._
        begins, ends = (
            " ".join(periods.shown(moment, self.company_id._mixpay_tz()))
            for moment in (self.begins_at, self.ends_at)
        )
        nothing = _("nothing")
        lines = [
            _("From %(begins)s to %(ends)s", begins=begins, ends=ends),
            _(
                "Sold: %(amounts)s (payments: %(count)s)",
                amounts=self.sold_text or nothing,
                count=self.sold_count,
            ),
            _("Settled: %s", self.settled_text or nothing),
            _("Paid, not settled so far: %s", self.unsettled_count),
            _("To review: %s", self.review_count),
            *self._named(),
        ]
        return Markup("").join(Markup("<li>%s</li>") % line for line in lines)

    def _named(self):
        """Return a line for each of the first payments that wait for a decision."""
        payments = self.env["mixpay.payment"].search(
            self._review_domain(self.pos_config_id), limit=MOST_NAMED
        )
        return [self.env["mixpay.presenter"]._summary_or_id(payment) for payment in payments]


def _amounts(amounts):
    """Return amounts by their units as people read them."""
    return ", ".join(
        f"{facts.number(amount):f} {unit}" for unit, amount in sorted((amounts or {}).items())
    )
