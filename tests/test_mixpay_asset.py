from odoo.exceptions import AccessError, UserError
from odoo.tests import TransactionCase, tagged

from odoo.addons.point_of_sale.tests.common import TestPoSCommon

from .common import USDT_ETHEREUM, USDT_TRON, MixpaySimulatorMixin


@tagged("post_install", "-at_install")
class TestMixpayAsset(MixpaySimulatorMixin, TestPoSCommon):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.start_simulator()
        cls.assets = cls.env["mixpay.asset"].with_context(active_test=False)
        cls.method = cls.create_mixpay_method()

    def asset(self, asset_id):
        return self.assets.search([("asset_id", "=", asset_id)])

    def snapshot(self):
        names = ["asset_id", "symbol", "name", "network", "is_quote", "is_settlement", "active"]
        return self.assets.search([], order="id").read(names)

    def test_assets_are_named_with_their_network(self):
        self.assertEqual(self.asset(USDT_TRON).display_name, "USDT (Tron)")
        self.assertEqual(self.asset(USDT_ETHEREUM).display_name, "USDT (Ethereum)")
        self.assertEqual(self.asset("usd").display_name, "USD")

    def test_a_coin_s_name_is_kept_until_it_changes(self):
        name = self.env["mixpay.asset"]._coin_name
        self.assertEqual(name(USDT_ETHEREUM), "USDT (Ethereum)")
        with self.assertQueryCount(0):
            self.assertEqual(name(USDT_ETHEREUM), "USDT (Ethereum)")
        self.asset(USDT_ETHEREUM).network = "Ethereum 2"
        self.assertEqual(name(USDT_ETHEREUM), "USDT (Ethereum 2)")
        self.asset(USDT_ETHEREUM).sudo().unlink()
        self.assertEqual(name(USDT_ETHEREUM), "")
        self.assets.sudo().create({"asset_id": USDT_ETHEREUM, "symbol": "USDT", "name": "Tether"})
        self.assertEqual(name(USDT_ETHEREUM), "USDT")

    def test_prices_of_a_currency(self):
        usd, xaf = self.env.ref("base.USD"), self.env.ref("base.XAF")
        self.assertEqual(self.assets._for_currency(usd).asset_id, "usd")
        self.assertFalse(self.assets._for_currency(xaf))

    def test_refresh_updates_adds_and_archives(self):
        gone = self.assets.sudo().create(
            {"asset_id": "zzz", "symbol": "ZZZ", "name": "Gone", "is_quote": True}
        )
        self.asset(USDT_TRON).name = "Old name"
        self.asset("usd").sudo().unlink()
        action = self.assets.action_refresh()
        self.assertEqual(action["params"]["type"], "success")
        self.assertFalse(gone.active)
        self.assertTrue(self.asset("usd").is_quote)
        self.assertNotEqual(self.asset(USDT_TRON).name, "Old name")
        self.assertEqual(self.asset(USDT_TRON).display_name, "USDT (Tron)")
        self.assertTrue(self.asset(USDT_TRON).is_settlement)

    def test_an_asset_that_comes_back_is_unarchived(self):
        self.asset("usd").active = False
        self.assets.action_refresh()
        self.assertTrue(self.asset("usd").active)

    def test_a_refresh_that_fails_changes_nothing_and_says_so(self):
        before = self.snapshot()
        path = "/v1/setting/settlement_assets"
        for knobs in (
            {"http_500_next": 1},
            {"body_fault": "broken_json", "body_fault_paths": [path]},
            {"force_code": [{"code": 10008, "path": path}]},
            {"force_code": [{"code": 1429, "path": path}]},
        ):
            with self.subTest(knobs=knobs):
                self.simulator.reset()
                self.forget_calls()
                self.simulator.set_knobs(**knobs)
                with self.assertRaisesRegex(UserError, "could not be read"):
                    self.assets.action_refresh()
                self.assertEqual(self.snapshot(), before)
        self.simulator.reset()

    def test_the_daily_job_logs_trouble_and_goes_on(self):
        self.simulator.set_knobs(http_500_next=1)
        with self.assertLogs("odoo.addons.pos_mixpay.models.mixpay_asset", "WARNING"):
            self.assets._cron_refresh()
        self.simulator.reset()

    def test_a_refresh_takes_its_calls_from_the_budget(self):
        self.env["ir.config_parameter"].sudo().set_param("pos_mixpay.requests_per_minute", "1")
        used = len(self.simulator.requests())
        self.use_up("urgent")
        with self.assertRaisesRegex(UserError, "used up"):
            self.assets.action_refresh()
        self.assertEqual(len(self.simulator.requests()), used)

    def test_only_managers_refresh(self):
        cashier = self.env["res.users"].create(
            {
                "name": "Cashier",
                "login": "mixpay_cashier",
                "group_ids": [(6, 0, [self.env.ref("point_of_sale.group_pos_user").id])],
            }
        )
        with self.assertRaises(AccessError):
            self.assets.with_user(cashier).action_refresh()
        with self.assertRaises(AccessError):
            self.asset(USDT_TRON).with_user(cashier).write({"name": "Mine"})


@tagged("post_install", "-at_install")
class TestMixpayAddresses(TransactionCase):
    def test_only_safe_addresses_are_talked_to(self):
        params = self.env["ir.config_parameter"].sudo()
        gateway = self.env["mixpay.gateway"]
        self.assertEqual(
            gateway._addresses(is_test=False), ("https://api.mixpay.me/v1", "https://mixpay.me")
        )
        for url in ("http://api.mixpay.me/v1", "ftp://localhost", "api.mixpay.me"):
            params.set_param("pos_mixpay.api_url", url)
            with self.subTest(url=url), self.assertRaisesRegex(UserError, "not a safe address"):
                gateway._addresses(is_test=False)

    def test_without_a_test_server_there_is_no_test_mode(self):
        params = self.env["ir.config_parameter"].sudo()
        params.set_param("pos_mixpay.test_api_url", "")
        params.set_param("pos_mixpay.allow_test_mode", "True")
        with self.assertRaisesRegex(UserError, "no sandbox"):
            self.env["mixpay.gateway"]._addresses(is_test=True)

    def test_callbacks_only_over_https(self):
        params = self.env["ir.config_parameter"].sudo()
        gateway = self.env["mixpay.gateway"]
        params.set_param("pos_mixpay.callback_base_url", "https://shop.example/")
        self.assertEqual(
            gateway._callback_url("abc"), "https://shop.example/pos_mixpay/callback/abc"
        )
        params.set_param("pos_mixpay.callback_base_url", "http://shop.example")
        self.assertEqual(gateway._callback_url("abc"), "")
