"""The page that a slip leads to: whose it is, what it says, in which language, and to whom."""

import uuid
from datetime import datetime
from urllib.parse import urlsplit

from lxml import html

from odoo.tests import HttpCase, tagged
from odoo.tools import file_open
from odoo.tools.misc import hmac

from odoo.addons.point_of_sale.tests.common import TestPoSCommon

from ..controllers import claim
from .common import MixpaySimulatorMixin
from .test_frontend import PatientBrowserMixin


@tagged("post_install", "-at_install")
class TestMixpayClaim(PatientBrowserMixin, MixpaySimulatorMixin, TestPoSCommon, HttpCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.set_up_shop()
        cls.config.open_ui()
        cls.pos_session = cls.config.current_session_id
        cls.company.write({"phone": "+32 1 23", "email": "shop@example.com", "street": "Main 1"})

    def setUp(self):
        super().setUp()
        claim._views._since = None
        self.payment = self.record_payment(self.pos_session, self.method, order_name="Order 0007")
        self.move("confirming", payment_amount="10.01", payment_symbol="USDT", txid="0x" + 40 * "a")
        self.url = self.env["mixpay.claim"]._url(self.payment.trace_id)
        self.path = self.url.removeprefix(self.env["mixpay.claim"].get_base_url())

    def move(self, state, **reported):
        self.payment.env["mixpay.answer"]._transition(self.payment, state, reported)

    def slip(self):
        return self.payment.env["mixpay.presenter"]._to_register(self.payment)["slip"]

    def text(self, path=None, **headers):
        answer = self.url_open(path or self.path, headers=headers)
        return " ".join(html.fromstring(answer.text).text_content().split())

    def test_the_slip_leads_there(self):
        slip = self.slip()
        self.assertEqual(slip["url"], self.url)
        self.assertFalse(slip["is_due"], "somebody waits for it")
        self.payment._abandon()
        slip = self.slip()
        self.assertTrue(slip["is_due"])
        self.assertIn("no receipt", slip["no_receipt"])
        self.assertIn("did not wait", slip["text"])

    def test_what_arrived_who_acts_and_where_the_shop_is(self):
        text = self.text()
        for words in ("Being confirmed", "10.01 USDT", "Order 0007", "no receipt", "+32 1 23"):
            self.assertIn(words, text)
        self.assertIn("Nobody has to do anything", text)
        self.assertIn("shop@example.com", text)
        self.assertIn(self.config.name, text)

    def test_it_follows_the_payment_to_the_end(self):
        self.move("paid_less", payable_amount="20", payable_symbol="USDT")
        self.assertIn("Too little was paid", self.text())
        self.assertIn("9.99 USDT", self.text())
        self.move("failed", failure_code="40024")
        self.assertIn("MixPay gives the money back", self.text())
        self.payment.env["mixpay.decision"]._decide(self.payment, "refunded", "in cash", "a boss")
        self.assertIn("Given back", self.text())
        self.assertNotIn("a boss", self.text(), "nothing about the shop's people")

    def test_nobody_is_asked_for_the_rest_when_its_time_is_up(self):
        self.move("paid_less", payable_amount="20", payable_symbol="USDT")
        self.assertIn("send the rest by", self.text())
        self.payment.flush_recordset()
        self.env.cr.execute(
            "UPDATE mixpay_payment SET expires_at = now() AT TIME ZONE 'UTC' - interval '1 minute'"
            " WHERE id = %s",
            [self.payment.id],
        )
        self.env.invalidate_all()
        self.assertNotIn("send the rest by", self.text())
        self.assertIn("do not send more", self.text())
        presenter = self.payment.env["mixpay.presenter"]
        shown = presenter._recent_to_register(self.payment)
        self.assertEqual(shown["state"], "paid_less")
        for text in (shown["message"], shown["verdict_text"]):
            self.assertIn("Still checking", text)
            self.assertNotIn("again", text)

    def test_it_is_kept_up_to_date_on_an_old_phone_too(self):
        """Browsers from before 2023 do not know every selector, and throw one that they don't."""
        code = """
            const { querySelector } = Document.prototype;
            Document.prototype.querySelector = function (selector) {
                if (selector.includes(":has(")) {
                    throw new DOMException("not a valid selector", "SyntaxError");
                }
                return querySelector.call(this, selector);
            };
            const state = document.getElementById("state");
            state.innerHTML = "as it was";
            refresh().then(() =>
                state.textContent.includes("Being confirmed")
                    ? console.log("test successful")
                    : console.error(state.textContent)
            );
        """
        self.browser_js(self.path, code, ready="typeof refresh === 'function'")

    def test_a_resolved_page_asks_no_more(self):
        main = html.fromstring(self.url_open(self.path).text).find(".//main")
        self.assertIsNone(main.get("data-resolved"))
        self.move("success")
        self.assertIn("Your money has arrived", self.text())
        self.payment.env["mixpay.decision"]._decide(self.payment, "kept", "a tip", "a boss")
        main = html.fromstring(self.url_open(self.path).text).find(".//main")
        self.assertEqual(main.get("data-resolved"), "1")

    def test_it_works_when_session_and_order_are_gone(self):
        self.payment._abandon()
        self.pos_session.state = "closed"
        self.assertIn("The sale did not wait for it", self.text())

    def test_mixpay_is_not_asked(self):
        self.simulator.reset()
        self.text()
        self.assertFalse(self.simulator.requests())

    def test_a_wrong_address_says_nothing_of_any_payment(self):
        trace_id, token = self.path.rsplit("/", 2)[-2:]
        other = self.record_payment(self.pos_session, self.method)
        secret = self.payment.sudo().callback_token
        wrong = [
            (trace_id, token[:-1] + ("0" if token[-1] != "0" else "1")),
            (trace_id, token[:-1]),
            (trace_id, secret),
            (trace_id, trace_id),
            (trace_id, "é"),
            (other.trace_id, token),
            (str(uuid.uuid4()), token),
            (str(self.payment.id), token),
            (trace_id, hmac(self.env(su=True), "something else", trace_id)[:32]),
        ]
        pages = set()
        for trace, key in wrong:
            answer = self.url_open(f"/pos_mixpay/claim/{trace}/{key}")
            self.assertEqual(answer.status_code, 404, (trace, key))
            pages.add(answer.text)
        self.assertEqual(len(pages), 1, "existing or not, the page is the same")
        self.assertNotIn("Order 0007", pages.pop())

    def test_no_engine_lists_it_and_nothing_else_is_loaded(self):
        answer = self.url_open(self.path)
        self.assertEqual(answer.headers["X-Robots-Tag"], "noindex, nofollow")
        self.assertEqual(answer.headers["Cache-Control"], "no-store")
        self.assertEqual(answer.headers["Referrer-Policy"], "no-referrer")
        self.assertIn("default-src 'none'", answer.headers["Content-Security-Policy"])
        self.assertNotIn("session_id", answer.headers.get("Set-Cookie", ""))
        page = html.fromstring(answer.text)
        self.assertEqual(page.xpath("//meta[@name='robots']/@content"), ["noindex, nofollow"])
        for path in page.xpath("//script/@src | //link/@href"):
            with file_open(path.removeprefix("/"), "r"):
                pass

    def test_a_flood_is_refused(self):
        self.patch(claim, "MOST_VIEWS", 3)
        answers = [self.url_open(self.path).status_code for _view in range(5)]
        self.assertEqual(answers, [200, 200, 200, 429, 429])

    def test_in_the_customer_s_language(self):
        self.env["res.lang"]._activate_lang("fr_FR")
        self.env["res.lang"]._activate_lang("ar_001")
        answer = self.url_open(self.path, headers={"Accept-Language": "fr-FR,fr;q=0.9"})
        page = html.fromstring(answer.text)
        self.assertEqual((page.get("lang"), page.get("dir")), ("fr-FR", "ltr"))
        page = html.fromstring(self.url_open(f"{self.path}?lang=ar_001").text)
        self.assertEqual((page.get("lang"), page.get("dir")), ("ar-001", "rtl"))
        self.assertEqual(len(page.findall(".//nav/a")), 3)
        page = html.fromstring(self.url_open(f"{self.path}?lang=xx_XX").text)
        self.assertEqual(page.get("dir"), "ltr")

    def order_of(self, language):
        """Have the payment's order name a customer who speaks a language."""
        customer = self.env["res.partner"].create({"name": "A customer", "lang": language})
        self.env["pos.order"].create(
            {
                "uuid": self.payment.order_uuid,
                "session_id": self.pos_session.id,
                "partner_id": customer.id,
                **dict.fromkeys(("amount_tax", "amount_total", "amount_paid", "amount_return"), 0),
            }
        )

    def test_the_slip_speaks_the_customer_s_language_or_the_shop_s(self):
        for code in ("fr_FR", "ar_001"):
            self.env["res.lang"]._activate_lang(code)
        self.payment = self.payment.with_context(lang="en_US")
        self.assertIn("10.01 USDT", str(self.slip()["lines"]))
        self.assertEqual((self.slip()["lang"], self.slip()["direction"]), ("en-US", "ltr"))
        self.company.partner_id.lang = "fr_FR"
        self.env.invalidate_all()
        self.assertEqual(self.slip()["lang"], "fr-FR")
        self.assertIn("10,01 USDT", str(self.slip()["lines"]))
        self.order_of("ar_001")
        self.env.invalidate_all()
        self.assertEqual((self.slip()["lang"], self.slip()["direction"]), ("ar-001", "rtl"))

    def test_the_page_speaks_the_customer_s_language_then_the_browser_s_then_the_shop_s(self):
        for code in ("fr_FR", "ar_001", "de_DE", "zh_CN", "zh_TW"):
            self.env["res.lang"]._activate_lang(code)
        self.company.partner_id.lang = "fr_FR"
        self.assertEqual(self.language(), "fr-FR")
        self.assertEqual(self.language("de-AT,en;q=0.1"), "de-DE", "a neighbour's is understood")
        self.assertEqual(self.language("zh-Hant-HK"), "zh-TW", "in the same script")
        self.assertEqual(self.language("zh-SG"), "zh-CN")
        self.assertEqual(self.language("xx"), "fr-FR")
        self.order_of("ar_001")
        self.assertEqual(self.language("de-DE"), "ar-001")

    def language(self, accepted=""):
        answer = self.url_open(self.path, headers={"Accept-Language": accepted})
        return html.fromstring(answer.text).get("lang")

    def test_until_when_the_rest_can_be_sent_by_the_shop_s_clock(self):
        self.env["res.lang"]._activate_lang("de_DE")
        self.company.mixpay_timezone = "Europe/Brussels"
        until = datetime(2099, 11, 26, 15, 30)
        self.payment = self.record_payment(self.pos_session, self.method, expires_at=until)
        self.path = urlsplit(self.env["mixpay.claim"]._url(self.payment.trace_id)).path
        self.move("paid_less", payable_amount="20", payable_symbol="USDT")
        self.assertRegex(self.text(), r"by 11/26/2099 04:30.PM \(Europe/Brussels\)")
        self.assertIn("26.11.2099 16:30 (Europe/Brussels)", self.text(f"{self.path}?lang=de_DE"))

    def test_a_hostile_name_is_text(self):
        payment = self.record_payment(
            self.pos_session, self.method, order_name="<script>alert(1)</script>"
        )
        url = self.env["mixpay.claim"]._url(payment.trace_id)
        answer = self.url_open(url.removeprefix(self.env["mixpay.claim"].get_base_url()))
        self.assertNotIn("<script>alert", answer.text)
