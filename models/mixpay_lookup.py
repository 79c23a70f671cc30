"""Payments that MixPay may know and this server does not: looked up, and taken onto the list.

After a restored backup a register still has the trace of a payment that the server forgot, and so
has a customer's receipt. MixPay is asked whose it is, how much and when.
"""

import logging
import uuid
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from ..failures import reason_of
from ..mixpay import ids, links, money, priority, states
from ..mixpay.client import MixpayClient
from ..mixpay.errors import MixpayError, MixpayUnknownId
from ..mixpay.evaluate import has_money
from ..transactions import commit, own_transaction
from .mixpay_settings import USER_AGENT

_logger = logging.getLogger(__name__)

WAITING, UNANSWERED, UNKNOWN = "waiting", "unanswered", "unknown"
FOREIGN, FOUND, TAKEN = "foreign", "found", "taken"
UNHEARD = (WAITING, UNANSWERED)
# Of a pay link MixPay knows nothing until its payer has opened it, so that it may know it later.
ASKED_AGAIN = (*UNHEARD, UNKNOWN)
# So many traces of a company may be typed within an hour: each costs a call that the shop shares.
MOST_PER_HOUR = 30
# Seconds, while a customer waits for a code.
LOOKUP_TIMEOUT = 3.0
# Each run of the cron asks about so many traces that registers have named.
CRON_BATCH = 10
# Where MixPay did not answer, it is asked again after a pause, and for so long in all: longer than
# any link can be paid.
RETRIED_AFTER = timedelta(hours=1)
RETRIED_FOR = timedelta(days=7)
# No payment can be paid for longer: MixPay's documentation, code 10064.
LONGEST_WINDOW = timedelta(minutes=2880)
# Fields that a report has under the same names.
_AS_REPORTED = (
    "status",
    "quote_asset_id",
    "payment_amount",
    "payment_symbol",
    "payment_version",
    "payee_id",
    "payee_name",
    "paid_at",
    "txid",
)


class MixpayLookup(models.Model):
    """What MixPay said about one trace that was no payment of this database at that time."""

    _name = "mixpay.lookup"
    _description = "MixPay look-up"
    _inherit = ["mixpay.evidence.mixin", "mixpay.defaults.mixin"]
    _order = "id desc"
    _rec_name = "trace_id"
    _grouped_texts = frozenset({"status", "payment_symbol", "payment_version", "payee_name"})
    _check_company_auto = True

    trace_id = fields.Char(string="Trace ID", required=True, readonly=True, index=True)
    company_id = fields.Many2one("res.company", required=True, readonly=True, index=True)
    payment_method_id = fields.Many2one(
        "pos.payment.method",
        required=True,
        readonly=True,
        ondelete="restrict",
        check_company=True,
    )
    asked_by_id = fields.Many2one(
        "res.users", string="Looked Up By", required=True, readonly=True, ondelete="restrict"
    )
    pos_session_id = fields.Many2one(
        "pos.session",
        string="Session",
        readonly=True,
        index="btree_not_null",
        ondelete="restrict",
        check_company=True,
    )
    payment_uuid = fields.Char(
        string="Payment Line UUID", readonly=True, help="The line that a register named with it."
    )
    order_name = fields.Char(readonly=True, help="The order that a register named with it.")
    state = fields.Selection(
        [
            (WAITING, "Not asked yet"),
            (UNANSWERED, "MixPay gave no answer"),
            (UNKNOWN, "MixPay does not know it"),
            (FOREIGN, "Not this shop's money"),
            (FOUND, "Found"),
            (TAKEN, "On the list of payments"),
        ],
        required=True,
        readonly=True,
        default=WAITING,
        index=True,
    )
    status = fields.Char(readonly=True, help="As MixPay calls it.")
    amount = fields.Char(readonly=True, help="The price that the payer was asked for.")
    quote_asset_id = fields.Char(string="Price Asset ID", readonly=True)
    payment_amount = fields.Char(string="Amount Received", readonly=True)
    payment_symbol = fields.Char(string="Coin", readonly=True)
    payment_version = fields.Char(string="Network", readonly=True)
    payee_id = fields.Char(string="Payee ID", readonly=True)
    payee_name = fields.Char(string="Paid To", readonly=True)
    paid_at = fields.Datetime(string="Paid On", readonly=True)
    txid = fields.Char(string="Chain Transaction ID", readonly=True)
    answered_at = fields.Datetime(
        string="Asked On", readonly=True, help="When MixPay was last asked about it."
    )
    answer = fields.Text(readonly=True, help="MixPay's answer as it came, cut where it is long.")
    payment_id = fields.Many2one(
        "mixpay.payment", readonly=True, ondelete="restrict", check_company=True
    )

    # === FOR MANAGERS === #

    @api.model
    def _look_up(self, trace_id, method):
        """Ask MixPay about a trace for a manager; ends the transaction.

        :param str trace_id: as it was typed
        :param method: `pos.payment.method` whose payee and address count
        :return: the payment itself where it is known, else what MixPay says
        :rtype: mixpay.payment | mixpay.lookup
        :raises AccessError: for anybody but a manager, and for another company's payment
        :raises UserError: for what is no trace ID, or too many look-ups
        """
        self._check_may_look_up()
        method.check_access("read")
        trace_id = self._checked_trace(trace_id)
        payment_sudo = self.env["mixpay.payment"].sudo().search([("trace_id", "=", trace_id)])
        if payment_sudo:
            payment_sudo.sudo(False).check_access("read")
            return payment_sudo.sudo(False)
        self._check_not_too_many(method.company_id)
        lookup = self._add_lookup(trace_id, method.sudo())
        commit(self.env)
        lookup._ask_mixpay(priority.URGENT)
        lookup.invalidate_recordset()
        return lookup.sudo(False)

    def action_take(self):
        """Take what was found onto the list of payments, where a person decides about it.

        :raises AccessError: for anybody but a manager
        :raises UserError: when there is nothing to take
        """
        self.ensure_one()
        self._check_may_look_up()
        self.check_access("read")
        if self.state not in (FOUND, TAKEN):
            raise UserError(self.env._("MixPay has no money of this shop under this trace ID."))
        lookup_sudo = self.sudo()
        commit(self.env)
        lookup_sudo._ask_mixpay(priority.URGENT, takes=True)
        lookup_sudo.invalidate_recordset()
        if not lookup_sudo.payment_id:
            raise UserError(
                self.env._(
                    "MixPay gave no answer, or another one than before. Nothing was taken; no money"
                    " is lost. Please try again."
                )
            )
        return lookup_sudo._form_of(lookup_sudo.payment_id)

    def _form_of(self, record):
        """Return an action that opens a record."""
        return {
            "type": "ir.actions.act_window",
            "res_model": record._name,
            "res_id": record.id,
            "views": [(False, "form")],
        }

    def _check_may_look_up(self):
        if not self.env.user.has_group("point_of_sale.group_pos_manager"):
            raise AccessError(self.env._("Only managers of the Point of Sale look up payments."))

    def _checked_trace(self, trace_id):
        text = ids.pasted(trace_id) if isinstance(trace_id, str) else ""
        if not ids.is_uuid(text):
            raise UserError(
                self.env._("A trace ID has 32 letters and digits, as in %s.", "8e69e534-d0c4-…")
            )
        return ids.dashed(text)

    def _check_not_too_many(self, company):
        # What registers send uses up nothing of a manager's.
        if self._count_lately(company, of_registers=False) >= MOST_PER_HOUR:
            raise UserError(
                self.env._("Too many payments were looked up within an hour. Try again later.")
            )

    def _count_lately(self, company, *, of_registers):
        """Return how many traces of a company were recorded within an hour.

        :param bool of_registers: whether those that registers sent, or those that were typed
        """
        domain = [
            ("company_id", "=", company.id),
            ("create_date", ">", fields.Datetime.now() - timedelta(hours=1)),
            ("pos_session_id", "!=" if of_registers else "=", False),
        ]
        return self.sudo().search_count(domain)

    # === THE JOB === #

    def _cron_look_up(self):
        """Ask about traces that registers have named; network errors are not raised.

        Where MixPay gave no answer, or something failed here, it is asked again later.
        """
        commit_progress = self.env["ir.cron"]._commit_progress
        due = self._due()
        commit_progress(remaining=len(due))
        # A test server has calls of its own: where it is out of reach, MixPay itself is asked on.
        for lookups in due.grouped(
            lambda lookup: lookup.payment_method_id.mixpay_test_mode
        ).values():
            for lookup in lookups[:CRON_BATCH]:
                if not lookup._ask_unattended():
                    break
                commit_progress(1)
        commit_progress(remaining=0)

    def _due(self):
        """Return the traces that the job asks about now, those that waited longest first."""
        now = fields.Datetime.now()
        asked_again = self.search(
            [("state", "in", ASKED_AGAIN), ("create_date", ">", now - RETRIED_FOR)],
            order="answered_at NULLS FIRST, id",
        )
        return asked_again.filtered(lambda lookup: lookup._is_due(now))

    def _is_due(self, now):
        """Tell whether the job asks about this trace now.

        What MixPay did not know is asked about ever less often; what a manager has typed, a manager
        may type again.
        """
        at = self.answered_at
        if self.state != UNKNOWN:
            return not at or now - at > RETRIED_AFTER
        return bool(self.pos_session_id) and now - at > max(RETRIED_AFTER, at - self.create_date)

    def _ask_unattended(self):
        """Ask about this trace; an error of it must not stop the others.

        :return: whether MixPay could be asked
        :rtype: bool
        """
        try:
            return self._ask_mixpay(priority.BACKGROUND, takes=True)
        except Exception as error:  # pylint: disable=broad-exception-caught
            # Any error: this one is asked about again later.
            _logger.warning("MixPay look-up %s: %s", self.id, reason_of(error))
            with own_transaction(self) as own:
                own._record_answer(None, UNANSWERED, takes=False)
            return True

    # === ASKING AND RECORDING === #

    def _add_lookup(self, trace_id, method, **vals):
        return self.sudo().create(
            {
                "trace_id": trace_id,
                "company_id": method.company_id.id,
                "payment_method_id": method.id,
                "asked_by_id": self.env.uid,
                **vals,
            }
        )

    def _ask_mixpay(self, kind, *, takes=False):
        """Ask MixPay about this trace and record the answer, in transactions of its own.

        :param str kind: of call, see `priority`
        :param bool takes: whether what is this shop's is taken onto the list
        :return: whether MixPay could be asked
        :rtype: bool
        """
        self.ensure_one()
        try:
            report, state = self._report(kind), UNKNOWN
        except priority.NotAdmitted:
            return False
        except MixpayError as error:
            is_heard = isinstance(error, MixpayUnknownId)
            report, state = None, UNKNOWN if is_heard else UNANSWERED
        with own_transaction(self) as own:
            own._record_answer(report, state, takes=takes)
        return True

    def _report(self, kind):
        with own_transaction(self) as own:
            method = own.payment_method_id
            api_url, _pay_url = own.env["mixpay.settings"]._addresses(method.mixpay_test_mode)
            call = own.env["mixpay.limiter"]._call(
                api_url, kind, LOOKUP_TIMEOUT, may_probe=kind == priority.URGENT
            )
            trace_id = own.trace_id
        with call:
            client = MixpayClient(api_url, LOOKUP_TIMEOUT, call.note_left, user_agent=USER_AGENT)
            return client.payment_report(trace_id)

    def _record_answer(self, report, state, *, takes):
        """Record an answer; take its payment onto the list where it is this shop's money.

        In a transaction that begins here: one after the other, so that whoever looks up the same
        trace at the same instant finds its payment on the list.
        """
        # The first statement, so that what others have recorded by then is seen.
        self.env.cr.execute("LOCK TABLE mixpay_lookup IN SHARE ROW EXCLUSIVE MODE")
        self.write({"state": state, "answered_at": fields.Datetime.now()})
        if report is None:
            return
        reported = report.result
        values = {name: getattr(reported, name) for name in _AS_REPORTED}
        values |= {
            "amount": reported.quote_amount,
            "answer": report.raw,
            "state": self._state_of(reported),
        }
        self.write(values)
        self.env["mixpay.event"]._record(
            "looked_up",
            company=self.company_id,
            method=self.payment_method_id,
            data={
                "trace": self.trace_id,
                "status": reported.status,
                "amount": reported.quote_amount,
            },
        )
        if takes and self.state == FOUND:
            self._take_over(report)

    def _state_of(self, reported):
        if not (reported.payee_id and reported.quote_amount and reported.state):
            return UNKNOWN
        is_ours = self.env["mixpay.payee"]._is_of_company(self.company_id, reported.payee_id)
        if not is_ours:
            return FOREIGN
        is_open = not states.STATES[reported.state].is_final
        return FOUND if is_open or has_money(reported) else UNKNOWN

    def _take_over(self, report):
        """Take a payment onto the list, as one of a sale that nobody waits for.

        Neither its line nor its order is what a register named: it pays nothing until a person
        with the right to has attached it.
        """
        payments = self.env["mixpay.payment"]
        known = payments.search([("trace_id", "=", self.trace_id)])
        if known:  # by another look-up, of a register that has it, too
            if known.company_id == self.company_id:
                self.write({"payment_id": known.id, "state": TAKEN})
            return
        currency = self._currency(report.result)
        if not currency:
            return
        payment = payments.create(self._values_of_payment(report.result, currency))
        self.write({"payment_id": payment.id, "state": TAKEN})
        self.env["mixpay.event"]._record(
            "taken_over",
            payment=payment,
            actor=self.asked_by_id.name,
            data={"order": self.order_name or "", "line": self.payment_uuid or ""},
        )
        self.env["mixpay.settlement"]._record_report(payment, report)
        if not payment._is_final():
            self.env["mixpay.job"]._enqueue(payment)

    def _values_of_payment(self, reported, currency):
        terms = self.env["mixpay.payment"]._terms_of_method(self.payment_method_id)
        return {
            **terms,
            "trace_id": self.trace_id,
            "company_id": self.company_id.id,
            "currency_id": currency.id,
            "amount": money.parse(reported.quote_amount),
            "payee_id": reported.payee_id,
            "quote_asset_id": reported.quote_asset_id,
            "expires_at": self._deadline(reported),
            "pos_config_id": self.pos_session_id.config_id.id,
            "pos_session_id": self.pos_session_id.id,
            "payment_uuid": str(uuid.uuid4()),
            "order_uuid": str(uuid.uuid4()),
            "order_name": self.order_name,
            "link_type": links.CODE,
            "link": links.code_link(terms["pay_url"], self.trace_id),
            "is_abandoned": True,
        }

    def _deadline(self, reported):
        """Return until when a payment can be paid, as MixPay says: it is watched for longer.

        :rtype: datetime
        """
        now = fields.Datetime.now()
        return min(max(reported.expires_at or now, now), now + LONGEST_WINDOW)

    def _currency(self, reported):
        """Return the currency of a price; empty for one that this database lacks, or cannot hold.

        :rtype: res.currency
        """
        currencies = self.env["res.currency"]
        for currency in self.company_id.currency_id | currencies.search([("active", "=", True)]):
            asset = self.env["mixpay.asset"]._for_currency(currency)
            if ids.same(asset.asset_id or "", reported.quote_asset_id):
                amount = money.parse(reported.quote_amount)
                is_exact = round(amount, currency.decimal_places) == amount
                return currency if is_exact and amount > 0 else currencies
        return currencies
