"""Which payment a register's line goes on with when it comes up again. Nothing starts here."""

from odoo import models


class MixpayResumption(models.AbstractModel):
    """Which payment a register's line goes on with when it comes up again. Nothing starts here."""

    _name = "mixpay.resumption"
    _description = "How a register goes on with a MixPay payment"

    def _find_for_line(self, payment_uuid, session):
        """Return the payment that a line waits for; empty for none, or one without a code so far.

        A line comes up again after a reload, on another register, in a later session, or in another
        order than it was in. So it is found by its own UUID. A payment that was given up stays so.

        :param str payment_uuid: UUID of the payment line
        :param session: open `pos.session` that the caller may use
        """
        payment = (
            self.env["mixpay.payment"]
            .search(
                [("payment_uuid", "=", payment_uuid), ("company_id", "=", session.company_id.id)],
                order="id desc",
                limit=1,
            )
            .sudo()
        )
        if not payment or payment._needs_link():
            return payment.browse()
        is_awaited = not (payment._is_final() or payment.is_abandoned or payment.covered_at)
        # What another Point of Sale began stays there.
        is_ours = payment.pos_config_id == session.config_id and payment.pos_session_id != session
        if is_awaited and is_ours:
            payment.write({"pos_session_id": session.id})
        return payment
