"""What the register sees of a payment: values and words, and nothing to decide on."""

import math

from odoo import api, fields, models
from odoo.tools import ormcache

from ..mixpay import money, polling, qr, states
from .mixpay_attention_mixin import LATE
from .mixpay_job import FORECAST_COLUMNS, NOW

# A question may take a while, and another is not asked before `URGENT_INTERVAL`.
NEWS_SECONDS = polling.URGENT_INTERVAL + 4


# What `_to_register` reads of a payment that waits for the customer. What it says of others takes
# more, which the ORM reads when that is needed: for all of a register's payments in one query.
_SHOWN = (
    "id",
    "trace_id",
    "state",
    "is_abandoned",
    "link",
    "link_type",
    "amount",
    "currency_id",
    "expires_at",
    "clock_offset",
    "order_name",
    "payment_uuid",
    "order_uuid",
    "is_test",
    "other_terms_at",
    "is_taken",
    "confirmed_at",
    "attached_uuid",
    "decision",
    "written_off_at",
    "covered_at",
    "order_ended_at",
    "funds_detected",
    "approval_id",
)
# Whom the record rules show the payments of closed sessions, too.
SEES_ALL = ("point_of_sale.group_pos_manager", "account.group_account_readonly")
_CURRENCY = _SHOWN.index("currency_id")
_SHOWN_CURRENCY = ("id", "name", "symbol", "position", "rounding", "decimal_places")
_STATUS_QUERY = f"""
    SELECT {", ".join(f"payment.{name}" for name in _SHOWN)},
           extract(epoch FROM payment.expires_at - {NOW})::float
               - coalesce(payment.clock_offset, 0),
           {FORECAST_COLUMNS}
      FROM mixpay_payment AS payment
 LEFT JOIN pos_session AS session ON session.id = payment.pos_session_id
 LEFT JOIN mixpay_job AS job ON job.payment_id = payment.id
     WHERE payment.trace_id = ANY(%(trace_ids)s)
       AND payment.company_id = ANY(%(company_ids)s)
       AND (%(sees_all)s
            OR session.state <> 'closed'
            OR EXISTS (SELECT FROM pos_order
                        WHERE pos_order.uuid = payment.order_uuid AND pos_order.state = 'draft'))
  ORDER BY payment.id
"""


class MixpayRegisterMixin(models.AbstractModel):
    """The register's view of `mixpay.payment`. Every text for cashiers stands here."""

    _name = "mixpay.register.mixin"
    _description = "MixPay payment as the register sees it"

    time_left = fields.Float(
        compute="_compute_time_left", help="Seconds until MixPay's deadline, by MixPay's clock."
    )

    @api.depends("expires_at", "clock_offset")
    def _compute_time_left(self):
        """Go by the database's clock, to which MixPay's was compared."""
        now = self._now()
        for payment in self:
            left = (payment.expires_at - now).total_seconds() if payment.expires_at else 0
            payment.time_left = left - payment.clock_offset

    def _to_register(self, with_qr=False, notice=""):
        """Return what the register may know and show, as JSON values.

        :param bool with_qr: whether to add the QR code, which takes a while to draw
        :param str notice: what else people should know at this moment, see `_delay_notice`
        """
        self.ensure_one()
        state_text, message = self._texts()
        values = {
            "id": self.id,
            "trace_id": self.trace_id,
            "state": self.state,
            "line_status": self._line_status(),
            "link": self._shown_link(),
            "link_type": self.link_type,
            "amount": self._amount_text(),
            "currency": self.currency_id.name,
            "amount_text": self.currency_id.format(self.amount),
            "expires_at": self.expires_at.isoformat() + "Z",
            "seconds_left": self._seconds_left(),
            "order_name": self.order_name or "",
            "payment_uuid": self.payment_uuid,
            "order_uuid": self.order_uuid,
            "state_text": state_text,
            "message": message,
            "is_final": self._is_final(),
            "is_abandoned": self.is_abandoned,
            "is_test": self.is_test,
            "remaining": self._remaining(),
            "is_confirmed_manually": bool(self.confirmed_at),
            "can_confirm_manually": self._can_confirm_manually(),
            "can_force_cancel": self._can_force_cancel(),
            "approval": self.approval_id._to_register(),
            "warning": self._warning(),
            "notice": notice or self._notice(),
            "slip": self._slip(),
            **self._evidence(),
        }
        if with_qr and values["link"]:
            values["qr"] = qr.data_uri(values["link"])
        return values

    def _shown_link(self):
        """Return what the customer pays at, empty for nothing; a copied database shows no real one.

        A payment that it was copied with is the original's.
        """
        settings = self.env["mixpay.settings"]
        # Registers ask all day: the address is read in copies only.
        if self.link and (settings._is_shops_own() or settings._may_call(self.api_url)):
            return self.link
        return ""

    def _line_status(self):
        """Return the status that the register's payment line gets."""
        if self.confirmed_at and not self._is_too_late():
            return states.LINE_DONE
        if self.attached_uuid or self._is_written_off() or self._is_too_late():
            return states.LINE_RETRY
        if self._is_being_checked() and not self.is_abandoned:
            return states.LINE_WAITING_CAPTURE
        return states.line_status(self.state, self.is_abandoned)

    def _notice(self):
        """Return what the cashier should be told once; empty for nothing."""
        if self.is_abandoned and self.is_taken and not self._is_final():
            return self.env._(
                "Order %(order)s: %(message)s",
                order=self.order_name or "?",
                message=self._texts()[1],
            )
        if self.state != states.SUCCESS:
            return ""
        if self.issue == LATE and self._is_too_late():
            return self.env._(
                "%(amount)s came with MixPay for order %(order)s, which had ended without it. Tell"
                " your manager, who decides what becomes of the money.",
                amount=self.currency_id.format(self.amount),
                order=self.order_name or "?",
            )
        if self.issue == LATE:
            return self.env._(
                "%(amount)s came with MixPay for order %(order)s, which nobody waits for any more."
                " Press “Try again” on its line, or tell your manager.",
                amount=self.currency_id.format(self.amount),
                order=self.order_name or "?",
            )
        if self._has_open_surplus():
            return self.env._(
                "The customer sent %(surplus)s too much. MixPay gives it back to the customer;"
                " never give change for it.",
                surplus=self._coins(self.surplus_amount),
            )
        return ""

    def _slip(self):
        """Return what is printed for a customer whose money did not finish the sale, or False."""
        if not (self.is_abandoned and self.funds_detected) or self.state == states.SUCCESS:
            return False
        lines = [
            (self.env._("Order"), self.order_name),
            (self.env._("Asked for"), self.currency_id.format(self.amount)),
            (self.env._("Received"), self._coins(self.payment_amount)),
            (self.env._("Transaction"), self.txid),
            (self.env._("MixPay trace ID"), self.trace_id),
            (self.env._("Pay until (UTC)"), fields.Datetime.to_string(self.expires_at)),
        ]
        return {
            "title": self.env._("Crypto payment not finished"),
            "lines": [[label, text] for label, text in lines if text],
            "text": self._slip_text(),
        }

    def _slip_text(self):
        """Return what becomes of the money, for the customer; MixPay itself pays back."""
        if self.state in (states.PAID_LESS, states.FAILED):
            return self.env._(
                "Too little arrived for this sale. Unless the rest is sent in time, you get your"
                " money back through MixPay: ask there, with this trace ID. Keep this slip."
            )
        return self.env._(
            "This sale did not wait for your payment. When it arrives, the shop is told, and owes"
            " it to you: come back to the shop with it. Keep this slip."
        )

    def _coins(self, amount):
        """Return an amount in the payer's coin, as in "1.5 USDT (Tron)"; empty for none."""
        number = money.parse_or_none(amount)
        if not number:
            return ""
        coin = self._coin(self.payment_asset_id, self.payment_symbol, self.payment_version)
        return f"{money.short(number)} {coin}".strip()

    def _report_line(self):
        """Return one line for a session's report."""
        parts = [
            self.order_name,
            self.currency_id.format(self.amount),
            self._texts()[0],
            dict(self._fields["issue"]._description_selection(self.env)).get(self.issue),
            self.confirmed_by and f"{self.confirmed_by}: {self.confirmation_reason}",
            self.decided_by and f"{self.decided_by}: {self.decision_note}",
            self.acknowledged_by_id and self.env._("seen by %s", self.acknowledged_by_id.name),
            self.trace_id,
        ]
        return " · ".join(part for part in parts if part)

    def _for_closing(self):
        """Return what the dialog at a session's closing shows, as JSON values."""
        state_text, message = self._texts()
        labels = dict(self._fields["issue"]._description_selection(self.env))
        return {
            "trace_id": self.trace_id,
            "order_name": self.order_name or "",
            "amount_text": self.currency_id.format(self.amount),
            "state_text": state_text,
            "issue_text": labels.get(self.issue, ""),
            "message": message,
        }

    @api.model
    def _read_status(self, trace_ids, was_asked=False):
        """Return the payments among these that the user may see, and what lies ahead for them.

        Registers ask for this all day, so it is one query, which goes around the ORM's searches.
        What the record rules say (security/mixpay_security.xml) is in the query; a test compares
        the two. The group was checked before.

        :param bool was_asked: whether a person has asked, and so expects to hear what is in the way
        :return: payments, with what `_to_register` reads in the cache; their outlook
        :rtype: tuple[mixpay.payment, Forecast]
        """
        user = self.env.user
        # As the rules take them; a request's context may name fewer, never others.
        company_ids = set(user._get_company_ids()) & set(self.env.companies.ids)
        self.env.cr.execute(
            _STATUS_QUERY,
            {
                "trace_ids": trace_ids,
                "company_ids": list(company_ids),
                "sees_all": any(user.has_group(group) for group in SEES_ALL),
            },
        )
        rows = self.env.cr.fetchall()
        end = len(_SHOWN) + 1
        forecast = self.env["mixpay.job"]._forecast([row[end:] for row in rows], was_asked)
        if not rows:
            return self.sudo(), forecast
        columns = list(zip(*rows, strict=True))
        payments = _cached(self.sudo(), (*_SHOWN, "time_left"), columns[:end])
        self._cache_currencies(set(columns[_CURRENCY]))
        self._cache_unanswered(payments, [bool(row[end + 5]) for row in rows], forecast)
        return payments, forecast

    @api.model
    def _cache_unanswered(self, payments, troubled, forecast):
        """Have in the ORM's cache what the query has told: which payments MixPay is silent on.

        :param list[bool] troubled: for each, whether the last question was in vain
        """
        values = [
            is_troubled or payment_id in forecast.pauses
            for payment_id, is_troubled in zip(payments.ids, troubled, strict=True)
        ]
        payments._fields["is_unanswered"]._insert_cache(payments, values)

    @api.model
    def _cache_currencies(self, currency_ids):
        """Have what is shown of these currencies in the ORM's cache, without a query."""
        rows = [self._shown_of_currency(currency_id) for currency_id in currency_ids]
        _cached(self.env["res.currency"], _SHOWN_CURRENCY, list(zip(*rows, strict=True)))

    @api.model
    @ormcache("currency_id", cache="stable")
    def _shown_of_currency(self, currency_id):
        """Return what is shown of a currency; kept for as long as core keeps such values."""
        currency = self.env["res.currency"].sudo().browse(currency_id)
        return tuple(currency[name] for name in _SHOWN_CURRENCY)

    def _delay_notice(self, forecast, was_asked):
        """Return why MixPay's word on this payment may be old; empty when it is not.

        :param Forecast forecast: of this payment and others; see `mixpay.job`
        :param bool was_asked: whether a person has asked, and so expects MixPay's latest word
        """
        self.ensure_one()
        if self.id not in forecast.synced_for:
            return ""  # nothing more is asked about it
        pause = forecast.pauses.get(self.id)
        if pause is not None:
            return self.env._(
                "MixPay cannot be reached at the moment. It is asked again in %(seconds)s s.",
                seconds=max(math.ceil(pause), 1),
            )
        synced_for = forecast.synced_for[self.id]
        is_old = synced_for is None or synced_for > NEWS_SECONDS
        if was_asked and is_old:
            return self.env._("MixPay could not be asked just now. It is asked again shortly.")
        return ""

    def _seconds_left(self):
        """Return the seconds until MixPay's deadline, by MixPay's clock; 0 when it is over."""
        return max(int(self.time_left), 0)

    def _evidence(self):
        """Return what the order's payment line keeps about this payment, once it is paid."""
        if not self._is_accepted():
            return {"transaction_id": "", "payment_ref_no": "", "card_brand": ""}
        coin = self._coin(self.payment_asset_id, self.payment_symbol, self.payment_version)
        return {
            "transaction_id": self.trace_id,
            "payment_ref_no": self.txid or "",
            "card_brand": coin,
        }

    def _remaining(self):
        """Return what is still missing, in the payer's coin and the shop's currency, or False."""
        if self.state != states.PAID_LESS:
            return False
        payable = money.parse_or_none(self.payable_amount)
        paid = money.parse_or_none(self.payment_amount)
        if not payable or paid is None:
            return False
        missing = max(payable - paid, 0)
        coin = self._coin(self.payable_asset_id, self.payable_symbol, self.payable_version)
        return {
            "coin": f"{money.short(missing)} {coin}",
            "currency": self.currency_id.format(float(missing / payable) * self.amount),
        }

    def _coin(self, asset_id, symbol, version):
        """Return a coin with its network, as in "USDT (Tron)"; empty when MixPay named none."""
        name = self.env["mixpay.asset"]._coin_name(asset_id.lower()) if asset_id else ""
        if name:
            return name
        return f"{symbol} ({version})" if symbol and version else symbol or ""

    def _texts(self):
        """Return a short label for the state, and a sentence that says what to do next."""
        if self.confirmed_at and self.state != states.SUCCESS:
            return (
                self.env._("Confirmed by hand"),
                self.env._(
                    "%s has answered for this payment. MixPay is asked on.", self.confirmed_by
                ),
            )
        if self.state == states.MISMATCH:
            return self.env._("Paid on other terms"), self._mismatch_text()
        if self.is_abandoned and self.is_taken and not self._is_final():
            return (
                self.env._("This code cannot be used"),
                self.env._(
                    "Somebody else has opened this code for another payment. Try again: the"
                    " customer gets a new code. Do not hand over the goods yet."
                ),
            )
        if self._is_being_checked() and not self.is_abandoned:
            return (
                self.env._("Being checked"),
                self.env._(
                    "MixPay reports another payment than the one that was asked for, and is asked"
                    " again within a minute. Wait; do not hand over the goods yet."
                ),
            )
        if self.is_abandoned and self.state != states.SUCCESS:
            return (
                self.env._("Cancelled"),
                self.env._(
                    "Nobody waits for this payment. If the customer still pays, you will be told."
                ),
            )
        if self.state in (states.DRAFT, states.UNPAID):
            return self._texts_before_payment()
        if self.state == states.FAILED:
            return self.env._("Payment failed"), self._failure_text()
        _ = self.env._
        return {
            states.PAID_LESS: (
                _("Too little was paid"),
                _("Ask the customer to scan the same code again and pay the rest."),
            ),
            states.CONFIRMING: (
                _("Payment seen"),
                _("The payment is being confirmed. Do not hand over the goods yet."),
            ),
            states.PENDING: (
                _("Almost done"),
                _("MixPay is processing the payment. Do not hand over the goods yet."),
            ),
            states.AUDITING: (
                _("Under review"),
                _("MixPay reviews this payment. Wait, or ask your manager what to do."),
            ),
            states.SUCCESS: (_("Paid"), _("The payment has arrived.")),
        }[self.state]

    def _mismatch_text(self):
        if self.is_taken:
            return self.env._(
                "The payment went to somebody else, not to this shop. Do not hand over the goods;"
                " call your manager."
            )
        return self.env._(
            "A payment arrived, but not the one that was asked for. Do not hand over the"
            " goods; call your manager."
        )

    def _texts_before_payment(self):
        if self.state == states.DRAFT:
            return (
                self.env._("Preparing"),
                self.env._("The payment is being prepared. Please wait."),
            )
        if not self._seconds_left():
            return (
                self.env._("Time is up"),
                self.env._("Still checking with MixPay whether the customer has paid."),
            )
        return (
            self.env._("Waiting for the customer"),
            self.env._("The customer scans the code and pays. This screen notices by itself."),
        )

    def _failure_text(self):
        """Return why a payment failed, in words. Codes: MixPay's documentation, `failureCode`."""
        _ = self.env._
        if self.is_taken:
            return _("Somebody else had opened this code for another payment. Try again.")
        known = {
            "40000": _("Nobody paid in time. You can try again."),
            "40020": _("The customer sent another coin than agreed; MixPay sends it back."),
            "40024": _("Too little was paid in time. MixPay returns the money to the customer."),
            "40025": _("The price of the coin moved too much. You can try again."),
            "40027": _("MixPay could not settle the payment as agreed. You can try again."),
            "40032": _("The payment was cancelled at MixPay. You can try again."),
            "10095": _("MixPay's review refused the payment. Take the sale another way."),
        }
        return known.get(self.failure_code or "") or _(
            "MixPay reports that the payment failed. You can try again."
        )


def _cached(model, names, columns):
    """Return the records of a query, and keep what was read of them as the ORM's own reads do.

    :param names: of stored fields, `id` first
    :param columns: the values of each, as the database gives them
    """
    records = model.browse(columns[0])
    for name, values in list(zip(names, columns, strict=True))[1:]:
        records._fields[name]._insert_cache(records, values)
    return records
