"""Who receives the money: a new payee waits for a second manager, or for its time."""

import uuid
from decimal import Decimal

from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import new_test_user, tagged

from odoo.addons.point_of_sale.tests.common import TestPoSCommon

from .common import PAYEE, MixpaySimulatorMixin


@tagged("post_install", "-at_install")
class TestMixpayPayee(MixpaySimulatorMixin, TestPoSCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.set_up_shop()
        cls.alice = cls.create_manager("mixpay_alice")
        cls.bob = cls.create_manager("mixpay_bob")
        cls.boss = cls.create_manager("mixpay_boss", "base.group_system")
        cls.payees = cls.env["mixpay.payee"]

    @classmethod
    def create_manager(cls, login, *groups):
        return cls.new_user(login, ",".join(["point_of_sale.group_pos_manager", *groups]))

    def effective(self, method=None):
        return self.payees._effective(method or self.method)

    def pending(self, method=None):
        return self.payees._pending(method or self.method)

    def write_as(self, user, payee):
        self.method.with_user(user).mixpay_payee_id = payee
        return payee

    def pass_delay(self):
        self.env.flush_all()
        self.cr.execute("UPDATE mixpay_payee SET effective_at = effective_at - interval '721 h'")
        self.env.invalidate_all()

    def create_as(self, user, payee, **changes):
        vals = self.mixpay_method_vals(mixpay_payee_id=payee, mixpay_test_mode=False, **changes)
        return self.env["pos.payment.method"].with_user(user).create(vals).with_user(self.env.user)

    def test_a_new_payee_waits_and_the_old_one_holds(self):
        new = self.write_as(self.alice, str(uuid.uuid4()))
        self.assertEqual(self.effective(), PAYEE)
        self.open_new_session()
        vals = self.env["mixpay.checkout"]._new_vals(
            self.method, self.pos_session, Decimal(10), "order", "line", "Order 1"
        )
        self.assertEqual(vals["payee_id"], PAYEE, "this is what the customer pays to")
        self.assertIn(new, self.method.mixpay_payee_notice)
        self.assertIn(PAYEE, self.method.mixpay_payee_notice)
        self.pass_delay()
        self.assertEqual(self.effective(), new)

    def test_a_second_manager_agrees(self):
        new = self.write_as(self.alice, str(uuid.uuid4()))
        self.assertTrue(self.pending().with_user(self.bob).may_agree)
        self.pending().with_user(self.bob).action_agree()
        self.assertEqual(self.effective(), new)
        self.assertFalse(self.pending())
        event = self.env["mixpay.event"].search([("kind", "=", "payee_agreed")], limit=1)
        self.assertEqual(event.user_id, self.bob)
        self.assertIn(new, event.summary)

    def test_nobody_else_agrees(self):
        self.write_as(self.alice, str(uuid.uuid4()))
        pending = self.pending()
        self.assertFalse(pending.with_user(self.alice).may_agree)
        with self.assertRaisesRegex(AccessError, "somebody else"):
            pending.with_user(self.alice).action_agree()
        with self.assertRaisesRegex(AccessError, "somebody else"):
            pending.with_user(self.alice).sudo().action_agree()
        cashier = new_test_user(self.env, "mixpay_cashier", "point_of_sale.group_pos_user")
        with self.assertRaises(AccessError):
            pending.with_user(cashier).action_agree()
        with self.assertRaisesRegex(AccessError, "manager"):
            pending.with_user(cashier).sudo().action_agree()
        company = self.env["res.company"].create({"name": "Other"})
        stranger = self.create_manager("mixpay_stranger")
        stranger.write({"company_ids": [(6, 0, company.ids)], "company_id": company.id})
        with self.assertRaises(AccessError):
            pending.with_user(stranger).action_agree()
        self.assertEqual(self.effective(), PAYEE)

    def test_managers_write_no_payee_s_record(self):
        self.write_as(self.alice, str(uuid.uuid4()))
        pending = self.pending().with_user(self.bob)
        for vals in ({"effective_at": "2020-01-01"}, {"proposed_by_id": self.bob.id}):
            with self.subTest(vals=vals), self.assertRaises(AccessError):
                pending.write(vals)
        with self.assertRaises(AccessError):
            pending.copy()
        with self.assertRaises(AccessError):
            pending.unlink()
        with self.assertRaisesRegex(UserError, "for ever"):
            pending.sudo().unlink()

    def test_defaults_do_not_make_it_sooner(self):
        new = str(uuid.uuid4())
        context = {
            "default_effective_at": "2020-01-01 00:00:00",
            "default_is_first": True,
            "default_proposed_by_id": self.bob.id,
        }
        self.method.with_user(self.alice).with_context(**context).mixpay_payee_id = new
        self.assertEqual(self.effective(), PAYEE)
        self.assertEqual(self.pending().proposed_by_id, self.alice)

    def test_writing_it_again_makes_it_neither_sooner_nor_later(self):
        new = self.write_as(self.alice, str(uuid.uuid4()))
        self.env.flush_all()
        self.cr.execute("UPDATE mixpay_payee SET effective_at = effective_at - interval '5 h'")
        self.env.invalidate_all()
        before = self.pending().effective_at
        for payee in (new, new.upper(), new.replace("-", "")):
            for user in (self.alice, self.bob):
                self.write_as(user, payee)
        self.assertEqual(self.pending().effective_at, before)
        self.assertEqual(self.pending().proposed_by_id, self.alice)
        self.assertEqual(self.effective(), PAYEE)
        self.env["ir.config_parameter"].set_param("pos_mixpay.payee_delay_hours", "1")
        self.write_as(self.alice, new)
        self.assertEqual(self.pending().effective_at, before, "fixed when it was written")

    def test_written_and_taken_back_it_has_not_been_used(self):
        new = self.write_as(self.alice, str(uuid.uuid4()))
        first = self.pending()
        self.write_as(self.alice, PAYEE)
        self.assertFalse(self.pending())
        self.pass_delay()
        self.assertEqual(self.effective(), PAYEE)
        self.write_as(self.alice, new)
        self.assertEqual(self.effective(), PAYEE, "its time begins anew")
        with self.assertRaisesRegex(UserError, "nobody's agreement"):
            first.with_user(self.bob).action_agree()

    def test_a_new_method_with_a_new_payee_sells_nothing_and_says_why(self):
        method = self.create_as(self.alice, str(uuid.uuid4()))
        with self.assertRaisesRegex(UserError, "second manager agrees"):
            method._mixpay_effective_payee()
        self.assertIn("takes no payments yet", method.mixpay_payee_notice)
        self.pending(method).with_user(self.bob).action_agree()
        self.assertEqual(method._mixpay_effective_payee(), method.mixpay_payee_id)

    def test_what_the_company_has_used_before_takes_effect_at_once(self):
        other = PAYEE.replace("-", "").upper()
        method = self.create_as(self.alice, other)
        self.assertEqual(self.effective(method), other)
        method.unlink()
        self.method.active = False
        method = self.create_as(self.alice, PAYEE)
        self.assertEqual(self.effective(method), PAYEE)

    def test_the_company_s_very_first_takes_effect_at_once(self):
        self.cr.execute("DELETE FROM mixpay_payee WHERE company_id = %s", [self.company.id])
        method = self.create_as(self.alice, str(uuid.uuid4()))
        self.assertTrue(self.effective(method))
        method = self.create_as(self.alice, str(uuid.uuid4()))
        self.assertFalse(self.effective(method), "the second is not the first")

    def test_another_company_s_payee_is_new_here(self):
        company = self.env["res.company"].create({"name": "Other"})
        new = str(uuid.uuid4())
        self.env.flush_all()
        known = self.payees.search([("payment_method_id", "=", self.method.id)], limit=1)
        values = {"company_id": company.id, "payee_id": new, "payee_key": new.replace("-", "")}
        known.sudo().copy({**values, "payment_method_id": False})
        self.write_as(self.alice, new)
        self.assertEqual(self.effective(), PAYEE)

    def test_a_method_belongs_to_the_company_of_its_points_of_sale(self):
        with self.assertRaisesRegex(ValidationError, "one company"):
            self.create_mixpay_method(company_id=False)

    def test_an_administrator_s_word_is_enough(self):
        new = self.write_as(self.boss, str(uuid.uuid4()))
        self.assertEqual(self.effective(), new)
        waiting = self.write_as(self.alice, str(uuid.uuid4()))
        self.assertEqual(self.effective(), new)
        self.write_as(self.boss, waiting)
        self.assertEqual(self.effective(), waiting)

    def test_code_that_runs_as_superuser_for_a_manager_is_the_manager(self):
        self.method.with_user(self.alice).sudo().mixpay_payee_id = str(uuid.uuid4())
        self.assertEqual(self.effective(), PAYEE)

    def test_with_its_method_deleted_no_payee_comes_of_age(self):
        new = str(uuid.uuid4())
        method = self.create_as(self.alice, new)
        method.with_user(self.alice).unlink()
        self.pass_delay()
        method = self.create_as(self.alice, new)
        self.assertFalse(self.effective(method))

    def test_a_payee_hidden_in_another_kind_of_method_is_told_of_and_waits(self):
        new = str(uuid.uuid4())
        card = {"name": "Card", "journal_id": self.method.journal_id.id}
        methods = self.env["pos.payment.method"].with_user(self.alice)
        hidden = methods.create({**card, "mixpay_payee_id": new}).with_user(self.env.user)
        event = self.env["mixpay.event"].search([("kind", "=", "payee_proposed")], limit=1)
        self.assertEqual(event.data["new"], new)
        self.assertFalse(self.effective(hidden))

    def test_whoever_changes_the_method_has_not_written_its_payee(self):
        new = str(uuid.uuid4())
        hidden = self.create_as(self.alice, new, active=False)
        self.cr.execute("UPDATE mixpay_payee SET is_withdrawn = true WHERE payee_id = %s", [new])
        self.env.invalidate_all()
        hidden.with_user(self.boss).write({"active": True, "mixpay_expiry_minutes": 20})
        self.assertFalse(self.effective(hidden), "an administrator did not write the payee")
        self.assertEqual(self.pending(hidden).proposed_by_id, self.alice)
        with self.assertRaisesRegex(AccessError, "somebody else"):
            self.pending(hidden).with_user(self.alice).action_agree()

    def test_no_command_to_the_method_writes_its_payees(self):
        self.write_as(self.alice, str(uuid.uuid4()))
        pending = self.pending()
        for command in (
            (0, 0, {"payee_id": PAYEE}),
            (1, pending.id, {"effective_at": "2020-01-01"}),
            (2, pending.id),
            (3, pending.id),
            (5,),
        ):
            with self.subTest(command=command), self.assertRaises(AccessError):
                self.method.with_user(self.alice).write({"mixpay_payee_ids": [command]})
                self.env.flush_all()

    def test_agreed_to_in_one_method_it_is_known_in_all(self):
        new = self.write_as(self.alice, str(uuid.uuid4()))
        method = self.create_as(self.bob, new)
        self.assertFalse(self.effective(method))
        self.pending().with_user(self.bob).action_agree()
        self.assertEqual(self.effective(method), new)

    def test_the_delay_is_a_setting_with_bounds(self):
        params = self.env["ir.config_parameter"]
        hours = {"": 24, "0": 1, "2": 2, "9999": 720, "-5": 24, "x": 24, "9" * 5000: 720}
        for text, expected in hours.items():
            with self.subTest(text=text[:10]):
                params.set_param("pos_mixpay.payee_delay_hours", text)
                delay = self.env["mixpay.settings"]._values().payee_delay
                self.assertEqual(delay.total_seconds() / 3600, expected)
        with self.assertRaises(AccessError):
            params.with_user(self.alice).set_param("pos_mixpay.payee_delay_hours", "1")

    def test_everybody_concerned_hears_of_it(self):
        new = self.write_as(self.alice, str(uuid.uuid4()))
        event = self.env["mixpay.event"].search([("kind", "=", "payee_proposed")], limit=1)
        self.assertEqual(event.user_id, self.alice)
        self.assertEqual((event.data["old"], event.data["new"]), (PAYEE, new))
        mail = self.env["mail.mail"].search([], order="id desc", limit=1)
        self.assertIn(new, mail.body_html)
        for user in (self.bob, self.boss):
            self.assertIn(user.partner_id, mail.recipient_ids)

    def test_payees_are_stripped_and_nil_is_none(self):
        self.method.mixpay_payee_id = f"  {PAYEE}\n"
        self.assertEqual(self.method.mixpay_payee_id, PAYEE)
        for nil in (str(uuid.UUID(int=0)), "0" * 32):
            with self.subTest(nil=nil), self.assertRaisesRegex(ValidationError, "UUID"):
                self.method.mixpay_payee_id = nil
