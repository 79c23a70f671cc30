"""Telling people of approvals: those who are asked, and those whose code was used: money rule 8."""

import logging

from markupsafe import Markup
from psycopg2 import errors as pg_errors

from odoo import api, models

from .. import texts
from ..transactions import own_transaction
from .mixpay_approval import REQUEST_MINUTES
from .mixpay_code_attempt import TILL
from .mixpay_defaults_mixin import as_login, as_server

_logger = logging.getLogger(__name__)


class MixpayApproval(models.Model):
    """How core sends the messages of an approval."""

    _inherit = "mixpay.approval"

    def _notify_get_recipients_for_extra_notifications(
        self, message, recipients_data, msg_vals=False
    ):
        """Push to all who are notified: core leaves out those who get mails, and the author."""
        return {r["id"] for r in recipients_data if r["active"] and r["id"]}

    def _notify_thread_by_email(self, message, recipients_data, **kwargs):
        """Send no mail where one is sent anyway, with the decision's own transaction."""
        if self.env.context.get("mixpay_is_mailed"):
            return True
        return super()._notify_thread_by_email(message, recipients_data, **kwargs)


class MixpayApprovalNotification(models.AbstractModel):
    """Sends messages, pushes, activities and mails, to each reader in their language."""

    _name = "mixpay.approval.notification"
    _description = "MixPay approval notifications"

    # === THOSE WHO ARE ASKED === #

    @api.model
    def _notify_asked(self, approval):
        """Tell those who may decide: message, web push, and an activity. Once.

        The request stands already, whatever comes of this, so errors are logged and not raised;
        the next request for the payment tries again.

        :param approval: `mixpay.approval`, a request
        """
        if approval.notified_at or not approval._is_open():
            return
        env = as_login(approval).env
        try:
            with own_transaction(approval.with_env(env), keeps_login=True) as own:
                if self._is_mine_to_notify(own):
                    self._send_request(own)
                    own.write({"notified_at": own.env.cr.now()})
        except pg_errors.SerializationFailure:
            return  # another till that asked for the same has notified in this very moment
        except Exception:  # pylint: disable=broad-exception-caught
            # Mail servers, push services and other modules' notifications may raise anything.
            _logger.exception("MixPay approval %s: nobody could be notified", approval.id)

    @api.model
    def _is_mine_to_notify(self, approval):
        """Tell whether nobody has notified, or is at it; hold the record if so."""
        approval.env.cr.execute(
            """
            SELECT 1 FROM mixpay_approval
             WHERE id = %s AND notified_at IS NULL
               FOR UPDATE SKIP LOCKED
            """,
            [approval.id],
            log_exceptions=False,
        )
        return bool(approval.env.cr.fetchone())

    @api.model
    def _send_request(self, approval):
        for lang, users in approval.asked_user_ids.grouped("lang").items():
            readable = as_server(approval).with_context(lang=lang or "en_US")
            subject, body = self._request_texts(readable)
            self._send(readable, users.partner_id, subject, body)
            for user in users:
                # The message is sent already: no second one about the activity.
                readable.with_context(mail_activity_quick_update=True).activity_schedule(
                    "mail.mail_activity_data_todo", user_id=user.id, summary=subject, note=body
                )

    @api.model
    def _request_texts(self, approval):
        """Return subject (plain) and body (HTML) of what approvers are sent, in their language."""
        _ = approval.env._
        payment = approval.payment_id
        amount = payment.currency_id.format(payment.amount)
        funds = texts.coins(payment.env, payment)
        subject = _("MixPay: your approval is needed for %(amount)s", amount=amount)
        lines = [
            (_("What"), approval._selection_text("action")),
            (_("Amount"), amount),
            (_("Order"), payment.order_name or ""),
            (_("Point of Sale"), approval.pos_config_id.name or ""),
            (_("Payment state"), texts.label(payment)),
            (_("Received"), funds or _("nothing so far")),
            (_("Asked by"), approval.user_id.name),
            (_("Reason"), f"“{approval.reason}”"),
            (_("Attention"), texts.warning(payment.env, payment)),
        ]
        hint = _(
            "Decide within %(minutes)s minutes on the page of this request.",
            minutes=REQUEST_MINUTES,
        )
        return subject, _as_html(lines, hint)

    # === THE OWNER OF A CODE === #

    @api.model
    def _mail_use(self, approval, person):
        """Mail to a code's owner what it was used for, with the decision's own transaction.

        :param approval: `mixpay.approval`, decided by code
        :param person: `res.users` or `mixpay.approver`
        """
        company = approval.company_id
        partners = person.partner_id
        if person._name != "res.users":
            # Who has no login has this mail alone, and others may write a contact's address.
            partners |= company._mixpay_managers().partner_id
        company._mixpay_mail(
            partners, lambda env: self._use_texts(approval.with_env(env), person.with_env(env))
        )

    @api.model
    def _notify_owner(self, approval):
        """Send the message and push that a code was used; the mail is on its way already.

        Called once the decision is committed.
        """
        owner = approval.approver_user_id
        if not owner or approval.channel != TILL:
            return
        context = {"lang": owner.lang or "en_US", "mixpay_is_mailed": True}
        env = self.env(context=context, su=True)
        try:
            with own_transaction(approval.with_env(env), keeps_login=True) as own:
                owner = own.approver_user_id
                self._send(own, owner.partner_id, *self._use_texts(own, owner))
        except Exception:  # pylint: disable=broad-exception-caught
            # As in `_notify_asked`; and what was approved stays approved.
            _logger.exception("MixPay approval %s: its owner could not be notified", approval.id)

    @api.model
    def _use_texts(self, approval, person):
        """Return subject (plain) and body (HTML) of what a code's owner is told, in their language.

        :param person: `res.users` or `mixpay.approver`
        """
        _ = approval.env._
        subject_of = approval._subject()
        amount = subject_of.currency_id.format(subject_of.amount)
        subject = _(
            "MixPay: the approval code of %(name)s was used for %(amount)s",
            name=person.name,
            amount=amount,
        )
        till = approval.create_uid  # another may have asked for what is approved
        effect = _("yes") if approval.has_effect else _("no: the payment had changed or ended")
        lines = [
            (_("What"), approval._selection_text("action")),
            (_("Had an effect"), effect),
            (_("Amount"), amount),
            (_("Order"), subject_of.order_name or ""),
            (_("Point of Sale"), approval.pos_config_id.name or ""),
            (_("Login at the till"), f"{till.name} ({till.login})"),
            (_("Reason"), f"“{approval.reason}”"),
        ]
        return subject, _as_html(lines, self._revoke_hint(approval, person))

    @api.model
    def _revoke_hint(self, approval, person):
        _ = approval.env._
        if person._name != "res.users":
            return _("If this was not you, tell a manager at once, who will revoke your code.")
        code = approval.env["mixpay.code"]._of(person)
        return Markup('%s <a href="%s">%s</a>') % (
            _("If this was not you:"),
            f"{approval.get_base_url()}{code._revoke_path()}",
            _("revoke my code at once"),
        )

    # === SENDING === #

    @api.model
    def _send(self, approval, partners, subject, body):
        """Send a message about an approval to people: inbox or mail, and web push."""
        as_server(approval).message_notify(
            partner_ids=partners.ids,
            subject=" ".join(subject.split()),
            body=body,
            author_id=approval.env.ref("base.partner_root").id,
            model_description=approval.env._("MixPay approval"),
            force_send=False,  # a mail server that hangs must not hold a till
        )
        approval.env.ref("mail.ir_cron_mail_scheduler_action").sudo()._trigger()


def _as_html(lines, hint):
    """Return labels with their texts as a list, and a hint below; all texts are escaped.

    :param lines: pairs of label and text; those without a text are left out
    """
    items = Markup("").join(
        Markup("<li>%s: %s</li>") % (label, text) for label, text in lines if text
    )
    return Markup("<ul>%s</ul><p>%s</p>") % (items, hint)
