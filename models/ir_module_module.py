from odoo import models

MODULE = "pos_mixpay"


class IrModuleModule(models.Model):
    _inherit = "ir.module.module"

    def button_uninstall(self):
        modules = self | self.downstream_dependencies()
        result = super().button_uninstall()
        modules._mixpay_check_uninstall()
        return result

    def module_uninstall(self):
        self._mixpay_check_uninstall()
        return super().module_uninstall()

    def _mixpay_check_uninstall(self):
        """Check that these modules may go, be it that this one is among those that depend on them.

        :raises UserError: while customers' payments are open
        """
        if MODULE in self.mapped("name"):
            self.env["mixpay.uninstall"]._check()
