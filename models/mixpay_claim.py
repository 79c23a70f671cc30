"""The address that a slip's code leads to: whose payment it is about, and no other."""

from odoo import models
from odoo.tools.misc import consteq, hmac

SCOPE = "pos_mixpay.claim"
# Hexadecimal digits of the token: 128 bits, which nobody guesses, in a code that scans well.
TOKEN_LENGTH = 32
PATH = "/pos_mixpay/claim"


class MixpayClaim(models.AbstractModel):
    """The address that a slip's code leads to.

    Its token is made of the trace id and the database's secret: nothing is stored, every payment
    has one, a copy of the database has others, and a wrong one is refused without a look at any
    record.
    """

    _name = "mixpay.claim"
    _description = "Pages of MixPay payments that no sale has"

    def _url(self, trace_id):
        """Return the address of the page about a payment.

        :param str trace_id: of the payment
        """
        return f"{self.get_base_url()}{PATH}/{trace_id}/{self._token(trace_id)}"

    def _token(self, trace_id):
        return hmac(self.env(su=True), SCOPE, trace_id)[:TOKEN_LENGTH]

    def _find(self, trace_id, token):
        """Return the payment that an address is about; empty where anything is wrong with it.

        :param str trace_id: from the address; hostile
        :param str token: from the address; hostile
        :rtype: mixpay.payment
        """
        payments = self.env["mixpay.payment"].sudo()
        # Encoded: what is not ASCII cannot be compared as text.
        if not consteq(self._token(trace_id).encode(), token.encode()):
            return payments.browse()
        return payments.search([("trace_id", "=", trace_id)])
