"""What approvers and managers do about a refund in coins, in the back office: money rule 8."""

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from .. import locales
from ..mixpay import clean, money, refunds
from ..mixpay.refunds import APPROVED, ASKED, OTHERWISE, PAID, PENDING, REFUSED
from .mixpay_approval import DEVICE
from .mixpay_defaults_mixin import as_login

MAX_SOURCE = 200
# What a manager plans, and fixes by starting to pay.
PLANNED = ("units", "rate", "rate_unit", "rate_source", "rate_at")


class MixpayRefund(models.Model):
    _inherit = "mixpay.refund"

    payer_id = fields.Many2one(
        "res.users",
        string="Being Paid Out By",
        readonly=True,
        copy=False,
        ondelete="restrict",
        help="Only this manager records its payment, unless another one takes it over.",
    )
    payer_since = fields.Datetime(string="Being Paid Out Since", readonly=True, copy=False)
    given_back_how = fields.Char(
        string="Given Back Another Way",
        readonly=True,
        copy=False,
        help="Not in coins, although its order is finished: how and why, in a manager's words.",
    )
    can_decide = fields.Boolean(compute="_compute_can_decide")

    # === APPROVERS === #

    @api.depends("state")
    @api.depends_context("uid")
    def _compute_can_decide(self):
        user = self.env.user
        for refund in self:
            is_open = refund.state == ASKED
            refund.can_decide = is_open and not as_login(refund)._why_not_approver(user)

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
        refund._record_step("refused")
        refund._end_activities()
        refund._notify_shop()

    def _for_approver(self):
        """Return this refund, locked, with the server's rights, for who may decide about it."""
        self.ensure_one()
        self.check_access("read")
        user, refund = self.env.user, as_login(self)
        refund._lock()
        problem = refund._why_not_approver(user)
        if problem:
            raise AccessError(problem)
        refund.env["mixpay.refund.request"]._check_state(refund, ASKED)
        return refund

    def _why_not_approver(self, user):
        """Return in words why a user may not decide about this refund; empty when they may."""
        if user == self.user_id:
            return self.env._(
                "This login has asked for the refund itself. Approve it with another login, or"
                " with an approval code at the till."
            )
        if not self.env["mixpay.approver"]._may_approve(user, self):
            return self.env._("You are not responsible for this shop and amount.")
        return ""

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

    def _check_nobody_pays(self, *but):
        """Check that no manager is paying this refund out: coins may be on their way.

        :param but: `res.users` who may be
        :raises UserError: else, with who it is
        """
        if self.payer_id and self.payer_id not in but:
            raise UserError(
                self.env._(
                    "%(name)s has been paying this refund out since %(since)s, and may have sent"
                    " the coins already. Ask them, and look into the wallet. Only then press “Take"
                    " Over”, or “Nothing Was Sent”.",
                    name=self.payer_id.name,
                    since=locales.moment(self.env, self.payer_since),
                )
            )

    def action_ask_address(self):
        """Forget the customer's address, so that they can enter another one.

        :raises AccessError: for all but managers
        :raises UserError: while somebody is paying it out
        """
        refund = self._for_manager(*PENDING)
        refund._check_nobody_pays()
        refund._record_step("address dropped", address=refund.address or "")
        refund.write({"asset_id": False, "address": False, "memo": False, "address_by": False})

    def _start(self, units, rate, source, moment, shown):
        """Have the manager who is logged in pay this refund out, and nobody else meanwhile.

        From now on coin, network, address and number of coins are fixed.

        :param str units: how many coins, as decimal text
        :param str rate: what one coin is worth, in the order's currency, as decimal text
        :param str source: whose rate it is
        :param moment: when it held, UTC
        :param dict shown: the fields that the manager has seen, with their values
        :raises AccessError: for all but managers
        :raises UserError: where the refund is not ready, another manager pays it out, it is not
            what was shown, or coins and rate are not its amount
        """
        refund = self._for_manager(APPROVED)
        refund._check_nobody_pays(self.env.user)
        self._check_finished(refund, has_address=bool(refund.address))
        self._check_shown(refund, shown)
        self._check_worth(refund, units, rate)
        if not (moment and clean.text(source)):
            raise UserError(self.env._("Say whose rate it is, and when it held."))
        refund.write(
            {
                "units": money.plain(units),
                "rate": money.plain(rate),
                "rate_unit": f"{refund.currency_id.name} per 1 {refund.asset_id.symbol}",
                "rate_source": clean.text(source, MAX_SOURCE),
                "rate_at": moment,
                **self._as_payer(),
            }
        )
        refund._record_step("payout started", units=refund.units, address=refund.address)

    def _as_payer(self):
        return {"payer_id": self.env.uid, "payer_since": self.env.cr.now()}

    def action_take_over(self):
        """Have the manager who is logged in go on with what another one has started to pay.

        :raises AccessError: for all but managers
        """
        refund = self._for_manager(APPROVED)
        if refund.payer_id and refund.payer_id != self.env.user:
            refund._record_step("payout taken over", instead_of=refund.payer_id.name)
            refund.write(self._as_payer())

    def action_stop(self):
        """Note that the manager who is logged in has started to pay, and has sent nothing.

        :raises AccessError: for all but managers
        :raises UserError: while another manager is paying it out
        """
        refund = self._for_manager(APPROVED)
        refund._check_nobody_pays(self.env.user)
        if refund.payer_id:
            refund._record_step("nothing was sent")
            refund.write(dict.fromkeys((*PLANNED, "payer_id", "payer_since"), False))

    def _pay(self, txid, shown):
        """Record that the manager who started to pay this refund has sent the coins.

        :param str txid: the transaction on the chain
        :param dict shown: the fields that the manager has seen, with their values
        :raises AccessError: for all but managers
        :raises UserError: where another manager pays it out, or it is not what was shown
        """
        refund = self._for_manager(APPROVED)
        refund._check_nobody_pays(self.env.user)
        self._check_shown(refund, {**shown, "payer_id": self.env.user})
        refund.write(
            {
                "state": PAID,
                "txid": self._checked_txid(refund, txid),
                **self._as_paid(),
            }
        )
        refund._store_evidence()
        refund._record_step("paid out", units=refund.units, txid=refund.txid)
        refund._have_booked()

    def _as_paid(self):
        return {"paid_at": self.env.cr.now(), "paid_by_id": self.env.uid}

    def _have_booked(self):
        self._end_activities()
        self.env["mixpay.booking"]._add_payout_entry(self)

    def _give_back_otherwise(self, reason):
        """Record that a manager has given the money of a finished order back, and not in coins.

        :param str reason: how, and why, in the manager's words
        :raises AccessError: for all but managers
        :raises UserError: where somebody is paying it out, or it is not to be paid out
        """
        reason = self.env["mixpay.approval.decision"]._checked_reason(reason)
        refund = self._for_manager(APPROVED)
        refund._check_nobody_pays()
        self._check_finished(refund)
        refund.write({"state": OTHERWISE, "given_back_how": reason, **self._as_paid()})
        refund._record_step("given back another way", reason=reason)
        refund._have_booked()

    def _check_finished(self, refund, *, has_address=True):
        """Check that the money of a refund is to be given back by now.

        :raises UserError: else
        """
        if not (refund.covered_at and has_address):
            raise UserError(
                self.env._(
                    "Its order is not finished at the register, or the customer has entered no"
                    " address so far. Nothing is to be paid out yet."
                )
            )

    def _check_shown(self, refund, shown):
        """Check that a refund is what a manager has seen of it: coins are sent there by hand.

        :raises UserError: else
        """
        if any((refund[name] or "") != (value or "") for name, value in shown.items()):
            raise UserError(
                self.env._(
                    "This refund was changed since it was shown here: coin, address, number of"
                    " coins, or who pays it out. Nothing was recorded. Send nothing more, and open"
                    " the refund again; if you have sent coins, compare it with your wallet first."
                )
            )

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
