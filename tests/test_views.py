import re
import uuid
from itertools import product

from lxml import etree

from odoo.tests import tagged

from odoo.addons.point_of_sale.tests.common import TestPoSCommon

from .common import MixpayShopCase

# What is in a label that was made from a field's name, and not written for people.
NOT_WORDS = re.compile(r"\b(Pos|Uuid|Uid|Txid|Ids?)\b")
# How a label begins that was made from the name of a yes or no. Odoo's own are let be.
YES_OR_NO = re.compile(r"^(Is|Has|May) [A-Z]")
VIEW = re.compile(r"^[a-z_]+_view_(form|list|search|kanban)(_[a-z]+)*$")
# Where MixPay reports a status that this version does not know, and nowhere else.
UNKNOWN = ["not unknown_status"]


@tagged("post_install", "-at_install")
class TestMixpayViews(MixpayShopCase, TestPoSCommon):
    """The back office's screens: named as Odoo's own, labelled in words, and within reach."""

    def setUp(self):
        super().setUp()
        self.accountant = self.person("accountant", "account.group_account_readonly")
        self.bookkeeper = self.person("bookkeeper", "account.group_account_invoice")
        self.manager = self.person("manager", "point_of_sale.group_pos_manager")

    def person(self, name, group):
        return self.new_user(f"mixpay_{name}", f"base.group_user,{group}")

    def ours(self, model):
        """Return this addon's records of a model, by their XML ids."""
        data = self.env["ir.model.data"].search(
            [("module", "=", "pos_mixpay"), ("model", "=", model)]
        )
        return {line.name: self.env[model].browse(line.res_id) for line in data}

    # === NAMES === #

    def test_views_actions_and_menus_are_named_after_their_model(self):
        for name, view in self.ours("ir.ui.view").items():
            if view.type == "qweb" or view.inherit_id:
                continue
            model = view.model.replace(".", "_")
            self.assertRegex(name, VIEW)
            self.assertTrue(name.startswith(f"{model}_view_{view.type}"), name)
            self.assertEqual(view.name, f"{view.model}.view.{view.type}")
        for name, action in self.ours("ir.actions.act_window").items():
            self.assertRegex(name, f"^{action.res_model.replace('.', '_')}_action(_[a-z]+)?$")
        for name, menu in self.ours("ir.ui.menu").items():
            if menu.action:
                model = menu.action.res_model.replace(".", "_")
                self.assertRegex(name, f"^{model}_menu(_[a-z]+)*$")

    def test_rules_and_rights_are_named_after_their_model(self):
        for name, rule in self.ours("ir.rule").items():
            self.assertRegex(name, f"^{rule.model_id.model.replace('.', '_')}_rule_[a-z]+$")
        for name, access in self.ours("ir.model.access").items():
            self.assertRegex(name, f"^access_{access.model_id.model.replace('.', '_')}_[a-z]+$")

    # === WORDS === #

    def test_labels_are_words(self):
        for name, view in self.ours("ir.ui.view").items():
            if view.type == "qweb":
                continue
            fields = self.env[view.model].fields_get()
            arch = etree.fromstring(view.arch)
            # Of a list inside a form, the fields are another model's.
            nodes = [node for node in arch.iter("field") if not len(node)]
            for node in nodes:
                field = fields.get(node.get("name"))
                if not field or node.get("invisible") == "1" or node.get("column_invisible"):
                    continue
                label = node.get("string") or field["string"]
                self.assertNotRegex(label, NOT_WORDS, f"{name}: {node.get('name')}")

    def test_labels_say_what_is_so(self):
        """Of all fields: filters and exports offer those that no view shows, too."""
        for name, model in self.env.items():
            for field in model._fields.values():
                if "pos_mixpay" in field._modules and not field.inherited:
                    self.assertNotRegex(field.string or "", YES_OR_NO, f"{name}: {field.name}")

    def test_no_bar_of_all_states(self):
        for name, view in self.ours("ir.ui.view").items():
            self.assertNotIn('widget="statusbar"', view.arch or "", name)

    def test_people_group_by_what_makes_groups(self):
        """Also an administrator, who may read everything: no tokens, identifiers or sentences."""
        for name, model in self.env.items():
            if not hasattr(model, "_grouped_texts"):
                continue
            fields = model.fields_get(attributes=["type", "groupable"])
            texts = {
                field
                for field, found in fields.items()
                if found["type"] == "char" and found["groupable"]
            }
            self.assertEqual(texts, model._grouped_texts, name)
        payments = self.env["mixpay.payment"].fields_get(attributes=["groupable"])
        self.assertFalse(payments["callback_token"]["groupable"])
        self.assertTrue(payments["payment_symbol"]["groupable"])

    def test_totals_are_of_what_was_paid(self):
        lines = [str(uuid.uuid4()) for _count in range(3)]
        paid, failed, _waiting = (self.record(payment_uuid=line, is_test=False) for line in lines)
        for payment, state in ((paid, "success"), (failed, "failed")):
            payment.env["mixpay.answer"]._transition(payment, state, {})
        self.assertEqual((paid + failed).mapped("paid_amount"), [paid.amount, 0])
        payments = self.env["mixpay.payment"]
        totals = payments.fields_get(["amount", "paid_amount"], ["aggregator"])
        self.assertFalse(totals["amount"].get("aggregator"))
        self.assertEqual(totals["paid_amount"]["aggregator"], "sum")
        domain = [("pos_session_id", "=", paid.pos_session_id.id)]
        [(_method, total)] = payments._read_group(
            domain, ["payment_method_id"], ["paid_amount:sum"]
        )
        self.assertEqual(total, paid.amount)

    def test_managers_see_a_status_that_this_version_does_not_know(self):
        view = self.env.ref("pos_mixpay.mixpay_payment_view_form")
        payments = self.env["mixpay.payment"]
        for user, is_shown in ((self.manager, True), (self.accountant, False)):
            arch = etree.fromstring(payments.with_user(user).get_view(view.id)["arch"])
            nodes = arch.xpath("//field[@name='unknown_status']")
            self.assertEqual([node.get("invisible") for node in nodes], UNKNOWN * is_shown)

    def test_no_dialog_asks_whether_it_is_right_before_its_fields_are_checked(self):
        for name, view in self.ours("ir.ui.view").items():
            arch = etree.fromstring(view.arch) if view.type == "form" else None
            if arch is not None and arch.find(".//footer") is not None:
                self.assertFalse(arch.xpath("//button[@confirm]"), name)

    # === REACH === #

    def test_whoever_a_menu_is_for_can_reach_it(self):
        users = {
            self.env.ref("point_of_sale.group_pos_manager"): self.manager,
            self.env.ref("account.group_account_readonly"): self.accountant,
            self.env.ref("account.group_account_invoice"): self.bookkeeper,
        }
        seen = {
            group: self.env["ir.ui.menu"].with_user(user)._visible_menu_ids()
            for group, user in users.items()
        }
        for name, menu in self.ours("ir.ui.menu").items():
            for group in menu.group_ids:
                above = menu
                while above:
                    self.assertIn(above.id, seen[group], f"{name}: {group.name}, {above.name}")
                    above = above.parent_id

    def test_accountants_read_what_their_menus_open(self):
        """Also where they have no right in the Point of Sale: what it is for is shown by name."""
        payment = self.record()
        self.env["mixpay.event"]._record("error", payment=payment, data={"reason": "odd"})
        menus = {n: m for n, m in self.ours("ir.ui.menu").items() if n.endswith("_account")}
        for name, user in product(menus, self.accountant | self.bookkeeper):
            menu = menus[name]
            if not menu.action:
                continue
            model = self.env[menu.action.res_model].with_user(user)
            views = model.get_views([(False, "list"), (False, "form"), (False, "search")])
            for kind in ("list", "form"):
                arch = etree.fromstring(views["views"][kind]["arch"])
                shown = {
                    node.get("name"): {"fields": {"display_name": {}}}
                    if model._fields[node.get("name")].type == "many2one"
                    else {}
                    for node in arch.iter("field")
                    if node.get("name") in model._fields
                }
                rows = model.web_search_read([], shown, limit=5)
                self.assertEqual(len(rows["records"]), min(5, model.search_count([])))
            self.assertTrue(views["views"]["search"]["arch"])
