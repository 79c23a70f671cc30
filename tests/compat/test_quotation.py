"""A quotation of Sales that is settled at the register."""

import uuid
from copy import deepcopy

from odoo import Command
from odoo.exceptions import UserError
from odoo.tools import mute_logger

from odoo.addons.point_of_sale.tests.common import TestPoSCommon

from ..common import CASHIER, MixpayShopCase
from .common import CompatTours, compat


@compat
class TestQuotation(CompatTours):
    @classmethod
    def get_default_groups(cls):
        return super().get_default_groups() | cls.quick_ref("sales_team.group_sale_manager")

    def test_settled(self):
        # With loyalty in Sales, core confirms a quotation with the cashier's own rights.
        self.pos_user.group_ids += self.env.ref("sales_team.group_sale_salesman_all_leads")
        quotation = self.env["sale.order"].create(
            {
                "partner_id": self.env["res.partner"].create({"name": "Customer"}).id,
                "order_line": [(0, 0, {"product_id": self.desk_pad.product_variant_id.id})],
            }
        )
        session = self.open_register()
        self.start_pos_tour("MixpayCompatQuotationTour")
        order = session.order_ids
        self.assertEqual(order.state, "paid")
        self.assertEqual(order.lines.sale_order_origin_id, quotation)
        self.assertEqual(quotation.state, "sale")
        self.assert_backed(order)


@compat
class TestQuotationRights(MixpayShopCase, TestPoSCommon):
    """Who may not confirm a quotation is told so before a code is shown."""

    CASHIERS = (
        "point_of_sale.group_pos_user",
        "point_of_sale.group_pos_manager",
        "sales_team.group_sale_salesman",
        "sales_team.group_sale_salesman_all_leads",
        "sales_team.group_sale_manager",
        "account.group_account_invoice",
    )

    def setUp(self):
        super().setUp()
        self.env["loyalty.program"].search([]).active = False

    def cashier(self, group):
        return self.new_user(f"till_{uuid.uuid4()}", f"{CASHIER},{group}")

    def quotation(self, **changes):
        line = {"product_id": self.product.id, "price_unit": 10.0}
        vals = {"partner_id": self.customer.id, "order_line": [Command.create(line)]}
        orders = self.env["sale.order"].sudo().with_company(self.company)
        return orders.create(vals | {"company_id": self.company.id} | changes)

    def settling(self, quotation, state="draft"):
        """Return what a register sends of an order that settles a quotation."""
        self.line_uuid = str(uuid.uuid4())
        data = self.order_data(state=state)
        data["lines"][0][2].update(
            sale_order_origin_id=quotation.id, sale_order_line_id=quotation.order_line.id
        )
        return data

    def is_confirmed(self, cashier, quotation):
        """Have a cashier sell a quotation for cash; tell whether Odoo lets them, and undo it."""
        data = self.settling(quotation, "paid")
        cash = self.config.payment_method_ids.filtered("is_cash_count")[:1]
        data["payment_ids"][0][2]["payment_method_id"] = cash.id
        orders = self.env["pos.order"].with_user(cashier).with_company(self.company)
        self.env.invalidate_all()
        try:
            with self.cr.savepoint() as savepoint:
                orders.sync_from_ui([deepcopy(data)])
                self.env.flush_all()
                self.assertEqual(quotation.state, "sale")
                savepoint.rollback()
        except UserError:
            return False
        finally:
            self.env.invalidate_all()
        return True

    def test_the_check_says_what_odoo_would_do(self):
        quotations = {
            "nobody's": self.quotation(user_id=False),
            "another's": self.quotation(user_id=self.env.ref("base.user_admin").id),
            "confirmed": self.quotation(user_id=False),
        }
        quotations["confirmed"].action_confirm()
        completion = self.env["mixpay.completion"]
        outcomes = set()
        for group in self.CASHIERS:
            cashier = self.cashier(group)
            for kind, quotation in quotations.items():
                with self.subTest(group=group, kind=kind), mute_logger("odoo.addons.base.models"):
                    outcome = self.is_confirmed(cashier, quotation)
                    outcomes.add(outcome)
                    self.assertEqual(completion._may_confirm(cashier, quotation.ids), outcome)
        self.assertEqual(outcomes, {True, False})

    def test_a_code_is_shown_to_none_whose_sale_would_be_refused(self):
        cashier, seller = (
            self.cashier("point_of_sale.group_pos_user"),
            self.cashier("sales_team.group_sale_salesman_all_leads"),
        )
        data = self.settling(self.quotation())
        orders = self.env["pos.order"]
        with self.assertRaisesRegex(UserError, "rights in Sales"):
            orders.with_user(cashier)._mixpay_check_can_be_saved(data["uuid"], data)
        orders.with_user(seller)._mixpay_check_can_be_saved(data["uuid"], data)
        saved = self.sync(deepcopy(data))
        with self.assertRaisesRegex(UserError, "rights in Sales"):
            orders.with_user(cashier)._mixpay_check_can_be_saved(saved.uuid, {})
        orders.with_user(cashier)._mixpay_check_can_be_saved(str(uuid.uuid4()), {})

    def test_a_quotation_that_one_may_not_see_is_like_one_that_is_not_there(self):
        cashier, completion = (
            self.cashier("point_of_sale.group_pos_user"),
            self.env["mixpay.completion"],
        )
        there = self.quotation()
        self.assertFalse(completion._may_confirm(cashier, there.ids))
        self.assertFalse(completion._may_confirm(cashier, [there.id + 100000]))
        self.assertFalse(there.pos_order_line_ids)
