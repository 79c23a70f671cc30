"""Changes to where the money goes: logged, mailed, and shown on the next session's report."""

from markupsafe import Markup

from odoo import api, fields, models
from odoo.exceptions import UserError


class MixpayChange(models.Model):
    """One change of a payee, a coin or an address, from what to what and by whom."""

    _name = "mixpay.change"
    _description = "MixPay settings change"
    _order = "id desc"
    _log_access = False

    create_date = fields.Datetime(string="Date", required=True, default=fields.Datetime.now)
    user_id = fields.Many2one("res.users", required=True, ondelete="restrict")
    company_id = fields.Many2one("res.company", help="Empty when it holds for all companies.")
    payment_method_id = fields.Many2one("pos.payment.method", ondelete="set null")
    name = fields.Char(string="Setting", required=True)
    old_value = fields.Char()
    new_value = fields.Char()

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        raise UserError(self.env._("Changes of MixPay's settings are kept for ever."))

    @api.model
    def _record(self, name, old, new, method=None):
        """Keep a change, and mail it to the administrators it concerns.

        :param str name: of the setting
        :param str old: its value before, empty for none
        :param str new: its value now, empty for none
        :param method: `pos.payment.method` it belongs to, None for the whole database
        """
        if (old or "") == (new or ""):
            return
        change = self.sudo().create(
            {
                "user_id": self.env.uid,
                "company_id": method.company_id.id if method else False,
                "payment_method_id": method.id if method else False,
                "name": name,
                "old_value": old or "",
                "new_value": new or "",
            }
        )
        company = change.company_id or self.env.company
        company._mixpay_mail(
            change.company_id._mixpay_administrators(),
            self.env._("MixPay: %s was changed", name),
            Markup("<p>%s</p>") % change._in_words(),
        )

    def _in_words(self):
        """Return what was changed, by whom and when, as plain text."""
        self.ensure_one()
        return self.env._(
            "%(user)s changed %(setting)s from “%(old)s” to “%(new)s” on %(date)s (UTC)%(method)s.",
            user=self.user_id.name,
            setting=self.name,
            old=self.old_value,
            new=self.new_value,
            date=fields.Datetime.to_string(self.create_date),
            method=f" ({self.payment_method_id.name})" if self.payment_method_id else "",
        )

    @api.model
    def _since(self, session):
        """Return the changes that concern a session: made since the one before it was opened."""
        before = (
            self.env["pos.session"]
            .sudo()
            .search(
                [("config_id", "=", session.config_id.id), ("id", "<", session.id)],
                order="id desc",
                limit=1,
            )
        )
        domain = [("company_id", "in", (False, session.company_id.id))]
        if before.stop_at:
            domain.append(("create_date", ">=", before.stop_at))
        if session.stop_at:
            domain.append(("create_date", "<=", session.stop_at))
        return self.sudo().search(domain)
