from markupsafe import Markup

from odoo import fields, models
from odoo.exceptions import UserError

from .mixpay_defaults_mixin import as_server


class ResCompany(models.Model):
    _inherit = "res.company"

    mixpay_code_enabled = fields.Boolean(
        string="Approval Codes at Tills",
        default=True,
        help="Approvers may type a code of their own at a till, where it can be watched.",
    )
    mixpay_code_max_amount = fields.Monetary(
        string="Most a Code Approves",
        default=500.0,
        help="In one use at a till. Beyond it, approvers decide on their own devices.",
    )
    mixpay_code_max_daily = fields.Monetary(
        string="Most a Code Approves a Day",
        default=2000.0,
        help="At all tills within 24 hours.",
    )

    def _mixpay_check_codes_enabled(self):
        """Check that approval codes are used at this company's tills.

        :raises UserError: else
        """
        if not self.mixpay_code_enabled:
            raise UserError(
                self.env._("Approval codes are not used at tills here. Ask for approval instead.")
            )

    def _mixpay_managers(self):
        """Return the users who decide about money in this company's Points of Sale."""
        return self._mixpay_users("point_of_sale.group_pos_manager")

    def _mixpay_administrators(self):
        """Return the users who are told of changes to where money goes; of all companies without
        one."""
        return self._mixpay_users("base.group_system")

    def _mixpay_users(self, group):
        users_sudo = self.env.ref(group).sudo().all_user_ids
        return users_sudo.filtered(
            lambda user: user.active and not user.share and self <= user.company_ids
        ).sorted("name")

    def _mixpay_mail(self, partners, compose):
        """Queue mails to people, to each in their language, with this transaction.

        :param partners: `res.partner`; those without an address are left out
        :param compose: function of an environment in the reader's language, which returns subject
            and text; what is not `Markup` is plain, whatever a cashier has written into it
        """
        company = self[:1] or self.env.company
        readers_sudo = partners.sudo().filtered("email")
        for lang, of_lang in readers_sudo.grouped("lang").items():
            context = {"lang": lang or self.env.user.lang or "en_US"}
            env = self.env(context=context, su=True)
            subject, text = compose(env)
            as_server(env["mail.mail"]).create(
                {
                    "subject": " ".join(subject.split()),
                    "body_html": text if isinstance(text, Markup) else Markup("<p>%s</p>") % text,
                    "recipient_ids": [(6, 0, of_lang.ids)],
                    "email_from": company.email_formatted or self.env.user.email_formatted,
                    "auto_delete": True,
                }
            )
        if readers_sudo:
            # Not sent here: a mail server that hangs must not hold a till.
            self.env.ref("mail.ir_cron_mail_scheduler_action").sudo()._trigger()
