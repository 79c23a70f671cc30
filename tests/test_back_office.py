"""What each of the back office's people sees: nothing that ends in a refusal."""

from ast import literal_eval

from lxml import etree

from odoo.exceptions import AccessError
from odoo.tests import Form, tagged

from odoo.addons.point_of_sale.tests.common import TestPoSCommon

from .common import MANAGER
from .common_refunds import MixpayRefundsMixin
from .test_books import MixpayBooksCase

# One right each, as in shops where nobody has all of them.
CASHIER = "point_of_sale.group_pos_user"
AUDITOR = "account.group_account_readonly"
INVOICING = "account.group_account_invoice"
ACCOUNTANTS = ("account.group_account_user", "account.group_account_manager")


@tagged("post_install", "-at_install")
class TestMixpayBackOffice(MixpayRefundsMixin, MixpayBooksCase, TestPoSCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.allow_refunds()

    def person(self, group):
        """Return a user with one right besides that of every employee."""
        return self.new_user(f"office_{group.rpartition('.')[2]}", f"base.group_user,{group}")

    def screens(self, user):
        """Yield the models that this addon's menus and buttons open, as far as a user reads them.

        Nothing is known of before, as in requests of their own.
        """
        data = self.env["ir.model.data"].search(
            [("module", "=", "pos_mixpay"), ("model", "=", "ir.actions.act_window")]
        )
        actions = self.env["ir.actions.act_window"].browse(data.mapped("res_id"))
        for name in sorted(set(actions.mapped("res_model"))):
            model = self.env[name].with_user(user)
            if model.has_access("read") and not model._transient:
                self.env.flush_all()
                self.env.invalidate_all()
                yield model

    def nodes(self, model, kind, tag):
        arch = model.get_views([(False, kind)])["views"][kind]["arch"]
        return list(etree.fromstring(arch).iter(tag))

    def buttons(self, user, name):
        model = self.env[name].with_user(user)
        nodes = [node for kind in ("list", "form") for node in self.nodes(model, kind, "button")]
        return {node.get("string") for node in nodes}

    # === SEARCHING === #

    def test_what_is_typed_can_be_searched_for(self):
        for group in (CASHIER, MANAGER, AUDITOR, INVOICING, *ACCOUNTANTS):
            user = self.person(group)
            for model in self.screens(user):
                for node in self.nodes(model, "search", "field"):
                    name = node.get("name")
                    if model._fields[name].type in ("char", "many2one"):
                        with self.subTest(group=group, model=model._name, field=name):
                            model.search([(name, "ilike", "tea")])
                            self.env.invalidate_all()

    def test_coins_sold_are_found(self):
        user = self.person(ACCOUNTANTS[0])
        sold = self.env["mixpay.cash.out"].with_user(user)
        sold = sold.create(
            {
                "payment_method_id": self.method.id,
                "coin": "USDT (Tron)",
                "units": "120.5",
                "reference": "Exchange 77",
                "cost": 100,
                "cost_method": "first in, first out",
                "proceeds": 101,
                "proceeds_account_id": self.company_data["default_account_revenue"].id,
            }
        )
        for text in ("usdt", "exchange 77", "120.5"):
            self.assertEqual(sold.search([("display_name", "ilike", text)]), sold)
        self.assertFalse(sold.search([("display_name", "ilike", "btc")]))

    # === BUTTONS === #

    def test_buttons_are_for_who_may_press_them(self):
        entries = {"Try Again", "Enter Value", "Entered by Hand", "Enter It After All"}
        for group in (AUDITOR, INVOICING):
            user = self.person(group)
            self.assertFalse(self.buttons(user, "mixpay.booking"), group)
            self.assertFalse(self.buttons(user, "mixpay.cash.out"), group)
        for group in ACCOUNTANTS:
            user = self.person(group)
            self.assertEqual(self.buttons(user, "mixpay.booking"), entries)
            self.assertEqual(self.buttons(user, "mixpay.cash.out"), {"Enter in the Books"})

    def test_nobody_is_offered_to_duplicate_what_was_exported(self):
        exports = self.env["mixpay.export"].with_user(self.person(ACCOUNTANTS[0]))
        for kind in ("list", "form"):
            [root] = self.nodes(exports, kind, kind)[:1]
            self.assertEqual(root.get("duplicate"), "false", kind)

    def test_a_refund_shows_its_buttons_to_who_may_decide(self):
        requests = self.env["mixpay.refund.request"].with_user(self.manager)
        line = self.refund_line(self.sell())
        own = requests._request_payout(line.with_user(self.manager), "A reason")
        colleague = self.new_user("office_colleague", MANAGER)
        for user, may in (
            (self.manager, False),  # asked for it
            (colleague, True),
            (self.person(AUDITOR), False),
            (self.person(INVOICING), False),
        ):
            self.assertEqual(own.with_user(user).sudo(False).can_decide, may, user.login)
        own.with_user(colleague).action_refuse()
        self.assertFalse(own.with_user(colleague).can_decide)
        shown = self.nodes(own.with_user(colleague), "form", "button")
        for name in ("action_approve", "action_refuse"):
            [button] = [node for node in shown if node.get("name") == name]
            self.assertEqual(button.get("invisible"), "not can_decide")

    # === LINKS === #

    def links(self, user):
        """Yield the relations in forms: which model, which field, and whether it can be opened."""
        for model in self.screens(user):
            for node in self.nodes(model, "form", "field"):
                field = model._fields.get(node.get("name"))
                is_own = next(node.iterancestors("field"), None) is None
                if is_own and field and field.type == "many2one":
                    options = literal_eval(node.get("options", "{}"))
                    yield model._name, field, not options.get("no_open")

    def test_links_lead_to_what_one_may_read(self):
        for group in (MANAGER, AUDITOR, INVOICING, *ACCOUNTANTS, "base.group_user"):
            user = self.person(group)
            opened = set()
            for name, field, can_open in self.links(user):
                may = self.env[field.comodel_name].with_user(user).has_access("read")
                self.assertTrue(may or not can_open, (group, name, field.name))
                opened |= {(name, field.name)} if can_open else set()
            # The form of a payment method shows its Points of Sale, too.
            for field in ("pos_session_id", "payment_method_id"):
                self.assertEqual(("mixpay.payment", field) in opened, group == MANAGER, group)

    # === REFUNDS === #

    def test_an_approver_without_any_other_right_decides_about_a_refund(self):
        leader = self.new_user("mixpay_leader")
        self.env["mixpay.approver"].with_user(self.manager).create(
            {"name": "Leader", "user_id": leader.id, "max_amount": 50}
        )
        refund = self.asked()
        self.assertIn(leader, refund.activity_ids.user_id)
        self.env.invalidate_all()  # as in a request of its own
        page = Form(refund.with_user(leader))
        self.assertEqual((page.amount, page.state), (10.0, "asked"))
        refund.with_user(leader).action_approve()
        self.assertEqual((refund.state, refund.approver), ("approved", leader.name))

    def test_the_window_of_a_payout_shows_nothing_of_another_company(self):
        refund = self.ready()
        other = self.env["res.company"].create({"name": "Other shop"})
        stranger = self.new_user("office_stranger", MANAGER, company=other)
        self.env.flush_all()
        for names in (["address", "memo", "rate", "units"], ["amount", "currency_id"]):
            self.env.invalidate_all()
            with self.assertRaises(AccessError), self.cr.savepoint():
                windows = self.env["mixpay.pay.refund"].with_user(stranger)
                windows.create({"refund_id": refund.id}).read(names)
            # Nor before it is saved, as a browser asks for it.
            self.env.invalidate_all()
            with self.assertRaises(AccessError):
                new = self.env["mixpay.pay.refund"].with_user(stranger).new
                [new({"refund_id": refund.id})[name] for name in names]
