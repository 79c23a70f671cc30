from markupsafe import Markup

from odoo import models


class ResCompany(models.Model):
    _inherit = "res.company"

    def _mixpay_managers(self):
        """Return the users who decide about money in this company's Points of Sale."""
        return self._mixpay_users("point_of_sale.group_pos_manager")

    def _mixpay_administrators(self):
        """Return the users who are told of changes to where money goes; no company: of all."""
        return self._mixpay_users("base.group_system")

    def _mixpay_users(self, group):
        users = self.env.ref(group).sudo().all_user_ids
        return users.filtered(
            lambda user: user.active and not user.share and self <= user.company_ids
        ).sorted("name")

    def _mixpay_remind(self, payments):
        """Remind this company's managers of payments that wait for a decision.

        :param payments: `mixpay.payment` of this company
        """
        lines = Markup("").join(Markup("<li>%s</li>") % p._summary_or_id() for p in payments)
        intro = self.env._(
            "These MixPay payments wait for a decision. You find them in the Point of Sale,"
            " under Orders, MixPay to Decide."
        )
        self._mixpay_mail(
            self._mixpay_managers(),
            self.env._("%(count)s MixPay payments to decide about", count=len(payments)),
            Markup("<p>%s</p><ul>%s</ul>") % (intro, lines),
        )

    def _mixpay_mail(self, users, subject, body):
        """Queue one mail to users of this company.

        :param users: `res.users`
        :param str subject: plain text
        :param Markup body: HTML
        """
        self.ensure_one()
        if users:
            self.env["mail.mail"].sudo().create(
                {
                    "subject": subject,
                    "body_html": body,
                    "recipient_ids": [(6, 0, users.partner_id.ids)],
                    "email_from": self.email_formatted or self.env.user.email_formatted,
                    "auto_delete": True,
                }
            )
