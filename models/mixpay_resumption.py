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
        payment_sudo = (
            self.env["mixpay.payment"]
            .search(
                [("payment_uuid", "=", payment_uuid), ("company_id", "=", session.company_id.id)],
                order="id desc",
                limit=1,
            )
            .sudo()
        )
        if not payment_sudo or payment_sudo._needs_link():
            return payment_sudo.browse()
        is_awaited = not (
            payment_sudo._is_final() or payment_sudo.is_abandoned or payment_sudo.covered_at
        )
        # What another Point of Sale began stays there.
        is_ours = (
            payment_sudo.pos_config_id == session.config_id
            and payment_sudo.pos_session_id != session
        )
        if is_awaited and is_ours:
            payment_sudo.write({"pos_session_id": session.id})
        return payment_sudo
