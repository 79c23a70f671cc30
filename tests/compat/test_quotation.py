"""A quotation of Sales that is settled at the register."""

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
