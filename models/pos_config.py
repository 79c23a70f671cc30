from contextlib import contextmanager

from odoo import api, models

from ..core_values import IS_MIXPAY


class PosConfig(models.Model):
    _inherit = "pos.config"

    @api.model_create_multi
    def create(self, vals_list):
        with self._mixpay_methods_followed():
            return super().create(vals_list)

    def write(self, vals):
        if "payment_method_ids" not in vals:
            return super().write(vals)
        with self._mixpay_methods_followed():
            return super().write(vals)

    def unlink(self):
        with self._mixpay_methods_followed():
            return super().unlink()

    def _register_hook(self):
        """Defer what may be paid before a kiosk's session is closed, for which drafts are deleted.

        Kiosks come with another module, whose method calls no super and may be loaded after this
        addon. So the complete class of the registry gets a method that calls that one, if there is
        one.
        """
        super()._register_hook()
        config_class = self.env.registry[self._name]
        if not hasattr(config_class, "action_close_kiosk_session"):
            return

        def action_close_kiosk_session(configs):
            configs.current_session_id._mixpay_defer_orders()
            return super(config_class, configs).action_close_kiosk_session()

        config_class.action_close_kiosk_session = action_close_kiosk_session

    def _unregister_hook(self):
        config_class = self.env.registry[self._name]
        if "action_close_kiosk_session" in vars(config_class):
            del config_class.action_close_kiosk_session
        return super()._unregister_hook()

    @contextmanager
    def _mixpay_methods_followed(self):
        """Record which MixPay methods come into, and out of, which Point of Sale meanwhile.

        The other side of this relation is followed where payment methods are written.
        """
        methods_sudo = self.env["pos.payment.method"].sudo().with_context(active_test=False)
        methods_sudo = methods_sudo.search(IS_MIXPAY)
        before = {method: method._mixpay_config_names() for method in methods_sudo}
        yield
        methods_sudo.invalidate_recordset(["config_ids"])
        for method, names in before.items():
            method._mixpay_record_settings({"config_ids": names})
