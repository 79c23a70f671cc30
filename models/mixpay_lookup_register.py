"""Traces that only a register knows, or a customer shows there: MixPay is asked about them."""

from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError

from .. import texts
from ..core_values import IS_MIXPAY, OPEN_SESSION_STATES
from ..mixpay import clean, ids, priority
from ..transactions import commit, own_transaction
from .mixpay_lookup import (
    ASKED_AGAIN,
    FOREIGN,
    FOUND,
    LOOKUP_TIMEOUT,
    TAKEN,
    UNANSWERED,
    UNHEARD,
    UNKNOWN,
    WAITING,
)

# At most so many traces of one session are looked up, and of a company within an hour: each costs a
# call that the whole shop shares.
MOST_OF_SESSION = 5
MOST_OF_REGISTERS_PER_HOUR = 60
# So long a register waits at most until it may ask about a trace once more.
LONGEST_PAUSE = timedelta(minutes=1)


class MixpayLookup(models.Model):
    """What a register has MixPay asked about, after a restored backup or for a customer."""

    _inherit = "mixpay.lookup"

    @api.model
    def _check_before_code(self, session, method, payment_uuid, order_name, traces):
        """Ask MixPay about traces that only the register knows, before it makes another code.

        What is found is taken onto the list. It pays nothing by itself: whoever is at a register
        can send any trace. Ends the transaction where there is something to ask.

        :param session: checked `pos.session`
        :param method: checked `pos.payment.method`
        :param str payment_uuid: the payment line for which a code is wanted
        :param traces: whatever the register sent along
        :raises UserError: when there is money already, or MixPay cannot be asked: the customer must
            not pay twice
        """
        open_payments = self._payments_of(session, payment_uuid, traces).filtered(
            lambda payment: not payment._is_final()
        )
        lookups = self._of_register(session, method, payment_uuid, order_name, traces)
        if lookups:
            lookups._ask_for_register(priority.CREATE)
        if open_payments:
            commit(self.env)
            open_payments.env["mixpay.sync"]._sync(
                open_payments, priority.CALLED, timeout=LOOKUP_TIMEOUT
            )
        self._check_no_money(session, payment_uuid, traces)
        if lookups.filtered(lambda lookup: lookup.state in UNHEARD):
            raise UserError(
                self.env._(
                    "MixPay cannot be asked at the moment whether the customer has paid this"
                    " already. No new code was made, so that nobody pays twice. Try again in a"
                    " minute, or take the sale another way."
                )
            )

    @api.model
    def _note_unknown(self, traces, session_id=0):
        """Have the job ask about traces that the user's register named, and that this server lacks.

        :param traces: UUIDs of payments, known ones among them
        :param int session_id: in which the register sells, whoever opened it; where a page is older
            than that and names none, the user's own counts
        """
        named = ("id", "=", session_id) if session_id else ("user_id", "=", self.env.uid)
        domain = [named, ("state", "in", OPEN_SESSION_STATES)]
        session = self.env["pos.session"].search(domain, limit=1)
        self._of_register(session, self._method(session), "", "", traces)

    def _method(self, session):
        """Return whose address counts where no method is named; empty for none.

        That is MixPay's own, unless all of them are in test mode.
        """
        methods = session.config_id.payment_method_ids.filtered_domain(IS_MIXPAY)
        return methods.sorted("mixpay_test_mode")[:1]

    @api.model
    def _look_up_for_register(self, session, trace_id):
        """Ask MixPay about a trace that a customer shows at a register; ends the transaction.

        What is this shop's is taken onto the list, where a manager decides about it.

        :param session: checked `pos.session`
        :return: what MixPay says; empty for a payment of this database, and after too many
        :rtype: mixpay.lookup
        """
        lookup = self._of_register(session, self._method(session), "", "", [trace_id])
        if lookup:
            # Nobody waits for a code by that: it takes no call that these could need.
            lookup._ask_for_register(priority.POLL)
        return lookup or self.sudo().search(
            [("pos_session_id", "=", session.id), ("trace_id", "=", trace_id)], limit=1
        )

    def _ask_for_register(self, kind):
        """Have MixPay asked about those of these traces that a register may ask about now.

        :param str kind: of call, see `priority`
        """
        commit(self.env)  # what was recorded just now is in no snapshot of ours
        due = self.filtered(lambda lookup: lookup._may_be_asked())
        # The payer may have opened the link since then: that MixPay did not know it is no answer
        # to this question, should there be none.
        due.filtered(lambda lookup: lookup.state == UNKNOWN).write({"state": UNANSWERED})
        commit(self.env)  # no transaction is open while MixPay is called
        for lookup in due:
            lookup._ask_mixpay(kind, takes=True)
        self.invalidate_recordset()

    def _verdict(self):
        """Return what MixPay says comes down to, and a sentence, as JSON values for a register."""
        _ = self.env._
        unasked = texts.UNASKED, texts.not_asked(self.env)
        ours = (
            texts.REVIEW,
            _(
                "Paid to this shop, but for no sale that this server knows. Do not charge again: a"
                " manager decides about it."
            ),
        )
        verdict, text = {
            WAITING: unasked,
            UNANSWERED: unasked,
            UNKNOWN: (texts.NOTHING, _("MixPay knows of no money for this shop under this ID.")),
            FOREIGN: (texts.REVIEW, _("Not ours: this was paid to somebody else.")),
            FOUND: ours,
            TAKEN: ours,
        }[self.state]
        return {"verdict": verdict, "verdict_text": text}

    def _of_register(self, session, method, payment_uuid, order_name, traces):
        """Record traces that are new here, a few for each session.

        :return: of these, and of those recorded before, what MixPay was not heard about, or may
            know by now
        :rtype: mixpay.lookup
        """
        wanted = {ids.dashed(t) for t in (traces or []) if isinstance(t, str) and ids.is_uuid(t)}
        if not wanted or not method:
            return self.sudo().browse()
        before_sudo = self.sudo().search([("pos_session_id", "=", session.id)])
        open_sudo = before_sudo.filtered(lambda b: b.trace_id in wanted and b.state in ASKED_AGAIN)
        if self._new_traces(session, wanted):
            names = {"payment_uuid": payment_uuid, "order_name": clean.text(order_name, 64)}
            open_sudo |= self._add_of_register(session, method, wanted, names)
        return open_sudo

    def _new_traces(self, session, wanted):
        """Return those of these traces that may be recorded for a session's register.

        :param set wanted: UUIDs
        :rtype: list[str]
        """
        known_sudo = self.env["mixpay.payment"].sudo().search([("trace_id", "in", list(wanted))])
        before_sudo = self.sudo().search([("pos_session_id", "=", session.id)])
        new = wanted - {*known_sudo.mapped("trace_id"), *before_sudo.mapped("trace_id")}
        if not new:
            return []
        lately = self._count_lately(session.sudo().company_id, of_registers=True)
        left = min(MOST_OF_SESSION - len(before_sudo), MOST_OF_REGISTERS_PER_HOUR - lately)
        return sorted(new)[: max(left, 0)]

    def _add_of_register(self, session, method, wanted, names):
        """Record what a register has sent, counted one request after the other; committed.

        :param dict names: line and order that the register named
        """
        with own_transaction(self, keeps_login=True) as own:
            # The first statement, so that what others have added by then is seen.
            own.env.cr.execute("LOCK TABLE mixpay_lookup IN SHARE ROW EXCLUSIVE MODE")
            session, method = session.with_env(own.env), method.with_env(own.env).sudo()
            added_sudo = own.sudo().browse()
            for trace_id in own._new_traces(session, wanted):
                added_sudo |= own._add_lookup(trace_id, method, pos_session_id=session.id, **names)
        return self.sudo().browse(added_sudo.ids)

    def _may_be_asked(self):
        """Tell whether a register may have MixPay asked about it now.

        Again and again where MixPay gave no answer, or did not know it so far, but ever less often:
        each costs a call.
        """
        at = self.answered_at
        return not at or fields.Datetime.now() - at >= min(at - self.create_date, LONGEST_PAUSE)

    def _check_no_money(self, session, payment_uuid, traces):
        """Check that no money was found that a register has named with this payment line.

        It names the line now, or did so before: what it names as it polls has no line.

        :raises UserError: when there is some that nobody has decided about
        """
        payments = self._payments_of(session, payment_uuid, traces).filtered(
            lambda p: p._has_our_money() and not (p.decision or p._is_booked())
        )
        if payments:
            raise UserError(
                self.env._(
                    "The customer has paid this already, %(amount)s, before this server was"
                    " restored from a backup. Ask for no second payment: a manager finds it in"
                    " Orders, MixPay to Review, and attaches it to this order.",
                    amount=payments[0].currency_id.format(payments[0].amount),
                )
            )

    def _payments_of(self, session, payment_uuid, traces):
        """Return the payments onto which traces of a payment line were taken.

        :rtype: mixpay.payment
        """
        found_sudo = self.sudo().search(
            [
                ("company_id", "=", session.company_id.id),
                ("payment_id", "!=", False),
                "|",
                ("payment_uuid", "=", payment_uuid),
                ("trace_id", "in", [ids.dashed(trace) for trace in traces]),
            ]
        )
        return found_sudo.payment_id
