"""Where the sale of a payment goes on: in another order, or in another session."""

from odoo import models

from ..core_values import created


class MixpayMove(models.AbstractModel):
    """Where the sale of a payment goes on: in another order, or in another session.

    Two devices may serve one table: the server makes one order of theirs, and the payment lines of
    the second go into the first one's. A payment follows its line there. It does so while the order
    is a draft, and it is put on record: what a browser says of an order that is paid moves nothing.
    """

    _name = "mixpay.move"
    _description = "MixPay payments whose sale goes on elsewhere"

    def _follow_line(self, payments, line):
        """Have those of these payments that a line of a draft was made for follow it there.

        :param line: `pos.payment` whose UUID is the payments'
        """
        order = line.pos_order_id
        for payment in payments.filtered(lambda p: p._line_uuid() == line.uuid):
            if payment._is_for_order(order.uuid) or not self._may_follow(payment, order):
                continue
            data = {
                "order": order.pos_reference or order.display_name,
                "from": payment._order_uuid(),
                "to": order.uuid,
            }
            payment._move_to_order(order.uuid)
            self.env["mixpay.event"]._record("order_moved", payment=payment, data=data)

    def _may_follow(self, payment, order):
        """Tell whether a payment may pay this order, into which its line has moved: money rule 4.

        Never a stranger's, nor one that would be paid by it after its own has ended. Where its own
        is a draft, that has the line no more: the UUIDs of lines are unique in the database, so the
        write that brings a line into an order is the one that takes it from the other.
        """
        if order.state != "draft" or not payment._is_movable():
            return False
        if payment.company_id != order.company_id:
            return False
        if not self._are_one_shop(payment.pos_config_id, order.config_id):
            return False
        former_sudo = self.env["pos.order"].sudo().search([("uuid", "=", payment._order_uuid())])
        if not former_sudo and not self._holds_what_was_sent(payment, order):
            return False
        partners = former_sudo.partner_id | order.partner_id
        return all(other.state == "draft" for other in former_sudo) and len(partners) <= 1

    def _holds_what_was_sent(self, payment, order):
        """Tell whether the order that came along with a payment has become part of this one.

        Where core makes one order of two it takes over the products, too. Another order, which
        only has a line of the payment's UUID, is a stranger's.
        """
        sent = payment.order_data
        lines = sent.get("lines") if isinstance(sent, dict) else None
        uuids = {uuid for values in created(lines) if isinstance(uuid := values.get("uuid"), str)}
        return not uuids or not uuids.isdisjoint(order.lines.mapped("uuid"))

    def _are_one_shop(self, config, other):
        """Tell whether these Points of Sale are one, or share their open orders."""
        if config == other:
            return True
        return other in config.trusted_config_ids or config in other.trusted_config_ids

    def _with_lines(self, payments):
        """Return those of these payments whose own line is saved, in whatever order; one search."""
        lines_sudo = self.env["pos.payment"].sudo()
        found = lines_sudo.search_fetch([("uuid", "in", payments.mapped("payment_uuid"))], ["uuid"])
        saved = set(found.mapped("uuid"))
        return payments.filtered(lambda p: p.payment_uuid in saved)

    def _draft_order(self, payment):
        """Return the unpaid order on the server that this payment is for; empty for none."""
        return self.env["pos.order"].search(
            [
                ("uuid", "=", payment._order_uuid()),
                ("state", "=", "draft"),
                ("company_id", "=", payment.company_id.id),
            ],
            limit=1,
        )

    def _with_draft_orders(self, payments):
        """Return those of these payments whose order is unpaid on the server; in one search.

        A line may be in another order than the payment was asked for, see `_follow_line`.
        """
        drafts = self.env["pos.order"].search(
            [
                ("state", "=", "draft"),
                "|",
                ("uuid", "in", [payment._order_uuid() for payment in payments]),
                ("payment_ids.uuid", "in", [payment._line_uuid() for payment in payments]),
            ]
        )
        known = {(order.uuid, order.company_id) for order in drafts}
        known |= {(line.uuid, line.company_id) for line in drafts.payment_ids}
        return payments.filtered(
            lambda p: (p._order_uuid(), p.company_id) in known
            or (p._line_uuid(), p.company_id) in known
        )

    def _continue_in(self, payments, session):
        """Have the sales of these payments go on in a session of their Point of Sale.

        What is paid is finished there by the job, also when the order has waited for weeks.
        """
        own = payments.filtered(lambda p: p.pos_config_id == session.config_id)
        own.write({"pos_session_id": session.id})
        # Also of a shop that shares its orders: the order is here now.
        for payment in payments.filtered(lambda p: p._is_accepted() and not p.is_abandoned):
            payment.write({"finish_at": payment._now().replace(microsecond=0)})
