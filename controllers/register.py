import logging

from odoo import http
from odoo.exceptions import AccessError, UserError
from odoo.http import request

from ..core_values import CLOSING_SESSION_STATES, IS_MIXPAY, OPEN_SESSION_STATES
from ..mixpay import clean, ids, jsonb
from ..mixpay.issues import LATE

_logger = logging.getLogger(__name__)

# More than any register has waiting at once; keeps a request's price bounded.
MAX_TRACES = 100
# Of a request with an order: some thousand lines. Without it, only a dead register's order is lost.
MAX_ORDER_BYTES = 2_000_000
MAX_ORDER_NAME = 64
# What PostgreSQL takes for the id of a record.
MAX_ID = 2**31 - 1


class MixpayController(http.Controller):
    """What the register asks, and what MixPay calls. All decisions are the model's."""

    # === FOR THE REGISTER === #

    @http.route("/pos_mixpay/create", type="jsonrpc", auth="user")
    def mixpay_create(
        self,
        payment_method_id,
        session_id,
        order_uuid,
        payment_uuid,
        order_name,
        amount,
        order=None,
        known_traces=None,
    ):
        """Return the payment of a register's payment line, with link and QR code.

        :param amount: string or number in the session's currency
        :param order: the order as for `pos.order.sync_from_ui`, saved should the register die
        :param known_traces: payments that the register has for this line; a server that was
            restored from a backup may have forgotten them
        """
        self._check_cashier()
        self._check_uuids(order_uuid, payment_uuid)
        if known_traces:
            self._check_known_payments(
                session_id, payment_method_id, payment_uuid, order_name, known_traces
            )
        payments = request.env["mixpay.checkout"]._lock_line(payment_uuid)
        session = self._checked_session(session_id)
        payment = payments.env["mixpay.checkout"]._open(
            payments,
            self._checked_method(payment_method_id, session),
            session,
            amount,
            order_uuid,
            payment_uuid,
            order_data=self._checked_order(order, order_uuid),
            order_name=clean.text(order_name, MAX_ORDER_NAME),
        )
        return request.env["mixpay.presenter"]._to_register(payment, with_qr=True)

    @http.route("/pos_mixpay/resume", type="jsonrpc", auth="user")
    def mixpay_resume(self, session_id, payment_uuid):
        """Return the payment that a register's line waits for, with its QR code; False for none.

        Nothing is started by that: nobody may have asked for it.
        """
        session = self._checked_session(session_id)
        self._check_uuids(payment_uuid)
        payment = request.env["mixpay.resumption"]._find_for_line(payment_uuid, session)
        if not payment:
            return False
        return payment.env["mixpay.presenter"]._to_register(payment, with_qr=True)

    @http.route("/pos_mixpay/status", type="jsonrpc", auth="user")
    def mixpay_status(self, trace_ids, check_now=False, session_id=None):
        """Return how payments stand, and after how many milliseconds to ask again."""
        self._check_cashier()
        wanted = self._checked_traces(trace_ids)
        answer = request.env["mixpay.checkout"]._poll(wanted, bool(check_now))
        if len(answer["payments"]) < len(wanted):
            # This server may have been restored from a backup.
            request.env["mixpay.lookup"]._note_unknown(wanted, checked_int(session_id))
        return answer

    @http.route("/pos_mixpay/cancel", type="jsonrpc", auth="user")
    def mixpay_cancel(self, trace_id):
        """Give up waiting for a payment, unless money was seen; return how it stands."""
        payment = self._checked_payment(trace_id)
        payment.env["mixpay.checkout"]._cancel(payment)
        return request.env["mixpay.presenter"]._to_register(payment, was_asked=True)

    @http.route("/pos_mixpay/check", type="jsonrpc", auth="user")
    def mixpay_check(self, session_id, lines, order_uuid=None):
        """Return what keeps an order from being validated, before it leaves the screen.

        :param lines: {UUID of the payment line: amount as string or number}, all MixPay lines
        :param order_uuid: to learn of money on its way on other lines, too
        :return: `uncovered` UUIDs, `reasons` in words, and `blocking` payments
        """
        session = self._checked_session(session_id)
        if not isinstance(lines, dict) or len(lines) > MAX_TRACES:
            raise UserError(request.env._("Too many payments at once."))
        uuid = order_uuid or None
        self._check_uuids(*lines, *([uuid] if uuid else []))
        payments = request.env["mixpay.payment"]
        reasons = payments.env["mixpay.coverage"]._uncovered(session, lines, uuid) if lines else {}
        blocking = (
            payments.env["mixpay.coverage"]._blocking(uuid, lines, session.company_id)
            if uuid
            else payments
        )
        return {
            "uncovered": list(reasons),
            "reasons": reasons,
            "blocking": [
                request.env["mixpay.presenter"]._to_register(payment) for payment in blocking
            ],
        }

    @http.route("/pos_mixpay/late", type="jsonrpc", auth="user")
    def mixpay_late(self, session_id):
        """Return the payments of a session's Point of Sale that came too late, newest first.

        The bus names only a record, so a register that does not know it asks here.
        """
        config = self._checked_session(session_id).config_id
        late = request.env["mixpay.payment"].search(
            [("pos_config_id", "=", config.id), ("issue", "=", LATE)],
            order="id desc",
            limit=MAX_TRACES,
        )
        return {"payments": request.env["mixpay.presenter"]._to_registers(late.sudo())}

    # === PAYMENTS OF THE LAST DAYS === #

    @http.route("/pos_mixpay/recent", type="jsonrpc", auth="user")
    def mixpay_recent(self, session_id, words=""):
        """Return the payments of a session's Point of Sale in the last days, newest first.

        :param words: part of an order's name, an amount, or how a trace or transaction ID begins
        """
        recent = request.env["mixpay.recent"]._find_recent(self._checked_session(session_id), words)
        return {"payments": request.env["mixpay.presenter"].sudo()._each_recent(recent)}

    @http.route("/pos_mixpay/ask", type="jsonrpc", auth="user")
    def mixpay_ask(self, session_id, trace_id):
        """Ask MixPay about a trace, for a customer who says they paid; return a verdict in words.

        :return: `verdict`, `verdict_text`, and where it is a payment of this Point of Sale all
            else that a register is told of it
        """
        session = self._checked_session(session_id)
        self._check_uuids(trace_id)
        found, is_fresh = request.env["mixpay.recent"]._look_up_for_customer(session, trace_id)
        if found._name == "mixpay.payment":
            return found.env["mixpay.presenter"]._recent_to_register(
                found, was_asked=True, is_fresh=is_fresh
            )
        return {"trace_id": found.trace_id, **found._verdict()}

    @http.route("/pos_mixpay/show_code", type="jsonrpc", auth="user")
    def mixpay_show_code(self, trace_id, display):
        """Send a payment's code to the register's customer display on another device.

        :param display: the secret that the register gave the display in its address, a UUID
        """
        payment = self._checked_payment(trace_id)
        self._check_uuids(display)
        payment.env["mixpay.presenter"]._send_code(payment, display)
        return True

    # === PAID ORDERS THAT WAIT TO BE FINISHED === #

    @http.route("/pos_mixpay/unfinished", type="jsonrpc", auth="user")
    def mixpay_unfinished(self, session_id):
        """Return the paid orders of a session's Point of Sale that a person must finish, and why.

        The bus names only a record, so every register asks here. An order may have come from a
        Point of Sale that shares its orders.
        """
        config = self._checked_session(session_id).config_id
        here = request.env["pos.order"].search_fetch(
            [("config_id", "=", config.id), ("state", "=", "draft")], ["uuid"]
        )
        uuids = here.mapped("uuid")
        unfinished = request.env["mixpay.payment"].search(
            [
                ("finish_reason", "!=", False),
                "|",
                "|",
                ("pos_config_id", "=", config.id),
                ("order_uuid", "in", uuids),
                ("moved_order_uuid", "in", uuids),
            ],
            order="id desc",
            limit=MAX_TRACES,
        )
        presenter_sudo = request.env["mixpay.presenter"].sudo()
        return {"payments": presenter_sudo._each_to_finish(unfinished.sudo())}

    @http.route("/pos_mixpay/mine", type="jsonrpc", auth="user")
    def mixpay_mine(self, session_id, payment_id, order_uuids, unsaved_uuids=()):
        """Note that a register is at work on a paid order, after the bus has named the payment.

        :param payment_id: as the bus has named it
        :param order_uuids: of the orders that the register is at work on
        :param unsaved_uuids: of those among them that it cannot save
        :return: which of these orders it is, if the answer counts, see `mixpay.liveness`; or False
        """
        session = self._checked_session(session_id)
        for uuids in (order_uuids, unsaved_uuids):
            if not isinstance(uuids, (list, tuple)) or len(uuids) > MAX_TRACES:
                raise UserError(request.env._("Too many orders at once."))
        payment = request.env["mixpay.payment"].search([("id", "=", checked_int(payment_id))])
        if not payment or (order_uuid := payment._order_uuid()) not in order_uuids:
            return False
        payment_sudo = payment.sudo()
        liveness = payment_sudo.env["mixpay.liveness"]
        if session.config_id not in liveness._configs(payment_sudo):
            return False
        return liveness._answer(payment_sudo, order_uuid in unsaved_uuids) and order_uuid

    # === AT THE CLOSING OF A SESSION === #

    @http.route("/pos_mixpay/closing", type="jsonrpc", auth="user")
    def mixpay_closing(self, session_id):
        """Return what a person should know of before a session is closed."""
        session = self._checked_session(session_id, CLOSING_SESSION_STATES)
        held = session._mixpay_orders_to_defer() | session._mixpay_deferred_orders()
        return {
            "payments": session.env["mixpay.presenter"]
            .sudo()
            ._each_for_closing(session._mixpay_to_show_at_closing()),
            # Orders that closing itself finishes are held, too, but not deferred.
            "carried": (held - session._mixpay_orders_to_finish(held)).mapped("pos_reference"),
            "carried_ids": held.ids,
        }

    @http.route("/pos_mixpay/acknowledge", type="jsonrpc", auth="user")
    def mixpay_acknowledge(self, session_id, trace_ids):
        """Note that the user has seen these payments of a session."""
        session = self._checked_session(session_id, CLOSING_SESSION_STATES)
        payments = self._checked_payments(trace_ids)
        payments.env["mixpay.decision"].sudo()._acknowledge(
            payments.filtered(lambda p: p.pos_session_id == session)
        )
        return True

    # === CHECKS === #

    def _checked_session(self, session_id, states=OPEN_SESSION_STATES):
        """Return a session in one of these states, open ones by default, that the user may use.

        Nothing is taken from the browser but ids: company and currency are the session's.
        """
        self._check_cashier()
        # A search takes the record rules along; what is named is all that payments need.
        session = request.env["pos.session"].search_fetch(
            [("id", "=", checked_int(session_id))], ["state", "config_id"]
        )
        if not session:
            raise AccessError(request.env._("This session does not exist, or is not yours to use."))
        session.sudo().config_id.fetch(["name", "company_id", "currency_id", "invoice_journal_id"])
        if session.state not in states:
            raise UserError(
                request.env._("This session is closed. Open a session to take payments.")
            )
        return session

    def _checked_method(self, method_id, session):
        config = session.config_id
        method = request.env["pos.payment.method"].search(
            [
                ("id", "=", checked_int(method_id)),
                ("config_ids", "in", config.ids),
                # Core refuses others, but misses archived ones and those that a login does not see.
                ("company_id", "=", config.company_id.id),
                *IS_MIXPAY,
            ]
        )
        if not method:
            raise AccessError(
                request.env._(
                    "This payment method cannot be used in this Point of Sale. A line that has it"
                    " already stays, and its order can be finished once it is paid. For anything"
                    " else choose another method."
                )
            )
        return method

    def _checked_payments(self, trace_ids):
        """Return the payments that the user may see; record rules leave out all others."""
        self._check_cashier()
        wanted = self._checked_traces(trace_ids)
        return request.env["mixpay.payment"].search([("trace_id", "in", wanted)]).sudo()

    def _checked_traces(self, trace_ids):
        if not isinstance(trace_ids, list) or len(trace_ids) > MAX_TRACES:
            raise UserError(request.env._("Too many payments at once."))
        return [t for t in trace_ids if isinstance(t, str) and ids.is_uuid(t)]

    def _check_known_payments(
        self, session_id, payment_method_id, payment_uuid, order_name, known_traces
    ):
        """Have MixPay asked about payments of a line that only the register knows, see above."""
        session = self._checked_session(session_id)
        request.env["mixpay.lookup"]._check_before_code(
            session,
            self._checked_method(payment_method_id, session),
            payment_uuid,
            order_name,
            self._checked_traces(known_traces),
        )

    def _checked_payment(self, trace_id):
        payment = self._checked_payments([trace_id])
        if not payment:
            raise UserError(request.env._("This payment does not exist, or is not yours to see."))
        return payment

    def _check_uuids(self, *values):
        if not all(isinstance(value, str) and ids.is_uuid(value) for value in values):
            raise UserError(request.env._("This is not the identifier of an order or a payment."))

    def _checked_order(self, order, order_uuid):
        """Return an order that a register sent along; None for none, or one that cannot be kept.

        Without it only the order of a register that dies is lost: no reason to refuse the sale.
        """
        if order is None or (request.httprequest.content_length or 0) > MAX_ORDER_BYTES:
            return None
        if not isinstance(order, dict) or order.get("uuid") != order_uuid:
            raise UserError(request.env._("This is not the order that the payment is for."))
        try:
            return jsonb.storable(order)
        except jsonb.UnfitError as error:
            _logger.warning("The order %s is not kept with its payment: %s", order_uuid, error)
            return None

    def _check_cashier(self):
        if not request.env.user.has_group("point_of_sale.group_pos_user"):
            raise AccessError(request.env._("Only users of the Point of Sale take payments."))


def checked_int(value):
    """Return a database id that a browser sent; 0 (no record) for anything else."""
    is_id = isinstance(value, int) and not isinstance(value, bool) and 0 < value <= MAX_ID
    return value if is_id else 0
