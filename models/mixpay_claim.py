"""The address that a slip's code leads to: whose payment it is about, and no other."""

from odoo import models
from odoo.tools.misc import consteq, hmac

SCOPE = "pos_mixpay.claim"
REFUND_SCOPE = "pos_mixpay.refund"
# Hexadecimal digits of the token: 128 bits, which nobody guesses, in a code that scans well.
TOKEN_LENGTH = 32
PATH = "/pos_mixpay/claim"
REFUND_PATH = "/pos_mixpay/refund"


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

    def _find(self, trace_id, token):
        """Return the payment that an address is about; empty where anything is wrong with it.

        :param str trace_id: from the address; hostile
        :param str token: from the address; hostile
        :rtype: mixpay.payment
        """
        payments = self.env["mixpay.payment"].sudo()
        if not self._is_token(token, trace_id):
            return payments.browse()
        return payments.search([("trace_id", "=", trace_id)])

    def _find_refund(self, reference, token):
        """Return the refund that an address is about; empty where anything is wrong with it.

        :param str reference: from the address; hostile
        :param str token: from the address; hostile
        :rtype: mixpay.refund
        """
        refunds = self.env["mixpay.refund"].sudo()
        if not self._is_token(token, reference, REFUND_SCOPE):
            return refunds.browse()
        return refunds.search([("reference", "=", reference)])
