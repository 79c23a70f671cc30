"""Whether a register would finish a paid order without asking anybody; and finishing it so.

All that Odoo's registers ask, or do by themselves, before and after an order is validated: core's
`OrderPaymentValidation` and `PaymentScreen`, and what other modules add there. Modules are
recognized by their fields, so this addon depends on none of them.
"""

import json
import re

from odoo import fields, models

from ..mixpay import finishing

# A register sells in an opened session only, neither before nor after its cash is counted.
OPENED = "opened"
# Fields of a Point of Sale or of its company, set where a device or certified software takes part:
# black boxes, fiscal printers and data modules, fiskaly (TSE, RKSV), Austria's signature units,
# TicketBAI, Veri*Factu, and Spain's simplified invoices, which only a register chooses.
FISCAL_SETTING = re.compile(
    r"blackbox|fiskaly|fiscal_(?:data|device|printer|module|unit)|(?:^|_)(?:tse|tss|rksv)(?:_|$)"
    r"|^asign_enabled$|tbai_is_enabled|verifactu_required|^is_spanish$"
)
# Where every sale is invoiced: a register makes it so when its payment screen opens, in Saudi
# Arabia with the module that has this field of an order.
INVOICING_COUNTRIES = ("AR", "PE", "UY")
SAUDI_INVOICE = "l10n_sa_invoice_qr_code_str"
# Of Belgium's chart of accounts: intra-community sales, invoiced where a quotation is settled.
BELGIAN_COMMUNITY = "fiscal_position_template_3"
# Fields of an order that such a device or software has filled in.
FISCAL_SIGNATURE = re.compile(
    r"blackbox|fiskaly|signature|(?:^|_)hash$|fiscal_(?!position)|(?:^|_)(?:tse|tss|rksv)(?:_|$)"
)
# Enterprise's displays in a kitchen, of this version and of those before.
DISPLAYS = ("pos.prep.display", "pos_preparation_display.display")
# What core uses with the seller's own rights when it confirms a quotation; the last one where
# loyalty is used in Sales, too.
RIGHTS_TO_CONFIRM = {
    "sale.order": "write",
    "sale.order.line": "write",
    "sale.order.coupon.points": "read",
}
# What a parcel's address needs, as the register asks for it.
ADDRESS = ("name", "street", "city", "country_id")


class MixpayCompletion(models.AbstractModel):
    """Whether a register would finish a paid order without asking anybody; and finishing it so."""

    _name = "mixpay.completion"
    _description = "Finishing paid orders as a register does"

    def _obstacle(self, order, payments, covered, others):
        """Return why a person must finish this draft; empty when a register would ask nobody.

        :param order: `pos.order`, with all rights and in its company
        :param payments: the MixPay payments that cover payment lines of it
        :param covered: these lines
        :param others: those of other payment methods
        :return: one of `finishing.REASONS`, or ""
        :rtype: str
        """
        certain = others.filtered(self._is_certain)
        checks = (
            (finishing.SESSION, lambda: not self._session_of(order)),
            (finishing.SHOP, lambda: not self._is_of_its_shop(order, payments)),
            (finishing.USER, lambda: not self._may_seller_save(order)),
            (finishing.FISCAL, lambda: self._is_fiscal(order)),
            (finishing.REFUND, lambda: self._takes_back(order)),
            (finishing.TENDER, lambda: others - certain),
            (finishing.PART, lambda: self._is_part(order, covered | certain)),
            (finishing.PART, lambda: self._is_total_outdated(order)),
            (finishing.GIVEN_UP, lambda: any(payments.mapped("is_abandoned"))),
            (finishing.CUSTOMER, lambda: self._lacks_customer(order)),
            (finishing.DETAILS, lambda: self._lacks_details(order)),
            (finishing.PRESET, lambda: self._lacks_for_preset(order)),
            (finishing.LOYALTY, lambda: self._books_loyalty(order)),
            (finishing.KITCHEN, lambda: self._is_kitchen_unaware(order)),
            (finishing.REGISTER, lambda: self._joins_tables(order) or self._lacks_invoice(order)),
        )
        return next((reason for reason, applies in checks if applies()), "")

    def _finish_order(self, order):
        """Finish a draft as core does when a register sends it paid; other modules do their part.

        In the name of who opened the session, in their company, time zone and language.

        :raises UserError: when core, or another module, refuses
        """
        session = self._session_of(order)
        user = session.user_id
        # Nothing of the job's, or of the request that closes a session, such as its defaults.
        context = {"allowed_company_ids": order.company_id.ids, "lang": user.lang, "tz": user.tz}
        own = order.with_user(user).with_context(context)  # pylint: disable=context-overridden
        own.sync_from_ui(
            [
                {
                    "uuid": order.uuid,
                    "access_token": order.access_token,
                    "session_id": session.id,
                    "company_id": order.company_id.id,
                    "source": order.source,
                    "state": "paid",
                    "date_order": fields.Datetime.to_string(fields.Datetime.now()),
                    "amount_total": order.amount_total,
                    "amount_return": 0.0,
                    "lines": [],
                    "payment_ids": [],
                }
            ]
        )

    def _may_save(self, user, company):
        """Tell whether a user may save orders of a company.

        A user that was deleted is none, and acting for none would be acting for the superuser.
        """
        return (
            bool(user)
            and user.active
            and not user._is_superuser()
            and user.has_group("point_of_sale.group_pos_user")
            and company in user.company_ids
        )

    def _may_confirm(self, user, quotation_ids):
        """Tell whether core will confirm these quotations when a user sells what is in them.

        Asked with that user's own rights: of what they may not see they learn nothing.
        """
        quotations = self.env["sale.order"].with_user(user).browse(quotation_ids).exists()
        if not quotations.has_access("read"):
            return False
        unconfirmed = quotations.filtered(lambda one: one.state in ("draft", "sent"))
        needed = [(name, right) for name, right in RIGHTS_TO_CONFIRM.items() if name in self.env]
        return not unconfirmed or (
            unconfirmed.has_access("write")
            and all(self.env[name].with_user(user).has_access(right) for name, right in needed)
        )

    # === WHERE AND WHO === #

    def _session_of(self, order):
        """Return the opened session that the order is finished in; empty for none."""
        sessions = order.session_id | order.config_id.current_session_id
        return sessions.filtered(lambda session: session.state == OPENED)[:1]

    def _is_of_its_shop(self, order, payments):
        """Tell whether the session is of the shop that was paid, or of one that shares its orders.

        Whoever sells may write another session to a draft; a person has to see that.
        """
        config = self._session_of(order).config_id
        if config.company_id != order.company_id:
            return False
        move = self.env["mixpay.move"]
        return all(move._are_one_shop(paid, config) for paid in payments.pos_config_id)

    def _may_seller_save(self, order):
        session = self._session_of(order)
        # Any user of the Point of Sale may write who opened a session, to act in another's name.
        # Who created it nobody can write, and core names the same for both.
        is_opener = session.user_id == session.create_uid
        return is_opener and self._may_save(session.user_id, order.company_id)

    def _is_fiscal(self, order):
        """Tell whether a fiscal device or certified software takes part in sales here.

        By settings, by what France's module says of the company, and by what such a thing has left
        on a sale of this Point of Sale before, whatever module it is of.
        """
        company, config = order.company_id, order.config_id
        certified = getattr(company, "_is_accounting_unalterable", None)
        if certified and certified():
            return True
        for record in (config, company):
            names = [name for name in record._fields if FISCAL_SETTING.search(name)]
            if any(record[name] for name in names):
                return True
        signatures = [
            name
            for name, field in order._fields.items()
            if field.store and FISCAL_SIGNATURE.search(name)
        ]
        return any(
            order.search_count([("config_id", "=", config.id), (name, "!=", False)], limit=1)
            for name in signatures
        )

    # === MONEY === #

    def _is_certain(self, line):
        """Tell whether the server itself knows that another method's line is paid, or it is 0.

        Cash and cards are typed in before they are handed over, and terminals tell the register.
        Odoo's online payments are the server's own.
        """
        if line.currency_id.is_zero(line.amount):
            return True
        if "online_account_payment_id" not in line._fields:
            return False
        online = line.online_account_payment_id
        return (
            line.payment_method_id.is_online_payment
            and online.pos_order_id == line.pos_order_id
            and line.currency_id.is_zero(online.amount - line.amount)
        )

    def _is_part(self, order, lines):
        """Tell whether these lines come to something else than the total, by core's rounding."""
        total = order._get_rounded_amount(order.amount_total)
        return not order.currency_id.is_zero(sum(lines.mapped("amount")) - total)

    def _is_total_outdated(self, order):
        """Tell whether the total is another than that of the products, as core works it out.

        Core keeps what the last register sent: where two devices serve one table, and it makes one
        order of theirs, that is the second one's total, with the products of both.
        """
        anew = order.new(origin=order)  # nothing is written
        # Of one order there is one such record, which may have been filled before it changed.
        for records in (anew.lines, anew):
            records.invalidate_recordset(flush=False)
        anew._compute_prices()
        difference = order._get_rounded_amount(anew.amount_total) - order._get_rounded_amount(
            order.amount_total
        )
        return not order.currency_id.is_zero(difference)

    def _takes_back(self, order):
        """Tell whether something comes back; a discount of the whole order is no such thing."""
        config = order.config_id
        discount = config.discount_product_id if "discount_product_id" in config._fields else None
        return order.is_refund or any(
            line.qty < 0
            or line.refunded_orderline_id
            or (line.price_subtotal_incl < 0 and line.product_id != discount)
            for line in order.lines
        )

    # === CUSTOMER === #

    def _lacks_customer(self, order):
        methods = order.payment_ids.payment_method_id
        is_asked = any(methods.mapped("split_transactions"))
        return bool(is_asked or order.to_invoice or order.shipping_date) and not order.partner_id

    def _lacks_details(self, order):
        """Tell whether a parcel has no address, or Peru's customer no identification number."""
        partner = order.partner_id
        if order.shipping_date and not all(partner[name] for name in ADDRESS):
            return True
        is_peruvian = order.company_id.account_fiscal_country_id.code == "PE"
        return is_peruvian and bool(partner) and not partner.vat

    def _lacks_invoice(self, order):
        """Tell whether a register would have it invoiced, and none has seen to that."""
        country = order.company_id.country_id.code
        is_invoiced = (
            country in INVOICING_COUNTRIES
            or (country == "SA" and SAUDI_INVOICE in order._fields)
            or (country == "BE" and self._settles_community_sale(order))
        )
        return is_invoiced and not order.to_invoice

    def _settles_community_sale(self, order):
        """Tell whether a quotation with taxes of intra-community sales is settled in it."""
        if "sale_order_origin_id" not in order.lines._fields:
            return False
        chart = self.env["account.chart.template"].with_company(order.company_id.root_id)
        position = chart.ref(BELGIAN_COMMUNITY, raise_if_not_found=False)
        settled = order.lines.filtered("sale_order_origin_id")
        return bool(position and settled and order.lines.tax_ids & position.tax_ids)

    def _lacks_for_preset(self, order):
        """Tell whether the preset asks for more, as `presetRequirementsFilled` does."""
        preset, partner = order.preset_id, order.partner_id
        lacks = {
            "name": not (order.floating_order_name or partner),
            "address": not (partner.street or partner.street2),
        }
        is_late = preset.use_timing and not order.preset_time
        return bool(is_late or lacks.get(preset.identification))

    # === WHAT ONLY A REGISTER BOOKS === #

    def _books_loyalty(self, order):
        """Tell whether points, coupons or cards would change: their sums are the browser's."""
        lines, config = order.lines, order.config_id
        if "reward_id" not in lines._fields:
            return False
        if any(line.is_reward_line or line.reward_id or line.coupon_id for line in lines):
            return True
        programs = config._get_program_ids().filtered(
            lambda program: program.company_id in (program.company_id.browse(), order.company_id)
        )
        return any(self._may_give(program, order) for program in programs)

    def _may_give(self, program, order):
        """Tell whether a program may give points, a card or a coupon for this order.

        What is for the present order alone shows as reward lines; what has a price, or a code that
        the cashier typed, is not worked out: it may.
        """
        if program.applies_on == "current" or (program.is_nominative and not order.partner_id):
            return False
        products = order.lines.product_id
        return any(
            products.filtered_domain(rule._get_valid_product_domain()) for rule in program.rule_ids
        )

    def _joins_tables(self, order):
        """Tell whether the table has others joined to it, which its register parts afterwards."""
        if "table_id" not in order._fields or not order.table_id:
            return False
        return bool(order.table_id.search_count([("parent_id", "=", order.table_id.id)], limit=1))

    # === KITCHEN === #

    def _is_kitchen_unaware(self, order):
        """Tell whether a kitchen's printers or displays lack something.

        As core's `getOrderChanges` works it out; a combo's lines go with each other.
        """
        shown = self._kitchen_categories(order.config_id)
        if not shown:
            return False
        lines = order.lines.filtered(
            lambda line: shown & self._combo_of(line).product_id.pos_categ_ids
        )
        try:
            sent = json.loads(order.last_order_preparation_change or "{}").get("lines") or {}
            is_news = any(self._is_news(line, sent) for line in lines)
            return is_news or self._is_something_gone(order, sent)
        except (ValueError, TypeError, AttributeError, KeyError):
            return True  # a browser wrote it, and it is not what core writes

    def _kitchen_categories(self, config):
        """Return the categories that printers or displays show, with those below them."""
        here = ["|", ("pos_config_ids", "=", False), ("pos_config_ids", "in", config.ids)]
        displays = [
            display
            for name in DISPLAYS
            if name in self.env
            for display in self.env[name].search(here)
        ]
        categories = config.printer_ids.product_categories_ids
        if any(not display.category_ids for display in displays):
            return categories.search([])  # it shows all; pylint: disable=no-search-all
        for display in displays:
            categories |= display.category_ids
        return categories.search([("id", "child_of", categories.ids)])

    def _combo_of(self, line):
        return line | line.combo_parent_id | line.combo_line_ids

    def _is_news(self, line, sent):
        """Tell whether what was sent of a line is not what it says now."""
        notes = (line.note or "[]", line.customer_note or "")
        return not any(
            key.startswith(line.uuid)
            and known["quantity"] == line.qty
            and (known.get("note") or "[]", known.get("customer_note") or "") == notes
            for key, known in sent.items()
        )

    def _is_something_gone(self, order, sent):
        """Tell whether something was sent that is not in the order any more."""
        uuids = set(order.lines.mapped("uuid"))
        return any(known["uuid"] not in uuids and known["quantity"] for known in sent.values())
