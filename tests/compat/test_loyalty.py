"""Points that are earned and spent."""

from odoo.fields import Command

from .common import CompatTours, compat


@compat
class TestLoyalty(CompatTours):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        programs = cls.env["loyalty.program"]
        programs.search([]).active = False
        cls.customer = cls.env["res.partner"].create({"name": "Loyal customer"})
        rule = {"reward_point_mode": "order", "reward_point_amount": 1}
        reward = {
            "description": "98 cents less",
            "reward_type": "discount",
            "discount_mode": "per_order",
            "discount": 0.98,
            "required_points": 2,
        }
        cls.program = programs.create(
            {
                "name": "A point for each sale",
                "program_type": "loyalty",
                "trigger": "auto",
                "applies_on": "both",
                "pos_config_ids": [Command.link(cls.main_pos_config.id)],
                "rule_ids": [Command.create(rule)],
                "reward_ids": [Command.create(reward)],
            }
        )

    def test_points(self):
        """A point earned in one sale, and spent with that of the next one."""
        session = self.open_register()
        self.start_pos_tour("MixpayCompatLoyaltyTour")
        first, second = session.order_ids.sorted("id")
        self.assert_backed(first)
        self.assert_backed(second)
        reward = second.lines.filtered("is_reward_line")
        self.assertAlmostEqual(reward.price_subtotal_incl, -0.98)
        card = self.program.coupon_ids.filtered(lambda card: card.partner_id == self.customer)
        self.assertEqual(card.points, 0)
