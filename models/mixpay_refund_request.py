"""Asking for a refund in coins, at a register: what is given back, who approves, where it goes."""

from datetime import timedelta

from odoo import api, models
from odoo.exceptions import UserError

from ..mixpay import refunds
from ..mixpay.refunds import APPROVED, ASKED, CANCELLED, COUNTED, PENDING
from .mixpay_approval import GRANTED
from .mixpay_approver import USER
from .mixpay_code_attempt import TILL
from .mixpay_defaults_mixin import as_login

REGISTER = "register"
CUSTOMER = "customer"
# How often refunds are asked for within an hour: of one order, and at one register.
MOST_OF_ORDER = 5
MOST_OF_REGISTER = 20


class MixpayRefundRequest(models.AbstractModel):
    """What registers, and customers on their page, say about a refund. All of it is hostile."""

    _name = "mixpay.refund.request"
    _description = "MixPay refunds that are asked for"

    # === ASKING === #

    @api.model
    def _request_payout(self, line, reason):
        """Ask for the payout of a line that gives money back; the same line gives the same again.

        :param line: `pos.payment` of a draft, below zero, that the caller may use
        :param str reason: in the cashier's words
        :rtype: mixpay.refund
        :raises UserError: in words for the cashier
        """
        reason = self.env["mixpay.approval.decision"]._checked_reason(reason)
        own, line = as_login(self), as_login(line)
        found = own.env["mixpay.refund"]._of_lines(line)
        return found or own._create_request(line, reason)

    def _create_request(self, line, reason):
        records, order = self.env["mixpay.refund"], line.pos_order_id
        original = self._checked_original(line)
        payments = records._originals(original, line.payment_method_id)
        records._lock_originals(payments)
        self._check_not_too_often(order, original)
        self._check_amount(line, original, payments)
        refund = records._create_payout(
            {
                "company_id": order.company_id.id,
                "currency_id": line.currency_id.id,
                "amount": -line.amount,
                "payment_method_id": line.payment_method_id.id,
                "pos_config_id": order.config_id.id,
                "pos_order_id": order.id,
                "order_name": order._mixpay_name(),
                "payment_uuid": line.uuid,
                "original_order_id": original.id,
                "payment_ids": [(6, 0, payments.ids)],
                "reason": reason,
                "user_id": self.env.uid,
            }
        )
        refund._record_step("asked", reason=reason)
        self._have_approved(refund)
        return refund

    def _checked_original(self, line):
        """Return the order that is refunded, where its money can be given back in coins.

        :rtype: pos.order
        :raises UserError: else
        """
        original = self.env["mixpay.refund"]._of_order(line.pos_order_id)
        for is_wrong, text in self._problems(line, original):
            if is_wrong:
                raise UserError(text)
        return original

    def _problems(self, line, original):
        """Return what may keep a line from giving coins back: pairs of whether it does, and why."""
        order, method, _ = line.pos_order_id, line.payment_method_id, self.env._
        is_own = original.company_id == order.company_id
        others = self.env["mixpay.refund"]._of_orders(order, COUNTED)
        return [
            (
                not method.mixpay_refunds or method.mixpay_test_mode,
                _("This payment method gives no money back in coins. Use another one."),
            ),
            (
                order.state != "draft" or line.currency_id.compare_amounts(line.amount, 0) >= 0,
                _("Coins are given back for a refund that is not finished yet."),
            ),
            (
                not (original and is_own and original.currency_id == line.currency_id),
                _(
                    "Coins are given back only for products that are taken back from one paid"
                    " order. Find the order by its receipt, and refund it from there."
                ),
            ),
            (
                others,
                _(
                    "This order gives coins back already. Set that line to the whole amount, or"
                    " give the rest back another way."
                ),
            ),
        ]

    def _check_not_too_often(self, order, original):
        """Check that asking has bounds: each asking gives those responsible something to do.

        :raises UserError: else
        """
        records = self.env["mixpay.refund"]
        since = self.env.cr.now() - timedelta(hours=1)
        for about, most in (
            (("original_order_id", "=", original.id), MOST_OF_ORDER),
            (("pos_config_id", "=", order.config_id.id), MOST_OF_REGISTER),
        ):
            if records.search_count([about, ("create_date", ">", since)]) < most:
                continue
            raise UserError(
                self.env._(
                    "Refunds in coins were asked for too often, for this order or at this register."
                    " Give the money back another way, or try again in an hour."
                )
            )

    def _check_amount(self, line, original, payments):
        """Check that no more is given back than MixPay has brought, over all refunds.

        :raises UserError: else
        """
        records, currency = self.env["mixpay.refund"], line.currency_id
        left = 0.0
        if payments:
            left = max(float(records._left(original, payments, line.pos_order_id)), 0.0)
        if currency.compare_amounts(-line.amount, left) > 0:
            raise UserError(
                self.env._(
                    "Of the order %(order)s, %(left)s can be given back in coins: no more than was"
                    " paid with this method, less what was given back or is about to be. Set the"
                    " line to that amount, and give the rest back another way.",
                    order=original._mixpay_name(),
                    left=currency.format(left),
                )
            )
        line.pos_order_id._mixpay_check_gives_no_change()

    # === APPROVAL === #

    def _have_approved(self, refund):
        """Tell those who may approve it, except for the login that asks."""
        approvers = self.env["mixpay.approver"]
        users = approvers._users_to_ask(refund.company_id, refund.pos_config_id, refund)
        refund.write({"asked_user_ids": [(6, 0, users.ids)]})
        refund._have_done(
            users,
            lambda own: (own.env._("MixPay: approve a refund, %s", own.display_name), own.reason),
        )

    @api.model
    def _approve_payout_at_till(self, refund, kind, approver_id, code):
        """Check an approver's code, typed at a till, and approve a refund: money rule 8.

        :param str kind: USER or APPROVER: what the id is of
        :param code: what was typed
        :raises UserError: when the code is wrong, or approves nothing here
        """
        own, refund = as_login(self), as_login(refund)
        approvers = own.env["mixpay.approver"]
        person = approvers._checked_person(refund, kind, approver_id)
        own._check_state(refund, ASKED)
        amount = approvers._amount_in_company(refund)
        own.env["mixpay.code"]._of(person)._prove(code, refund.payment_ids, TILL, amount)
        refund._lock()
        # While the code was compared, somebody may have removed this approver, or changed a limit.
        person = approvers._checked_person(refund, kind, approver_id)
        own._check_state(refund, ASKED)
        user = person if kind == USER else person.user_id
        approval = own._approve(refund, TILL, person.name, user)
        own.env["mixpay.approval.notification"]._mail_use(approval, person)
        return approval

    @api.model
    def _approve(self, refund, channel, name, user):
        """Note on a locked refund that it was approved, and by whom; return the approval.

        :param str name: of who approved
        :param user: `res.users` who approved, empty for people without a login
        """
        approval = self.env["mixpay.approval"]._add_payout_approval(refund, channel)
        approval._note_outcome(GRANTED, name, user, has_effect=True)
        approval._record_approval("approval_granted")
        refund.write({"state": APPROVED, "approval_id": approval.id})
        refund._end_activities()
        refund._notify_shop()
        return approval

    def _check_state(self, refund, *states):
        if refund.state not in states:
            raise UserError(
                self.env._(
                    "This refund is not open for that any more: %(state)s.",
                    state=dict(refund._fields["state"]._description_selection(self.env))[
                        refund.state
                    ],
                )
            )

    # === WHERE IT GOES === #

    @api.model
    def _assets(self, refund):
        """Return the coins, each on its network, that a customer may choose.

        What the shop has in its wallet comes first; then what the customer has sent.
        """
        ids = refund.payment_ids.mapped("payment_asset_id")
        sent = [asset_id.lower() for asset_id in ids if asset_id]
        found_sudo = self.env["mixpay.asset"].sudo().search([("asset_id", "in", sent)])
        offered_sudo = refund.payment_method_id.sudo().mixpay_settlement_asset_id | found_sudo
        return offered_sudo.filtered(lambda asset: asset.active and asset.network)

    @api.model
    def _set_address(self, refund, asset_id, address, memo, is_confirmed, by):
        """Note where the customer wants the coins.

        :param asset_id: id of one of `_assets`
        :param is_confirmed: True where the customer has confirmed coin and network
        :param str by: REGISTER or CUSTOMER
        :raises UserError: in words for who entered it
        """
        lang = refund.env.lang  # of a customer's page
        own, refund = as_login(self).with_context(lang=lang), as_login(refund)
        refund._lock()
        own._check_state(refund, *PENDING)
        is_own = by == refund.address_by == REGISTER
        is_open = not refund.address or (is_own and not refund.covered_at)
        if not is_open:
            raise UserError(
                self.env._("An address was entered already. Ask the shop if it is to be changed.")
            )
        asset = own._assets(refund).filtered(lambda one: one.id == asset_id)
        refund.write(
            {
                "asset_id": asset.id,
                **own._checked_address(refund, asset, address, memo, is_confirmed),
                "address_by": by,
                "address_user_id": self.env.uid if by == REGISTER else False,
                "address_at": self.env.cr.now(),
            }
        )
        refund._record_step("address entered", by=by, coin=asset.display_name)

    def _checked_address(self, refund, asset, address, memo, is_confirmed):
        """Return address and memo as they are kept.

        :raises UserError: where the network is not confirmed, or it cannot be an address there
        """
        if not asset or is_confirmed is not True:
            raise UserError(
                self.env._(
                    "Choose coin and network, and confirm that the address is on that network:"
                    " coins that are sent over another one are lost."
                )
            )
        try:
            found = refunds.address(address, asset.network)
            values = {"address": found, "memo": refunds.memo(memo)}
        except refunds.AddressError as error:
            raise UserError(
                self.env._(
                    "This is no address of %(asset)s. Open “Receive” in the customer's wallet,"
                    " choose this coin and network, and scan or copy the address from there.",
                    asset=asset.display_name,
                )
            ) from error
        if self._is_of_sale(refund, found):
            raise UserError(
                self.env._(
                    "This comes from the payment of the sale. Coins are never sent back to where"
                    " they came from, which may be an exchange's. Enter an address of the"
                    " customer's own wallet."
                )
            )
        return values

    def _is_of_sale(self, refund, found):
        """Tell whether a text is on record with the transfers of the sale."""
        payments = refund.payment_ids
        records = [*payments, *payments.transfer_ids]
        texts = [text for one in records for text in (one.txid, one.explorer_url) if text]
        return any(found.lower() in text.lower() for text in texts)

    # === GIVING IT UP === #

    @api.model
    def _cancel_payout(self, refund):
        """Cancel a refund whose order is not paid yet.

        :raises UserError: for others
        """
        refund = as_login(refund)
        refund._lock()
        self._check_state(refund, *PENDING)
        if refund.covered_at:
            raise UserError(
                self.env._("Its order is finished, so this refund is paid out in coins.")
            )
        refund.write({"state": CANCELLED})
        refund._record_step("cancelled")
        refund._end_activities()
        refund._notify_shop()
