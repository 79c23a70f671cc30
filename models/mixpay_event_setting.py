"""Changes of what decides about money: on record, mailed, and on the next session's report."""

from markupsafe import Markup

from odoo import api, fields, models

from .. import locales

CHANGES = ("setting_changed", "method_changed", "payee_proposed", "payee_agreed")
CREATED, DELETED = "created", "deleted"


class MixpayEvent(models.Model):
    _inherit = "mixpay.event"

    summary = fields.Char(string="What Happened", compute="_compute_summary")

    @api.depends("kind", "data", "user_id", "actor", "create_date", "payment_method_id")
    @api.depends_context("lang")
    def _compute_summary(self):
        for event in self:
            event.summary = event._in_words()

    # === BUSINESS METHODS === #

    @api.model
    def _record_changes(self, kind, changes, *, method=None, company=None, moment=None):
        """Keep changes of settings, and mail them to the people concerned.

        :param str kind: one of `CHANGES`
        :param changes: (name of the field or parameter, old value, new value), as JSON values
        :param method: `pos.payment.method` they belong to, None for the whole database
        :param company: `res.company`, None for that of the method, if any
        :param datetime moment: when a payee takes effect
        :rtype: mixpay.event
        """
        events_sudo = self.sudo()
        for setting, old, new in changes:
            data = {"setting": setting, "old": old, "new": new}
            if method:
                data["method"] = method.name
            if moment:
                data["effective_at"] = fields.Datetime.to_string(moment)
            company = company or (method.company_id if method else None)
            events_sudo |= self._record(kind, company=company, method=method, data=data)
        # While modules are being installed nobody has changed anything.
        if self.env.registry.ready:
            events_sudo._mail_changes()
        return events_sudo

    def _mail_changes(self):
        """Mail these changes to administrators and to the POS managers of their company."""
        company = self.company_id
        users = company._mixpay_managers() | company._mixpay_administrators()

        def compose(env):
            events_sudo = self.with_env(env).sudo()
            items = Markup("").join(
                Markup("<li>%s</li>") % event._in_words() for event in events_sudo
            )
            subject = env._("MixPay: settings were changed")
            if "payee_proposed" in events_sudo.mapped("kind"):
                subject = env._("MixPay: a new payee was set up")
            return subject, Markup("<ul>%s</ul>") % items

        if self:
            (company or self.env.company)._mixpay_mail(users.partner_id, compose)

    @api.model
    def _since(self, session):
        """Return the changes that concern a session: made since the one before it was opened."""
        before_sudo = (
            self.env["pos.session"]
            .sudo()
            .search(
                [("config_id", "=", session.config_id.id), ("id", "<", session.id)],
                order="id desc",
                limit=1,
            )
        )
        domain = [
            ("kind", "in", CHANGES),
            ("company_id", "in", (False, session.company_id.id)),
        ]
        # Whoever sells may write when sessions were closed: then rather too much is shown.
        if before_sudo.stop_at:
            is_likely = before_sudo.stop_at <= session.create_date
            since = before_sudo.stop_at if is_likely else before_sudo.create_date
            domain.append(("create_date", ">=", since))
        if session.stop_at:
            domain.append(("create_date", "<=", max(session.stop_at, session.write_date)))
        return self.sudo().search(domain)

    # === IN WORDS === #

    def _in_words(self):
        """Return what happened, as one line of plain text in the reader's language."""
        self.ensure_one()
        if self.kind in CHANGES:
            return self._change_in_words()
        kinds = dict(self._fields["kind"]._description_selection(self.env))
        # MixPay's answer as it came is long: last, so that a list shows the others.
        found = sorted((self.data or {}).items(), key=lambda detail: detail[0] == "answer")
        details = [f"{name}: {_plain(value)}" for name, value in found if value]
        return " · ".join([kinds[self.kind], self.actor or self.user_id.name, *details])

    def _change_in_words(self):
        data = self.data or {}
        setting, old, new = (data.get(name) for name in ("setting", "old", "new"))
        words = {
            "user": self.actor or self.user_id.name,
            "setting": self._setting_label(setting),
            "old": self._shown_value(setting, old),
            "new": self._shown_value(setting, new),
            "method": data.get("method") or "",
            "date": self._moment_text(self.create_date),
        }
        if self.kind == "payee_proposed":
            words["moment"] = self._moment_text(
                fields.Datetime.to_datetime(data.get("effective_at"))
            )
        return self._change_sentence(setting, words["method"]) % words

    def _change_sentence(self, setting, method):
        """Return the sentence about a change, with names in it that stand for its values.

        :param str setting: what was changed, as the event names it
        :param str method: the name of its payment method; empty for none
        """
        if setting == CREATED:
            text = self.env._("%(user)s created the payment method “%(new)s” on %(date)s (UTC).")
        elif setting == DELETED:
            text = self.env._("%(user)s deleted the payment method “%(old)s” on %(date)s (UTC).")
        elif self.kind == "payee_proposed":
            text = self.env._(
                "%(user)s wrote the new payee “%(new)s” (so far “%(old)s”) on %(date)s (UTC),"
                " %(method)s. It takes effect on %(moment)s (UTC), or as soon as another manager of"
                " the Point of Sale agrees to it in the payment method's form."
            )
        elif self.kind == "payee_agreed":
            text = self.env._(
                "%(user)s agreed to the payee “%(new)s”, written by %(old)s, on %(date)s (UTC),"
                " %(method)s. It is in effect."
            )
        elif method:
            text = self.env._(
                "%(user)s changed %(setting)s from “%(old)s” to “%(new)s” on %(date)s (UTC)"
                " (%(method)s)."
            )
        else:
            text = self.env._(
                "%(user)s changed %(setting)s from “%(old)s” to “%(new)s” on %(date)s (UTC)."
            )
        return text

    def _moment_text(self, moment):
        """Return a moment in the reader's language, and in UTC: one mail goes to several people."""
        return locales.moment(self.env, moment, "UTC") if moment else ""

    def _setting_label(self, setting):
        """Return what people call a field of the payment method; a parameter's name as it is."""
        field = self._setting_field(setting)
        return field._description_string(self.env) if field else setting or ""

    def _setting_field(self, setting):
        """Return which field of a payment method or a company a setting is; None for none."""
        models_ = (self.env["pos.payment.method"], self.env["res.company"])
        return next((m._fields[setting] for m in models_ if setting in m._fields), None)

    def _shown_value(self, setting, value):
        if isinstance(value, bool):
            return self.env._("yes") if value else self.env._("no")
        field = self._setting_field(setting)
        if value and field and field.type == "selection":
            return dict(field._description_selection(self.env)).get(value, value)
        return "" if value is None else str(value)


def _plain(value):
    """Return a JSON value as people write it: no quotes, no brackets, nothing that is empty."""
    if isinstance(value, dict):
        return ", ".join(f"{name} {_plain(part)}" for name, part in value.items() if part)
    if isinstance(value, list):
        return ", ".join(map(_plain, value))
    return str(value)
