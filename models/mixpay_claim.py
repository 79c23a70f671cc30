"""The address that a slip's code leads to, and the language that its customer reads."""

from odoo import api, fields, models
from odoo.tools import SQL
from odoo.tools.misc import consteq, hmac

from .. import locales

SCOPE = "pos_mixpay.claim"
REFUND_SCOPE = "pos_mixpay.refund"
# Hexadecimal digits of the token: 128 bits, which nobody guesses, in a code that scans well.
TOKEN_LENGTH = 32
PATH = "/pos_mixpay/claim"
REFUND_PATH = "/pos_mixpay/refund"
# Of the customer whom the payment's order names, and of the shop.
_LANGUAGES = """
    SELECT payment.id, customer.lang, shop.lang
      FROM mixpay_payment AS payment
      JOIN res_company AS company ON company.id = payment.company_id
      JOIN res_partner AS shop ON shop.id = company.partner_id
 LEFT JOIN pos_order ON pos_order.uuid = coalesce(payment.moved_order_uuid, payment.order_uuid)
 LEFT JOIN res_partner AS customer ON customer.id = pos_order.partner_id
     WHERE payment.id = ANY(%s)
"""


class MixpayPayment(models.Model):
    """The languages of a payment's customer."""

    _inherit = "mixpay.payment"

    customer_languages = fields.Json(string="Language", compute="_compute_customer_languages")

    @api.depends("order_uuid", "moved_order_uuid")
    def _compute_customer_languages(self):
        """Set two codes: of the contact whom the order names, and of the shop; None for none.

        For all at once, in one query: a register may be shown many.
        """
        self.env["pos.order"].flush_model(["partner_id"])
        self.env["res.partner"].flush_model(["lang"])
        found = self.env.execute_query(SQL(_LANGUAGES, self.ids))
        languages = {payment_id: codes for payment_id, *codes in found}
        for payment in self:
            payment.customer_languages = languages.get(payment.id)


class MixpayClaim(models.AbstractModel):
    """The address that a slip's code leads to, and the language that its customer reads.

    The address's token is made of the trace id and the database's secret: nothing is stored, every
    payment has one, a copy of the database has others, and a wrong one is refused without a look at
    any record.
    """

    _name = "mixpay.claim"
    _description = "Pages of MixPay payments that no sale has"

    def _url(self, trace_id):
        """Return the address of the page about a payment.

        :param str trace_id: of the payment
        """
        return f"{self.get_base_url()}{PATH}/{trace_id}/{self._token(trace_id)}"

    def _refund_url(self, reference):
        """Return the address of the page about a refund in coins.

        :param str reference: of the refund
        """
        return (
            f"{self.get_base_url()}{REFUND_PATH}/{reference}/{self._token(reference, REFUND_SCOPE)}"
        )

    def _token(self, name, scope=SCOPE):
        return hmac(self.env(su=True), scope, name)[:TOKEN_LENGTH]

    def _is_token(self, token, name, scope=SCOPE):
        # Encoded: what is not ASCII cannot be compared as text.
        return consteq(self._token(name, scope).encode(), token.encode())

    def _find_payment(self, trace_id, token):
        """Return the payment that an address is about; empty where anything is wrong with it.

        :param str trace_id: from the address; hostile
        :param str token: from the address; hostile
        :rtype: mixpay.payment
        """
        payments_sudo = self.env["mixpay.payment"].sudo()
        if not self._is_token(token, trace_id):
            return payments_sudo.browse()
        return payments_sudo.search([("trace_id", "=", trace_id)])

    def _language(self, payment, *, accepted=None):
        """Return the code of the language that a payment's customer reads, of those that Odoo has.

        It is that of the contact whom the order names; of anybody else what they accept, or else
        the shop's.

        :param payment: the record; empty for none
        :param str accepted: a code, such as of what a browser asks for
        """
        own, shop = payment.customer_languages or (None, self.env.company.sudo().partner_id.lang)
        installed = [code for code, _name in self.env["res.lang"].sudo().get_installed()]
        wanted = (own, accepted, shop, "en_US", *installed)
        return next(code for code in wanted if code in installed)

    def _moment(self, payment, at):
        """Return a moment by the shop's clock, which it names, in this environment's language.

        :param datetime at: in UTC
        """
        company_sudo = self.env["mixpay.payment"].sudo().browse(payment.id).company_id
        tz = company_sudo._mixpay_tz()
        return f"{locales.moment(self.env, at, tz)} ({tz})"

    def _find_refund(self, reference, token):
        """Return the refund that an address is about; empty where anything is wrong with it.

        :param str reference: from the address; hostile
        :param str token: from the address; hostile
        :rtype: mixpay.refund
        """
        refunds_sudo = self.env["mixpay.refund"].sudo()
        if not self._is_token(token, reference, REFUND_SCOPE):
            return refunds_sudo.browse()
        return refunds_sudo.search([("reference", "=", reference)])
