"""What of one company stands with what of another: nothing, and by whom that is checked."""

import uuid
from datetime import timedelta

from odoo import fields
from odoo.exceptions import UserError
from odoo.tests import tagged

from odoo.addons.point_of_sale.tests.common import TestPoSCommon

from .common import MixpayShopCase

# Whose relations Odoo does not check: for a reason that stands at the model's `company_id`, or
# because the company is that of the one relation there is.
NOT_CHECKED = {
    "mixpay.event",
    "mixpay.export.line",
    "mixpay.payment",
    "mixpay.set.up.books",
    "mixpay.transfer",
}
# People work for several companies.
PEOPLE = ("res.company", "res.partner", "res.users")


@tagged("post_install", "-at_install")
class TestMixpayCompanies(MixpayShopCase, TestPoSCommon):
    """Records of a company refer to what is of the same company."""

    def unchecked(self, model):
        """Return the relations of a model to what belongs to a company, as far as unchecked."""
        return [
            name
            for name, field in model._fields.items()
            if field.type in ("many2one", "many2many")
            and field.store
            and not field.related
            and field.comodel_name not in PEOPLE
            and "company_id" in self.env[field.comodel_name]._fields
            and not (field.check_company and model._check_company_auto)
        ]

    def test_relations_to_what_belongs_to_a_company_are_checked(self):
        of_company = {
            name: model
            for name, model in self.env.items()
            if name.startswith("mixpay.") and not model._abstract and "company_id" in model._fields
        }
        unchecked = {name for name, model in of_company.items() if self.unchecked(model)}
        self.assertEqual(unchecked, NOT_CHECKED)
        for name in ("mixpay.set.up.books", "mixpay.transfer"):
            [relation] = self.unchecked(of_company[name])
            company = of_company[name]._fields["company_id"]
            self.assertEqual(company.related, f"{relation}.company_id")

    def test_what_is_of_another_company_is_refused(self):
        other = self.env["res.company"].create({"name": "Other shop"})
        now = fields.Datetime.now()
        payment = self.paid()
        of_method = {"payment_method_id": self.method.id}
        cases = {
            "mixpay.booking": {"payment_id": payment.id, "kind": "receipt"},
            "mixpay.comparison": {
                **of_method,
                "date": now.date(),
                "currency_id": other.currency_id.id,
            },
            "mixpay.evening": {
                "pos_config_id": self.config.id,
                "day": now.date(),
                "begins_at": now - timedelta(days=1),
                "ends_at": now,
            },
            "mixpay.lookup": {
                **of_method,
                "trace_id": str(uuid.uuid4()),
                "asked_by_id": self.env.uid,
            },
            "mixpay.payee": {
                **of_method,
                "payee_id": "p",
                "payee_key": "p",
                "proposed_by_id": self.env.uid,
                "proposed_at": now,
                "effective_at": now,
            },
        }
        for model, vals in cases.items():
            records = self.env[model].sudo()
            with self.subTest(model=model):
                refused = self.assertRaisesRegex(UserError, "company inconsistencies")
                with refused, self.cr.savepoint():
                    records.create({**vals, "company_id": other.id})
                self.assertTrue(records.create({**vals, "company_id": self.company.id}))
