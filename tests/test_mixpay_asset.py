from odoo.exceptions import AccessError, UserError
from odoo.tests import HttpCase, TransactionCase, tagged
from odoo.tools import mute_logger

from odoo.addons.point_of_sale.tests.common import TestPoSCommon

from .common import CASHIER, MANAGER, USDT_ETHEREUM, USDT_TRON, MixpaySimulatorMixin

BTC = "c6d0c728-2624-429b-8e0d-d9d19b6592fa"
LOGGER = "odoo.addons.pos_mixpay.models.mixpay_asset"


@tagged("post_install", "-at_install")
class TestMixpayAsset(MixpaySimulatorMixin, TestPoSCommon, HttpCase):
    """Refreshing ends its transaction, so it is asked for over HTTP, as a browser would."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.start_simulator()
        cls.assets = cls.env["mixpay.asset"].with_context(active_test=False)
        cls.method = cls.create_mixpay_method()
        cls.basic_config.payment_method_ids += cls.method
        cls.manager = cls.new_user("mixpay_manager", MANAGER)
        cls.cashier = cls.new_user("mixpay_cashier", CASHIER)

    def setUp(self):
        super().setUp()
        self.simulator.reset()

    def call(self, user, model, method, *args):
        """Call a method of a model as a user's browser does; return its answer."""
        self.authenticate(user.login, user.login)
        params = {"model": model, "method": method, "args": list(args), "kwargs": {}}
        body = {"jsonrpc": "2.0", "id": 0, "method": "call", "params": params}
        url = f"{self.base_url()}/web/dataset/call_kw/{model}/{method}"
        return self.opener.post(url, json=body).json()

    def refresh(self):
        """Press the button; return what is shown then."""
        answer = self.call(self.manager, "mixpay.asset", "action_refresh", [])
        self.assertNotIn("error", answer)
        return answer["result"]["params"]

    def assert_refused(self, words, user=None):
        with mute_logger("odoo.http"):
            answer = self.call(user or self.manager, "mixpay.asset", "action_refresh", [])
        self.assertRegex(answer["error"]["data"]["message"], words)

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

    def test_a_coin_under_a_currency_s_name_is_not_that_currency(self):
        usd = self.env.ref("base.USD")
        self.assets.search([("symbol", "=", "USD")]).sudo().unlink()
        coin = {"asset_id": BTC.replace("c6", "c7"), "symbol": "USD", "name": "Not a dollar"}
        self.assets.sudo().create({**coin, "is_quote": True})
        self.assertFalse(self.assets._for_currency(usd))
        coins = self.env["res.currency"].create({"name": "BTC", "symbol": "₿"})
        self.assertEqual(self.assets._for_currency(coins).asset_id, BTC, "no ISO code: a coin")

    def test_refresh_updates_adds_and_archives(self):
        gone = self.assets.sudo().create(
            {"asset_id": "zzz", "symbol": "ZZZ", "name": "Gone", "is_quote": True}
        )
        self.asset(USDT_TRON).sudo().name = "Old name"
        self.asset("eur").sudo().unlink()
        self.assertEqual(self.refresh()["type"], "success")
        self.assertFalse(gone.active)
        self.assertTrue(self.asset("eur").is_quote)
        self.assertNotEqual(self.asset(USDT_TRON).name, "Old name")
        self.assertEqual(self.asset(USDT_TRON).display_name, "USDT (Tron)")
        self.assertTrue(self.asset(USDT_TRON).is_settlement)

    def test_an_asset_that_comes_back_is_unarchived(self):
        self.asset("usd").sudo().active = False
        self.refresh()
        self.assertTrue(self.asset("usd").active)

    def test_what_is_in_use_stays_whatever_the_catalogue_lacks(self):
        self.refresh()
        before = self.snapshot()
        self.simulator.set_knobs(catalogue_lacks=[USDT_TRON, "usd", BTC])
        shown = self.refresh()
        self.assertEqual(shown["type"], "warning")
        self.assertIn("USDT (Tron)", shown["message"])
        self.assertIn("USD", shown["message"])
        after = self.snapshot()
        lost = [new["asset_id"] for old, new in zip(before, after, strict=True) if old != new]
        self.assertEqual(lost, [BTC], "which nobody uses")
        event = self.env["mixpay.event"].search([("kind", "=", "unusable_answer")], limit=1)
        self.assertEqual(event.data["kept"], ["usd", USDT_TRON])

    def test_a_thin_catalogue_changes_nothing_and_says_so(self):
        self.refresh()
        before = self.snapshot()
        self.simulator.set_knobs(catalogue_first=3)
        self.assert_refused("could not be read .*lacks most")
        self.assertEqual(self.snapshot(), before)

    def test_what_is_in_use_keeps_what_it_is(self):
        self.refresh()
        before = self.snapshot()
        rows = self.simulator.catalogue.settlement_rows()
        row = next(at for at, row in enumerate(rows) if row["assetId"] == USDT_TRON)
        for field, value in (
            ("symbol", "BTC"),
            ("network", "Bitcoin"),
            ("symbol", None),
            ("assetId", ["x"]),
            ("network", "x\x00\ud800y"),
        ):
            with self.subTest(field=field, value=value):
                self.forget_calls()
                self.simulator.set_knobs(
                    odd_answers=[
                        {
                            "path": "/v1/setting/settlement_assets",
                            "field": f"data.{row}.{field}",
                            "value": value,
                        }
                    ]
                )
                self.assertIn("USDT (Tron)", self.refresh()["message"])
                self.assertEqual(self.snapshot(), before)

    def test_odd_limits_of_prices_change_nothing_in_use(self):
        self.refresh()
        usd = self.asset("usd")
        limits = (usd.min_amount, usd.max_amount)
        for field, value in (
            ("minPrice", "1000000"),
            ("minPrice", 10**12 - 1),
            ("maxPrice", "0.000001"),
            ("maxPrice", "9" * 400),
            ("minPrice", {"a": 1}),
        ):
            with self.subTest(field=field, value=value):
                self.forget_calls()
                path = "/v1/setting/quote_assets"
                odd = {"path": path, "field": f"data.0.{field}", "value": value}
                self.simulator.set_knobs(odd_answers=[odd])
                self.refresh()
                self.env.invalidate_all()
                self.assertEqual((usd.min_amount, usd.max_amount), limits)

    def test_a_refresh_that_fails_changes_nothing_and_says_so(self):
        before = self.snapshot()
        path = "/v1/setting/settlement_assets"
        for knobs in (
            {"http_500_next": 1},
            {"body_fault": "broken_json", "body_fault_paths": [path]},
            {"force_code": [{"code": 10008, "path": path}]},
            {"force_code": [{"code": 1429, "path": path}]},
            {"odd_answers": [{"path": path, "field": "data", "odd": "map"}]},
            {"odd_answers": [{"path": path, "field": "data", "value": [1, None, {}]}]},
        ):
            with self.subTest(knobs=knobs):
                self.simulator.reset()
                self.forget_calls()
                self.simulator.set_knobs(**knobs)
                self.assert_refused("could not be read")
                self.assertEqual(self.snapshot(), before)

    def test_the_daily_job_logs_trouble_and_goes_on(self):
        job = self.env.ref("pos_mixpay.ir_cron_mixpay_asset_refresh")
        admin = self.env.ref("base.user_admin")
        self.simulator.set_knobs(http_500_next=1)
        with self.assertLogs(LOGGER, "WARNING"):
            self.call(admin, "ir.cron", "method_direct_trigger", job.ids)

    def test_a_refresh_takes_its_calls_from_the_budget(self):
        self.env["ir.config_parameter"].sudo().set_param("pos_mixpay.requests_per_minute", "1")
        used = len(self.simulator.requests())
        self.use_up("urgent")
        self.assert_refused("used up")
        self.assertEqual(len(self.simulator.requests()), used)

    def test_only_managers_refresh_and_only_administrators_write(self):
        self.assert_refused("Only managers", self.cashier)
        for user in (self.cashier, self.manager):
            for vals in ({"name": "Mine"}, {"asset_id": "usd"}, {"is_settlement": False}):
                with self.subTest(user=user.name, vals=vals), self.assertRaises(AccessError):
                    self.asset(USDT_TRON).with_user(user).write(vals)
            with self.assertRaises(AccessError):
                self.assets.with_user(user).create(
                    {"asset_id": "aaa", "symbol": "AAA", "name": "Mine"}
                )


@tagged("post_install", "-at_install")
class TestMixpayAddresses(TransactionCase):
    def test_only_safe_addresses_are_talked_to(self):
        params = self.env["ir.config_parameter"].sudo()
        settings = self.env["mixpay.settings"]
        self.assertEqual(
            settings._addresses(is_test=False), ("https://api.mixpay.me/v1", "https://mixpay.me")
        )
        for url in ("http://api.mixpay.me/v1", "ftp://localhost", "api.mixpay.me"):
            params.set_param("pos_mixpay.api_url", url)
            with self.subTest(url=url), self.assertRaisesRegex(UserError, "not a safe address"):
                settings._addresses(is_test=False)

    def test_without_a_test_server_there_is_no_test_mode(self):
        params = self.env["ir.config_parameter"].sudo()
        params.set_param("pos_mixpay.test_api_url", "")
        params.set_param("pos_mixpay.allow_test_mode", "True")
        with self.assertRaisesRegex(UserError, "no sandbox"):
            self.env["mixpay.settings"]._addresses(is_test=True)

    def test_callbacks_only_over_https(self):
        params = self.env["ir.config_parameter"].sudo()
        settings = self.env["mixpay.settings"]
        params.set_param("pos_mixpay.callback_base_url", "https://shop.example/")
        self.assertEqual(
            settings._values().callback_address, "https://shop.example/pos_mixpay/callback/"
        )
        params.set_param("pos_mixpay.callback_base_url", "http://shop.example")
        self.assertEqual(settings._values().callback_address, "")
