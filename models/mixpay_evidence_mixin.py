"""Records that are evidence: written by the server alone, and kept for ever."""

from ast import literal_eval

from lxml import etree
from markupsafe import Markup

from odoo import api, models
from odoo.exceptions import UserError
from odoo.tools import SQL

from .mixpay_defaults_mixin import as_server

# Nobody follows such a record, and no message tells of its creation: that would slow down sales.
SILENT = {"mail_create_nosubscribe": True, "mail_create_nolog": True, "tracking_disable": True}


class MixpayEvidenceMixin(models.AbstractModel):
    """Refuses deletion, whoever asks for it; removing the addon removes its tables."""

    _name = "mixpay.evidence.mixin"
    _description = "Records that are kept for ever"

    # Texts that several records have in common. Any other names one record, or is a secret.
    _grouped_texts = frozenset()

    @api.model
    def fields_get(self, allfields=None, attributes=None):
        """Offer people to group by what makes groups: no identifiers, tokens or sentences."""
        found = super().fields_get(allfields, attributes)
        for name, description in found.items():
            is_text = self._fields[name].type == "char"
            if is_text and name not in self._grouped_texts and "groupable" in description:
                description["groupable"] = False
        return found

    @api.model
    def get_view(self, view_id=None, view_type="form", **options):
        """Offer no link to what the user may not read: accountants see shops and sessions by name.

        Core offers them all, and they end in an access error.
        """
        view = super().get_view(view_id, view_type, **options)
        arch = etree.fromstring(view["arch"])
        for node in arch.xpath("//field[not(ancestor::field)]"):
            field = self._fields.get(node.get("name"))
            is_link = field is not None and field.type == "many2one"
            if is_link and not self._may_open(field.comodel_name):
                node.set("options", _without_link(node.get("options") or "{}"))
        return {**view, "arch": etree.tostring(arch, encoding="unicode")}

    def _may_open(self, model_name):
        """Tell whether the user may open records of a model."""
        # Forms of the Point of Sale show shops, also that of payment methods, which bookkeepers
        # may read.
        shown = {"pos.config"} if model_name.startswith("pos.") else set()
        return all(self.env[name].has_access("read") for name in {model_name} | shown)

    @api.ondelete(at_uninstall=False)
    def _unlink_never(self):
        label = self.env["ir.model"]._get(self._name).name
        raise UserError(
            self.env._("%s: this is evidence. It is kept for ever and cannot be deleted.", label)
        )

    def _lock(self, nowait=False):
        """Lock these records' rows and read them afresh.

        :param bool nowait: whether to fail at once where somebody else has them
        :raises SerializationFailure: when it was changed since this transaction began; callers
            repeat, or Odoo does, so it is not logged as an error
        :raises LockNotAvailable: when somebody else has them
        """
        self.flush_recordset()
        self.env.cr.execute(
            SQL(
                "SELECT id FROM %s WHERE id = ANY(%s) ORDER BY id FOR UPDATE %s",
                SQL.identifier(self._table),
                self.ids,
                SQL("NOWAIT") if nowait else SQL(),
            ),
            log_exceptions=False,
        )
        self.invalidate_recordset()

    def _have_done(self, users, texts, kind="todo"):
        """Put what is to be done about this record onto people's lists, in their languages.

        :param users: `res.users` whose lists they are
        :param texts: function of this record, in a reader's language, that returns summary and
            note; whatever somebody typed is escaped in a note, unless it is `Markup`
        :param str kind: of Odoo's types of activities: "todo" or "warning"
        """
        for user in users:
            # Their mails are queued: a mail server that hangs must not hold a till, or a callback.
            context = {"lang": user.lang or "en_US", "mail_notify_force_send": False}
            own = as_server(self).with_context(**context)
            summary, note = texts(own)
            own.activity_schedule(
                f"mail.mail_activity_data_{kind}",
                user_id=user.id,
                summary=summary,
                note=Markup.escape(note),
            )
        mail_job = self.env.ref("mail.ir_cron_mail_scheduler_action", raise_if_not_found=False)
        if users and mail_job:
            mail_job.sudo()._trigger()

    def _end_activities(self):
        """Take what was to be done about these records off people's lists."""
        self.env["mail.activity"].sudo().search(
            [("res_model", "=", self._name), ("res_id", "in", self.ids)]
        ).unlink()


def _without_link(options):
    """Return a field's options with its link taken away; as they are where they are no literal.

    Another addon's view may have what only a browser evaluates.
    """
    try:
        return str({**literal_eval(options), "no_open": True})
    except (ValueError, SyntaxError, TypeError):
        return options
