from functools import partial

from markupsafe import Markup

from odoo import fields, models

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
        self._mixpay_mail_each(self._mixpay_managers(), partial(self._mixpay_reminder, payments))

    def _mixpay_reminder(self, payments, env):
        """Return subject and body of a reminder, in the language of an environment."""
        readable = payments.with_env(env).sudo()
        lines = [Markup("<li>%s</li>") % payment._summary_or_id() for payment in readable]
        intro = env._(
            "These MixPay payments wait for a decision. You find them in the Point of Sale,"
            " under Orders, MixPay to Review."
        )
        subject = env._("%(count)s MixPay payments to decide about", count=len(payments))
        return subject, Markup("<p>%s</p><ul>%s</ul>") % (intro, Markup("").join(lines))

    def _mixpay_mail_each(self, users, compose):
        """Queue mails to users of this company, to each in their own language.

        :param users: `res.users`
        :param compose: function of an environment, which returns subject and body
        """
        for lang, readers in users.grouped("lang").items():
            company = self.with_context(lang=lang or "en_US")
            company._mixpay_mail(readers, *compose(company.env))

    def _mixpay_mail(self, users, subject, body):
        """Queue one mail to users of this company.

        :param users: `res.users`
        :param str subject: plain text
        :param Markup body: HTML
        """
        self.ensure_one()
        if users:
            as_server(self.env["mail.mail"]).create(
                {
                    "subject": subject,
                    "body_html": body,
                    "recipient_ids": [(6, 0, users.partner_id.ids)],
                    "email_from": self.email_formatted or self.env.user.email_formatted,
                    "auto_delete": True,
                }
            )

    def _mixpay_mail_partners(self, partners, texts):
        """Mail something to people, each in their language, as soon as this transaction is over.

        :param partners: `res.partner`; those without an address are left out
        :param texts: function of an environment in the reader's language, which returns subject
            and text; both plain, whatever a cashier has written into them
        """
        company = self[:1] or self.env.company
        mails = self.env["mail.mail"].sudo()
        for partner in partners.sudo().filtered("email"):
            env = self.env(context={"lang": partner.lang or self.env.user.lang}, su=True)
            subject, text = texts(env)
            mails |= as_server(mails.with_env(env)).create(
                {
                    "subject": " ".join(subject.split()),
                    "body_html": text if isinstance(text, Markup) else Markup("<p>%s</p>") % text,
                    "recipient_ids": [(6, 0, partner.ids)],
                    "email_from": company.email_formatted or self.env.user.email_formatted,
                    "auto_delete": True,
                }
            )
        if mails:
            # Not sent here: a mail server that hangs must not hold a till.
            self.env.ref("mail.ir_cron_mail_scheduler_action").sudo()._trigger()
