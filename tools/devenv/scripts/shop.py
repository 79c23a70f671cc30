"""Fed to `odoo shell`: a shop whose Point of Sale takes Cash, Card and MixPay."""

import json
import os
from datetime import timedelta

from methods import create_method

from odoo import fields

env = globals()["env"]  # given by Odoo's shell

SHOP = "MixPay demo"
# Any UUID will do: the simulator pays everybody.
PAYEE_ID = "5f0d1b8e-3f0a-4c0e-9c1b-8d5a5e1f7a21"
MANAGER = "manager"
APPROVAL_CODE = "274093"


def set_parameters(simulator):
    """Test mode, at the simulator's address; its port may be another each time."""
    parameters = env["ir.config_parameter"].sudo()
    parameters.set_param("pos_mixpay.allow_test_mode", "True")
    parameters.set_param("pos_mixpay.test_api_url", f"{simulator}/v1")
    parameters.set_param("pos_mixpay.test_pay_url", simulator)


def postpone_other_jobs():
    """Odoo's own background jobs, all due at once in a new database, would only be in the way."""
    ours = env["ir.model.data"].search([("module", "=", "pos_mixpay"), ("model", "=", "ir.cron")])
    others = env["ir.cron"].search([("id", "not in", ours.mapped("res_id"))])
    others.write({"nextcall": fields.Datetime.now() + timedelta(days=1)})


def open_shop():
    """A Point of Sale of its own, with products that have pictures."""
    configs = env["pos.config"]
    config = configs.browse(configs.load_onboarding_bakery_scenario()["config_id"])
    # "Customer Account" is a method without a journal.
    journal = env["account.journal"].create({"name": "MixPay", "type": "bank", "code": "MIXP"})
    methods = config.payment_method_ids.filtered("journal_id")
    methods += create_method(env, PAYEE_ID, journal)
    config.write({"name": SHOP, "payment_method_ids": [(6, 0, methods.ids)]})
    return config


def name_manager():
    """Somebody to approve: in a login of their own, or with a code typed at the till."""
    if env["res.users"].search_count([("login", "=", MANAGER)]):
        return
    groups = env.ref("base.group_user") + env.ref("point_of_sale.group_pos_manager")
    vals = {"name": "Shop manager", "login": MANAGER, "password": MANAGER}
    vals |= {"email": "manager@shop.example", "group_ids": [(6, 0, groups.ids)]}
    users = env["res.users"].with_context(no_reset_password=True)
    users.create(vals)._mixpay_set_approval_code(APPROVAL_CODE)


def speak(names):
    """Have Odoo speak languages; return their codes by the names of their files.

    Only what our own pages show is loaded into the database: the rest takes minutes.
    """
    languages = env["res.lang"].with_context(active_test=False)
    found = {}
    for name in names:
        domain = [("iso_code", "=", name)]
        language = languages.search(domain, limit=1) or languages.search(
            [("code", "=like", rf"{name}\_%")],
            order="code desc",
            limit=1,  # ko_KR, not ko_KP
        )
        language.active = True
        found[name] = language.code
    modules = ["point_of_sale", "pos_mixpay"]
    if found:
        env["ir.module.module"]._load_module_terms(modules, list(found.values()))
    return found


settings = json.loads(os.environ["POS_MIXPAY_DEMO"])
set_parameters(settings["simulator"])
postpone_other_jobs()
name_manager()
shop = env["pos.config"].search([("name", "=", SHOP)], limit=1) or open_shop()
codes = speak(settings["languages"])
env.cr.commit()
with open(settings["answer"], "w") as answer:
    json.dump({"config_id": str(shop.id), "languages": codes}, answer)
