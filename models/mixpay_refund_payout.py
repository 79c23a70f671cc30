"""What approvers and managers do about a refund in coins, in the back office: money rule 8."""

from odoo import models
from odoo.exceptions import AccessError, UserError

from ..mixpay import clean, money, refunds
from ..mixpay.refunds import APPROVED, ASKED, PAID, PENDING, REFUSED
from .mixpay_approval import DEVICE
from .mixpay_defaults_mixin import as_login

MAX_SOURCE = 200


class MixpayRefund(models.Model):
    _inherit = "mixpay.refund"

    # === APPROVERS === #

    def action_approve(self):
        """Approve this refund, in the name of the user who is logged in.

        :raises AccessError: for the login that asked, and for who may not approve
        """
        refund = self._for_approver()
        requests = refund.env["mixpay.refund.request"]
        requests._approve(refund, DEVICE, self.env.user.name, self.env.user)

    def action_refuse(self):
        """Refuse this refund: its order cannot be finished with it.

        :raises AccessError: for the login that asked, and for who may not approve
        """
        refund = self._for_approver()
        refund.write({"state": REFUSED})
        refund._record("refused")
        refund._end_activities()

    def _for_approver(self):
        """Return this refund, locked, with the server's rights, for who may decide about it."""
        self.ensure_one()
        self.check_access("read")
        user, refund = self.env.user, as_login(self)
        refund._lock()
        if user == refund.user_id:
            raise AccessError(
                self.env._(
                    "This login has asked for the refund itself. Approve it with another login, or"
                    " with an approval code at the till."
                )
            )
        if not refund.env["mixpay.approver"]._may_approve(user, refund):
            raise AccessError(self.env._("You are not responsible for this shop and amount."))
        refund.env["mixpay.refund.request"]._check_state(refund, ASKED)
        return refund

    # === MANAGERS === #

    def _for_manager(self, *states):
        """Return this refund, locked, with the server's rights, for the managers of its company."""
        self.ensure_one()
        self.check_access("read")
        refund = as_login(self)
        if self.env.user not in refund.company_id._mixpay_managers():
            raise AccessError(self.env._("Only managers of the Point of Sale pay out refunds."))
        refund._lock()
        refund.env["mixpay.refund.request"]._check_state(refund, *states)
        return refund

    def action_ask_address(self):
        """Forget the customer's address, so that they can enter another one.

        :raises AccessError: for all but managers
        """
        refund = self._for_manager(*PENDING)
        refund._record("address dropped", address=refund.address or "")
        refund.write({"asset_id": False, "address": False, "memo": False, "address_by": False})

    def _pay(self, units, rate, source, moment, txid):
        """Record that a manager has sent the coins.

        :param str units: how many coins, as decimal text
        :param str rate: what one coin was worth, in the order's currency, as decimal text
        :param str source: whose rate it is
        :param moment: when it held, UTC
        :param str txid: the transaction on the chain
        :raises AccessError: for all but managers
        :raises UserError: where the refund is not ready, or coins and rate are not its amount
        """
        refund = self._for_manager(APPROVED)
        if not (refund.covered_at and refund.address):
            raise UserError(
                self.env._(
                    "Its order is not finished at the register, or the customer has entered no"
                    " address so far. Nothing is to be paid out yet."
                )
            )
        self._check_worth(refund, units, rate)
        if not (moment and clean.text(source)):
            raise UserError(self.env._("Say whose rate it is, and when it held."))
        refund.write(
            {
                "state": PAID,
                "units": money.plain(units),
                "rate": money.plain(rate),
                "rate_unit": f"{refund.currency_id.name} per 1 {refund.asset_id.symbol}",
                "rate_source": clean.text(source, MAX_SOURCE),
                "rate_at": moment,
                "txid": self._checked_txid(refund, txid),
                "paid_at": self.env.cr.now(),
                "paid_by_id": self.env.uid,
            }
        )
        refund._store_evidence()
        refund._record("paid out", units=refund.units, txid=refund.txid)
        refund._end_activities()
        refund.env["mixpay.booking"]._add_refund(refund)

    def _check_worth(self, refund, units, rate):
        coins, value = money.parse_or_none(units), money.parse_or_none(rate)
        if not coins or not value or not refunds.is_worth(coins, value, refund._exact_amount()):
            raise UserError(
                self.env._(
                    "Coins and rate do not make %(amount)s: send no more than was paid, and no"
                    " less. Write both as plain numbers, as in 12.345678.",
                    amount=refund.currency_id.format(refund.amount),
                )
            )

    def _checked_txid(self, refund, txid):
        found = refunds.txid(txid)
        known = {text.lower() for text in refund.payment_ids.transfer_ids.mapped("txid")}
        known |= {text.lower() for text in refund.payment_ids.mapped("txid") if text}
        others = refund.search_count([("txid", "=ilike", found)]) if found else 0
        if not found or others or found.lower() in known:
            raise UserError(
                self.env._(
                    "Enter the transaction with which the coins were sent, as your wallet shows"
                    " it. Each refund has one of its own."
                )
            )
        return found
