"""Records whose values come from their own code alone."""

from odoo import SUPERUSER_ID, api, models


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


def as_server(records):
    """Return records in the server's own environment, to create what people are told with.

    Every user may save defaults of their own for any model, and they hold for all that is created
    under that login, by the superuser's rights, too: with some an activity would be archived when
    it is created, a mail cancelled, a message read. A request's context can do the same.
    """
    context = {
        name: value
        for name, value in records.env.context.items()
        if name == "lang" or name.startswith("mixpay_")
    }
    return records.with_env(records.env(user=SUPERUSER_ID, context=context, su=True))


def as_login(records):
    """Return records with the superuser's rights, in the name of the login that is at work.

    Of the context, which a browser may have sent, only the login's own language is left.
    """
    context = {"lang": records.env.user.lang or "en_US"}
    return records.with_env(records.env(context=context, su=True))
