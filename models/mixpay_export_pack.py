"""What belongs to a period's end besides its sales: open money, coins, decisions, settings."""

from odoo import models
from odoo.fields import Domain
from odoo.tools import SQL

from ..core_values import IS_MIXPAY
from ..mixpay import facts, periods, settlement, states
from .mixpay_approval import FORCE_CANCEL, GRANTED
from .pos_payment_method import RECORDED
from .res_company_limit import LIMITS

_OPEN_STATES = [name for name, state in states.STATES.items() if not state.is_final]


class MixpayExportPack(models.AbstractModel):
    """Reads what a period's end is checked against; writes nothing."""

    _name = "mixpay.export.pack"
    _description = "What belongs to the end of a period"

    def _tables(self, export):
        """Yield the sheets and their rows.

        :param export: `mixpay.export` that has its rows of payments
        """
        yield "totals", self._totals(export)
        yield "open", self._still_open(export)
        yield "coins", self._coins(export)
        yield "decisions", self._decisions(export)
        yield "settings", self._settings(export)

    # === TOTALS, AND WHAT IS OPEN === #

    def _totals(self, export):
        """Return a row for each currency: two of them are never added up."""
        rows = {}
        for row in self.env["mixpay.export.line"]._rows(export, "payments"):
            total = rows.setdefault(row["currency"], {"payments": 0, "amount": facts.number("")})
            total["amount"] += facts.number(row["amount"])
        for currency, count in self._new(export):
            rows[currency]["payments"] = count
        for currency, unsettled, amount in self._unsettled(export):
            total = rows.setdefault(currency, {"payments": 0, "amount": facts.number("")})
            total |= {"unsettled": unsettled, "amount_unsettled": amount}
        return [
            {"currency": currency} | {name: f"{value}" for name, value in rows[currency].items()}
            for currency in sorted(rows)
        ]

    def _new(self, export):
        """Return the number of payments that an export has first, also late ones, by currency."""
        self.env["mixpay.export.line"].flush_model()
        self.env.cr.execute(
            """
              SELECT shown ->> 'currency', count(*)
                FROM mixpay_export_line
               WHERE export_id = %s AND payment_id IS NOT NULL AND kind IN ('regular', 'late')
            GROUP BY 1
            """,
            [export.id],
        )
        return self.env.cr.fetchall()

    def _unsettled(self, export):
        """Return how many payments are unsettled at the end, and their amount, by currency."""
        self.env.cr.execute(
            """
              SELECT currency.name,
                     count(*) FILTER (WHERE NOT settlement.is_known),
                     coalesce(sum(payment.amount) FILTER (WHERE NOT settlement.is_known), 0)::text
                FROM mixpay_payment AS payment
                JOIN res_currency AS currency ON currency.id = payment.currency_id,
             LATERAL (SELECT payment.settle_status IS NOT DISTINCT FROM %(settled)s
                         AND coalesce(payment.settled_at, payment.finished_at) < %(ends)s
                             AS is_known) AS settlement
               WHERE payment.company_id = %(company)s AND payment.counted_at < %(ends)s
            GROUP BY currency.name
            """,
            {
                "ends": export.ends_at,
                "company": export.company_id.id,
                "settled": settlement.SETTLED,
            },
        )
        return self.env.cr.fetchall()

    def _still_open(self, export):
        """Return rows of what was not finished at the cut-off, with the reason."""
        rows = []
        for reason, domain in self._reasons(export):
            ours = Domain("company_id", "=", export.company_id.id) & Domain("is_test", "=", False)
            for payment in self.env["mixpay.payment"].search(ours & domain, order="id"):
                rows.append({"reason": reason, **self._open_row(payment, export.tz)})
        return rows

    def _reasons(self, export):
        """Yield why a payment is open, and which ones are, as a domain."""
        ends = export.ends_at
        unsettled = Domain("settle_status", "!=", settlement.SETTLED)
        unsettled |= Domain("settled_at", ">=", ends)
        unsettled |= Domain("settled_at", "=", False) & Domain("finished_at", ">=", ends)
        yield self.env._("Not settled"), Domain("counted_at", "<", ends) & unsettled
        yield (
            f"{self.env._('Settled Units')}: ?",  # MixPay's are no amount that can be read
            Domain("counted_at", "<", ends) & Domain("settle_amount", "=", False) & ~unsettled,
        )
        yield (
            self.env._("To review"),
            Domain("create_date", "<", ends) & Domain("issue", "!=", False),
        )
        yield (
            self.env._("On its way"),
            Domain("create_date", "<", ends)
            & Domain("funds_detected", "=", True)
            & Domain("counted_at", "=", False)
            & Domain("issue", "=", False)
            & Domain("state", "in", _OPEN_STATES),
        )

    def _open_row(self, payment, tz):
        date, time, zone = periods.shown(payment.counted_at or payment.create_date, tz)
        issues, labels = (
            dict(payment._fields[name]._description_selection(self.env))
            for name in ("issue", "state")
        )
        return {
            "company": payment.company_id.name,
            "shop": payment.pos_config_id.name or "",
            "session": payment.pos_session_id.name or "",
            "order": payment.pos_order_id.name or payment.order_name or "",
            "date": date,
            "time": time,
            "zone": zone,
            "trace_id": payment.trace_id,
            "status": labels[payment.state],
            "issue": issues.get(payment.issue, ""),
            "currency": payment.currency_id.name,
            "amount": payment.price.amount,
            "coin": payment.payment_symbol or "",
            "network": payment.payment_version or "",
            "units": payment.payment_amount or "",
        }

    # === COINS === #

    def _coins(self, export):
        """Return a row for each coin: units at the beginning, in, out, and at the end; exactly."""
        company, begins = export.company_id, export.begins_at
        received_before = self._received(company, None, begins)
        received = self._received(company, begins, export.ends_at)
        books = self.env["mixpay.export.books"]
        spent_before, spent = books._spent(export, before=True), books._spent(export)
        rows = []
        for coin in sorted({*received_before, *received, *spent_before, *spent}):
            opening = facts.number(received_before.get(coin)) - facts.number(spent_before.get(coin))
            units_in, units_out = facts.number(received.get(coin)), facts.number(spent.get(coin))
            rows.append(
                {
                    "coin": coin,
                    "opening": f"{opening:f}",
                    "received": f"{units_in:f}",
                    "spent": f"{units_out:f}",
                    "closing": f"{opening + units_in - units_out:f}",
                }
            )
        return rows

    def _received(self, company, begins, ends, config=None):
        """Return what MixPay paid out, by the coins' names: {coin: units as decimal text}.

        :param begins: moment from which on; None for all before the end
        :param config: `pos.config`, None for all
        """
        self.env.cr.execute(
            SQL(
                r"""
                  SELECT settle_asset_id, settle_symbol, settle_version,
                         trim_scale(sum(CASE WHEN settle_amount ~ '^[0-9]{1,12}(\.[0-9]{1,18})?$'
                                             THEN settle_amount::numeric END))::text
                    FROM mixpay_payment
                   WHERE company_id = %s
                     AND settle_status = %s
                     AND is_test IS NOT TRUE
                     AND coalesce(settled_at, finished_at) < %s
                     %s %s
                GROUP BY 1, 2, 3
                """,
                company.id,
                settlement.SETTLED,
                ends,
                SQL("AND coalesce(settled_at, finished_at) >= %s", begins) if begins else SQL(),
                SQL("AND pos_config_id = %s", config.id) if config else SQL(),
            )
        )
        received = {}
        for *coin, units in self.env.cr.fetchall():
            name = self.env["mixpay.payment"]._coin(*(part or "" for part in coin))
            received[name] = facts.plain(facts.number(received.get(name)) + facts.number(units))
        return received

    # === DECISIONS === #

    def _decisions(self, export):
        """Return rows of what people decided about money in the period."""
        rows = [*self._decided(export), *self._confirmed(export), *self._stopped(export)]
        return sorted(rows, key=lambda row: (row["date"], row["time"], row["trace_id"]))

    def _of_period(self, export, model, field, **conditions):
        domain = [
            ("company_id", "=", export.company_id.id),
            (field, ">=", export.begins_at),
            (field, "<", export.ends_at),
            *((name, "=", value) for name, value in conditions.items()),
        ]
        return self.env[model].search(domain, order=f"{field}, id")

    def _decided(self, export):
        payments = self._of_period(export, "mixpay.payment", "decided_at", is_test=False)
        labels = dict(payments._fields["decision"]._description_selection(self.env))
        for payment in payments:
            yield {
                **self._decision_row(payment, payment.decided_at, export.tz),
                "what": self.env._("Decision"),
                "decision": labels.get(payment.decision, ""),
                "reason": payment.decision_note or "",
                "decided_by": payment.decided_by or "",
            }

    def _confirmed(self, export):
        for payment in self._of_period(export, "mixpay.payment", "confirmed_at", is_test=False):
            yield {
                **self._decision_row(payment, payment.confirmed_at, export.tz),
                "what": self.env._("Marked as paid"),
                "decision": "",
                "reason": payment.confirmation_reason or "",
                "decided_by": payment.confirmed_by or "",
            }

    def _stopped(self, export):
        """Yield approvals for which no money was booked: a payment was given up."""
        granted = self._of_period(
            export, "mixpay.approval", "decided_at", outcome=GRANTED, action=FORCE_CANCEL
        )
        for approval in granted.filtered(lambda one: not one.payment_id.is_test):
            yield {
                **self._decision_row(approval.payment_id, approval.decided_at, export.tz),
                "what": self.env._("Stopped waiting"),
                "decision": "",
                "reason": approval.reason or "",
                "decided_by": approval.approver or "",
            }

    def _decision_row(self, payment, moment, tz):
        date, time, zone = periods.shown(moment, tz)
        return {
            "order": payment.pos_order_id.name or payment.order_name or "",
            "trace_id": payment.trace_id,
            "currency": payment.currency_id.name,
            "amount": payment.price.amount,
            "date": date,
            "time": time,
            "zone": zone,
        }

    # === SETTINGS === #

    def _settings(self, export):
        """Return rows of what was set at the cut-off, by what has changed since."""
        company = export.company_id
        methods = self.env["pos.payment.method"].with_context(active_test=False)
        for_us = methods.search([*IS_MIXPAY, ("company_id", "=", company.id)], order="id")
        rows = [
            self._setting_row(export, method, name)
            for method in for_us
            for name in (*RECORDED, "config_ids")
        ]
        return rows + [self._setting_row(export, company, name) for name in sorted(LIMITS)]

    def _setting_row(self, export, record, name):
        """Return what a field said at the cut-off, from what it says now and what was changed."""
        events = self._changes(export, record, name)
        later = events.filtered(lambda event: event.create_date >= export.ends_at)
        earlier = events - later
        value = later[0].data.get("old") if later else self._value_now(record, name)
        moment = earlier[-1:].create_date
        return {
            "scope": record.display_name,
            "setting": record._fields[name]._description_string(self.env),
            "value": events._shown_value(name, value),
            "since": " ".join(periods.shown(moment, export.tz)).strip(),
        }

    def _value_now(self, record, name):
        value, field = record[name], record._fields[name]
        if field.relational:
            return ", ".join(value.mapped("display_name"))
        return "" if value is False and field.type != "boolean" else value

    def _changes(self, export, record, name):
        """Return the changes of a setting, the earliest first."""
        events = self.env["mixpay.event"]
        is_method = record._name == "pos.payment.method"
        domain = [
            ("kind", "in", ("method_changed", "setting_changed")),
            ("company_id", "=", export.company_id.id),
            ("payment_method_id", "=", record.id if is_method else False),
        ]
        return events.search(domain, order="id").filtered(
            lambda event: (event.data or {}).get("setting") == name
        )
