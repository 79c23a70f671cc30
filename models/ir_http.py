from odoo import models


class IrHttp(models.AbstractModel):
    _inherit = "ir.http"

    @classmethod
    def _get_translation_frontend_modules_name(cls):
        """The customer display is a public page, and speaks a language of its own."""
        return [*super()._get_translation_frontend_modules_name(), "pos_mixpay"]
