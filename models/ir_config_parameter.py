import re

from odoo import api, models

# All of ours decide about money or about how much MixPay is asked; so does whether this is a copy.
PREFIX = "pos_mixpay."
NEUTRALIZED = "database.is_neutralized"
_SECRET = re.compile(r"secret|token|password|private|pepper|salt", re.IGNORECASE)
_LOGIN_IN_URL = re.compile(r"//[^/@]*@")
MASKED = "•••"
SHOWN_LENGTH = 200


class IrConfigParameter(models.Model):
    _inherit = "ir.config_parameter"

    @api.model_create_multi
    def create(self, vals_list):
        params = super().create(vals_list)
        params._mixpay_record_params({})
        return params

    def write(self, vals):
        old = {param: (param.key, param.value) for param in self}
        result = super().write(vals)
        self._mixpay_record_params(old)
        return result

    @api.ondelete(at_uninstall=False)
    def _unlink_mixpay_log(self):
        changes = [
            (param.key, _shown(param.key, param.value), "") for param in self._mixpay_on_record()
        ]
        self._mixpay_record_changes(changes)

    def _mixpay_on_record(self):
        return self.filtered(lambda param: _is_on_record(param.key))

    def _mixpay_record_params(self, old):
        """Record which parameters have changed.

        :param dict old: parameter → (key, value) before; missing when it is new
        """
        changes = []
        for param in self:
            old_key, old_value = old.get(param, (param.key, ""))
            if old_key != param.key:  # renamed: one is gone, and another is there
                changes.append((old_key, old_value, ""))
                changes.append((param.key, "", param.value))
            elif old_value != param.value:
                changes.append((param.key, old_value, param.value))
        self._mixpay_record_changes(
            [
                (key, _shown(key, before), _shown(key, after))
                for key, before, after in changes
                if _is_on_record(key)
            ]
        )

    def _mixpay_record_changes(self, changes):
        if changes:
            self.env["mixpay.event"]._record_changes("setting_changed", changes)


def _is_on_record(key):
    return key.startswith(PREFIX) or key == NEUTRALIZED


def _shown(key, value):
    """Return a value for people: cut, and without what is secret."""
    if value and _SECRET.search(key):
        return MASKED
    return _LOGIN_IN_URL.sub(f"//{MASKED}@", value or "")[:SHOWN_LENGTH]
