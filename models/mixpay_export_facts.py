"""What an order, or a payment, is for the books, as facts: see `mixpay/facts.py`."""

from decimal import Decimal

from odoo import models

from ..mixpay import facts, money, periods, settlement

# Facts that lead to people, or describe them, in rows of any sheet: see `mixpay.retention`.
PERSONAL = ("txids", "reason")


class MixpayExportFacts(models.AbstractModel):
    """Reads payments and orders, by the superuser's rights; writes nothing."""

    _name = "mixpay.export.facts"
    _description = "MixPay payments and their orders as facts"

    # === PAYMENTS === #

    def _of_payments(self, payments, tz):
        """Return the facts of payments by their ids.

        :param str tz: name of the time zone for dates and times
        """
        joined = self.env["mixpay.export.books"]._facts(payments)
        return {
            payment.id: {
                **self._place(payment, payment.counted_at, tz),
                **self._price(payment, tz),
                **self._coin_facts(payment, tz),
                **self._settled(payment, tz),
                **self._decided(payment, tz),
                **joined.get(payment.id, {}),
            }
            for payment in payments
        }

    def _place(self, payment, moment, tz):
        order = payment.pos_order_id
        date, time, zone = periods.shown(moment, tz)
        session = order.session_id or payment.pos_session_id
        return {
            "company": payment.company_id.name,
            "shop": (order.config_id or payment.pos_config_id).name or "",
            "session": session.name or "",
            "cashier": self._cashier(order) if order else payment.create_uid.name or "",
            "order": (order.name if order else payment.order_name) or "",
            "order_key": str(order.id or ""),
            "invoice": order.account_move.name or "",
            "entry": session.move_id.name or "",
            "date": date,
            "time": time,
            "zone": zone,
        }

    def _cashier(self, order):
        """Return who sold it: the employee, where the shop's registers know them."""
        employee = order["employee_id"].name if "employee_id" in order._fields else ""
        return employee or order.user_id.name or ""

    def _price(self, payment, tz):
        states_ = dict(payment._fields["state"]._description_selection(self.env))
        company = payment.company_id
        return {
            "trace_id": payment.trace_id,
            "status": states_[payment.state],
            "basis": self._basis(payment),
            "currency": payment.currency_id.name,
            "amount": payment.price.amount,
            "value_currency": company.currency_id.name,
            "value": self._value(payment, tz),
        }

    def _value(self, payment, tz):
        """Return the price in the company's currency, at the rate that the order was booked with.

        Of money in no order, at the rate of the day that stands beside it.
        """
        company, order = payment.company_id, payment.pos_order_id
        if payment.currency_id == company.currency_id:
            return payment.price.amount
        if order.currency_rate:
            value = payment.amount / order.currency_rate
        else:
            value = payment.currency_id._convert(
                payment.amount,
                company.currency_id,
                company,
                periods.local(payment.counted_at, tz).date(),
            )
        return f"{money.from_float(value, company.currency_id.decimal_places)}"

    def _basis(self, payment):
        if payment._has_arrived():
            return self.env._("MixPay")
        if payment.confirmed_at:
            return self.env._("Approver: %s", payment.confirmed_by)
        return self.env._("Limit for unconfirmed payments")

    def _coin_facts(self, payment, tz):
        txids = payment.transfer_ids.mapped("txid") or [payment.txid or ""]
        return {
            "coin": payment.payment_symbol or "",
            "network": payment.payment_version or "",
            "units": money.plain(payment.payment_amount),
            "rate": payment.rate or "",
            "rate_unit": payment.rate_unit or "",
            "rate_source": payment.rate_source or "",
            "rate_at": " ".join(periods.shown(payment.rate_at, tz)).strip(),
            "txids": " ".join(txids),
        }

    def _settled(self, payment, tz):
        is_settled = payment.settle_status == settlement.SETTLED
        units = money.plain(payment.settle_amount) if is_settled else ""
        moment = payment._settled_since()
        return {
            "settled_coin": (is_settled and payment.settle_symbol) or "",
            "settled_network": (is_settled and payment.settle_version) or "",
            "settled_units": units,
            "settled_at": " ".join(periods.shown(moment, tz)).strip(),
            "fee": "0" if self._is_without_fee(payment, units) else "",
        }

    def _is_without_fee(self, payment, units):
        """Tell whether MixPay paid out all that came; it can be told only in the same coin."""
        is_same_coin = payment.settle_asset_id and (
            payment.settle_asset_id == payment.payment_asset_id
        )
        came = money.parse_or_none(payment.payment_amount)
        return bool(units and is_same_coin and came is not None and Decimal(units) >= came)

    def _decided(self, payment, tz):
        decisions = dict(payment._fields["decision"]._description_selection(self.env))
        return {
            "decision": decisions.get(payment.decision, ""),
            "decided_by": payment.decided_by or payment.confirmed_by or "",
            "decided_at": " ".join(
                periods.shown(payment.decided_at or payment.confirmed_at, tz)
            ).strip(),
        }

    # === ORDERS === #

    def _facts_of_orders(self, orders, tz):
        """Return the facts of orders by their ids; each has its whole total, once."""
        return {order.id: self._facts_of_order(order, tz) for order in orders}

    def _facts_of_order(self, order, tz):
        date, time, zone = periods.shown(order.date_order, tz)
        return {
            "company": order.company_id.name,
            "shop": order.config_id.name,
            "session": order.session_id.name or "",
            "cashier": self._cashier(order),
            "order": order.name or "",
            "order_key": str(order.id),
            "invoice": order.account_move.name or "",
            "entry": order.session_id.move_id.name or "",
            "date": date,
            "time": time,
            "zone": zone,
            "currency": order.currency_id.name,
            **{
                name: facts.plain(money.from_float(amount, order.currency_id.decimal_places))
                for name, amount in (self._amounts(order) | self._taxes(order)).items()
            },
        }

    def _amounts(self, order):
        ours = order.payment_ids.filtered(lambda line: line._is_mixpay())
        return {
            "total": order.amount_total,
            "mixpay": sum(ours.mapped("amount")),
            "others": sum((order.payment_ids - ours).mapped("amount")),
        }

    def _taxes(self, order):
        """Return net, tips and taxes of an order, rounded as core has rounded them.

        Total = net + tips + taxes. Tips are without their tax, where they have any: that stands,
        with its base, in the columns of the tax.
        """
        taxes, company = self.env["account.tax"], order.company_id
        lines = order._prepare_tax_base_line_values()
        taxes._add_tax_details_in_base_lines(lines, company)
        taxes._round_base_lines_tax_details(lines, company)
        tip = order.config_id.tip_product_id
        amounts = {"net": 0.0, "tips": 0.0, "tax": 0.0}
        for line in lines:
            details = line["tax_details"]
            is_tip = tip and line["product_id"] == tip
            net = details["total_excluded_currency"] + details["delta_total_excluded_currency"]
            amounts["tips" if is_tip else "net"] += net
            for tax in details["taxes_data"]:
                key, amount = tax["tax"].id, tax["tax_amount_currency"]
                base = tax["base_amount_currency"]
                amounts[f"base:{key}"] = amounts.get(f"base:{key}", 0.0) + base
                amounts[f"tax:{key}"] = amounts.get(f"tax:{key}", 0.0) + amount
                amounts["tax"] += amount
        sign = -1 if order.amount_total < 0 else 1
        return {name: sign * amount for name, amount in amounts.items()}

    def _tax_labels(self, keys):
        """Return the names of taxes by the keys that are in facts' columns, sorted by them."""
        found = self.env["account.tax"].browse(sorted(map(int, keys))).exists()
        names = {str(tax.id): tax.name for tax in found}
        return {key: names.get(key, key) for key in sorted(keys, key=int)}
