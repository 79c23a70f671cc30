"""Points that are earned and spent."""

from .common import CompatTours, compat


@compat
class TestLoyalty(CompatTours):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        programs = cls.env["loyalty.program"]
        programs.search([]).active = False
        cls.customer = cls.env["res.partner"].create({"name": "Loyal customer"})
        product = cls.desk_pad.product_variant_id
        cls.program = programs.create(
            {
                "name": "A point for each",
                "program_type": "loyalty",
                "trigger": "auto",
                "applies_on": "both",
                "pos_config_ids": [(4, cls.main_pos_config.id)],
                "rule_ids": [(0, 0, {"reward_point_mode": "unit", "reward_point_amount": 1})],
                "reward_ids": [
                    (
                        0,
                        0,
                        {
                            "reward_type": "product",
                            "reward_product_id": product.id,
                            "reward_product_qty": 1,
                            "required_points": 2,
                        },
                    )
                ],
            }
        )

    def test_points(self):
        """Two points earned in one sale, and spent in the next one."""
        session = self.open_register()
        self.start_pos_tour("MixpayCompatLoyaltyTour")
        first, second = session.order_ids.sorted("id")
        self.assert_backed(first)
        self.assert_backed(second)
        self.assertEqual(second.lines.filtered("is_reward_line").qty, 1)
        card = self.program.coupon_ids.filtered(lambda card: card.partner_id == self.customer)
        self.assertEqual(card.points, 2 - 2 + 3)
