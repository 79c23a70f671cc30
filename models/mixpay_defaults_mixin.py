"""Records whose values come from their own code alone."""

from odoo import api, models


class MixpayDefaultsMixin(models.AbstractModel):
    """Takes no default values from outside."""

    _name = "mixpay.defaults.mixin"
    _description = "Records without defaults from outside"

    @api.model
    def default_get(self, fields_list):  # pylint: disable=method-required-super
        """Return this code's own defaults only.

        Others come from the context of a request, or from what users saved for themselves: with
        `state` among them, a payment would begin as paid.
        """
        defaults = {}
        for name in fields_list:
            field = self._fields.get(name)
            if field and field.default:
                value = field.convert_to_cache(field.default(self), self, validate=False)
                defaults[name] = field.convert_to_write(value, self)
        return defaults
