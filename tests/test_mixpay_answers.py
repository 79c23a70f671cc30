import logging
import uuid
from datetime import timedelta

from odoo.tests import tagged

from odoo.addons.point_of_sale.tests.common import TestPoSCommon

from .. import texts
from ..mixpay import result
from ..mixpay.errors import MixpayRateLimited, MixpayTimeout, MixpayUnusable
from ..mixpay.standing import standing
from ..transactions import read_committed
from .common import STRANGER, USDT_ETHEREUM, USDT_TRON, MixpayShopCase

SHIB = "dcde18b9-f015-326f-b8b1-5b820a060e44"
LOGGER = "odoo.addons.pos_mixpay.models.mixpay_answer"


class MixpayAnswersCase(MixpayShopCase):
    """A payment that MixPay answers about; mixed into `TestPoSCommon`."""

    def setUp(self):
        super().setUp()
        self.payment = self.record(link_type="paylink")
        self.payment.env["mixpay.answer"]._transition(
            self.payment, "unpaid", {"link": "https://mixpay.me/pay"}
        )

    def answer(self, status="success", **changes):
        """Let MixPay answer, on our terms but for the changes."""
        payment = self.payment
        data = {
            "status": status,
            "traceId": payment.trace_id,
            "payeeId": payment.payee_id,
            "quoteAmount": str(payment._terms().quote_amount),
            "quoteAssetId": payment.quote_asset_id,
            **changes,
        }
        with self.assertLogs(LOGGER) as logs:
            logging.getLogger(LOGGER).info("so that there is something")
            is_useful = payment.env["mixpay.answer"]._apply(payment, None, result.parse(data))
        self.logged = [line for line in logs.output if "INFO" not in line]
        return is_useful

    def pass_time(self, seconds):
        """Let the first report on other terms be some seconds older."""
        self.payment.other_terms_at -= timedelta(seconds=seconds)

    def events(self, kind):
        return self.env["mixpay.event"].search(
            [("payment_id", "=", self.payment.id), ("kind", "=", kind)]
        )


@tagged("post_install", "-at_install")
class TestMixpayOtherTerms(MixpayAnswersCase, TestPoSCommon):
    def test_a_second_answer_decides(self):
        self.answer(quoteAmount="0.01")
        shown = self.payment.env["mixpay.presenter"]._to_register(self.payment)
        self.assertEqual((shown["state"], shown["line_status"]), ("unpaid", "waitingCapture"))
        self.assertIn("Being checked", shown["state_text"])
        self.assertTrue(self.payment._is_being_checked())
        self.assertFalse(self.payment.issue)
        self.answer(quoteAmount="0.01")
        self.pass_time(28)
        self.answer(quoteAmount="0.01")
        self.assertEqual(self.payment.state, "unpaid", "the second answer must be 30 s later")
        self.assertEqual(len(self.events("other_terms")), 1)
        self.pass_time(2)
        self.answer(quoteAmount="0.010")
        self.assertEqual(self.payment.state, "mismatch")
        self.assertEqual(self.payment.issue, "mismatch")
        self.assertTrue(self.payment.funds_detected)
        self.assertFalse(self.payment._is_being_checked())
        self.assertEqual(len(self.events("other_terms")), 2)
        self.assertIn("quoteAmount: 0.01", self.payment.mismatch)

    def test_our_terms_in_the_second_answer_count(self):
        self.answer(quoteAmount="0.01")
        self.pass_time(60)
        self.answer()
        self.assertEqual(self.payment.state, "success")
        self.assertFalse(self.payment.other_terms_at or self.payment.mismatch)

    def test_before_an_end_our_terms_let_go(self):
        self.answer(quoteAmount="0.01")
        self.answer("confirming")
        self.assertEqual(self.payment.state, "confirming")
        self.assertFalse(self.payment._is_being_checked())

    def test_other_terms_than_before_begin_anew(self):
        self.answer(quoteAmount="0.01")
        self.pass_time(60)
        self.answer(quoteAmount="0.02")
        self.assertEqual(self.payment.state, "unpaid")
        self.assertTrue(self.payment._is_being_checked())
        self.answer("pending", quoteAmount="0.02")
        self.assertFalse(self.payment.other_terms_at, "it did not end after all")

    def test_a_clock_that_is_set_back_begins_anew(self):
        self.answer(quoteAmount="0.01")
        self.pass_time(-7200)
        self.answer(quoteAmount="0.01")
        self.pass_time(30)
        self.answer(quoteAmount="0.01")
        self.assertEqual(self.payment.state, "mismatch")

    def test_it_is_asked_again_in_half_a_minute(self):
        self.assertIsNone(self.payment._recheck_seconds())
        self.answer(quoteAmount="0.01")
        self.assertAlmostEqual(self.payment._recheck_seconds(), 30, delta=1.5)
        self.pass_time(20)
        self.assertAlmostEqual(self.payment._recheck_seconds(), 10, delta=1.5)

    def test_money_of_another_payee_never_holds_the_till(self):
        self.answer(payeeId=STRANGER, paymentAmount="10")
        self.assertFalse(self.payment._is_being_checked())
        shown = self.payment.env["mixpay.presenter"]._to_register(self.payment)
        self.assertEqual((shown["line_status"], shown["is_abandoned"]), ("retry", True))
        self.assertIn("a new code", shown["message"])
        self.assertIn("a new code", shown["notice"], "the popup closes: it must be said elsewhere")
        self.pass_time(30)
        self.answer(payeeId=STRANGER, paymentAmount="10")
        self.assertEqual(self.payment.state, "mismatch")
        self.assertFalse(self.payment.funds_detected or self.payment.payment_amount)
        self.assertIn(
            "not to this shop", texts.state_texts(self.env, self.payment, standing(self.payment))[1]
        )

    def test_a_link_that_a_stranger_left_alone_is_no_alarm(self):
        for changes in ({"payeeId": STRANGER}, {"quoteAmount": "500"}):
            with self.subTest(changes=changes):
                self.payment = self.record(payment_uuid=str(uuid.uuid4()))
                self.answer("unpaid", **changes)
                self.assertTrue(self.payment.is_taken and self.payment.is_abandoned)
                self.answer("failed", failureCode="40000", **changes)
                self.pass_time(30)
                self.answer("failed", failureCode="40000", **changes)
                self.assertEqual(self.payment.state, "failed")
                self.assertFalse(self.payment.issue or self.payment.funds_detected)
                self.assertIn("Somebody else", texts._failure_text(self.env, self.payment))

    def test_an_unknown_status_on_other_terms_says_nothing_of_our_money(self):
        self.answer("teleported", payeeId=STRANGER, paymentAmount="10", txid="0x1")
        payment = self.payment
        self.assertEqual((payment.state, payment.unknown_status), ("unpaid", "teleported"))
        self.assertFalse(payment.funds_detected or payment.payment_amount or payment.txid)
        self.answer("teleported", paymentAmount="10")
        self.assertEqual(payment.payment_amount, "10", "on our own terms it is ours")

    def test_a_taken_link_is_recorded_once_and_not_used_again(self):
        for _poll in range(3):
            self.answer("unpaid", quoteAmount="1")
        self.assertEqual(len(self.events("other_terms")), 1)
        usable = self.payment.env["mixpay.checkout"]._usable(
            self.payment, self.pos_session, 10, self.payment.order_uuid
        )
        self.assertFalse(usable, "the sale needs a new trace")
        self.answer("unpaid")
        self.assertFalse(self.payment.is_taken)
        self.assertEqual(
            self.payment.env["mixpay.checkout"]._usable(
                self.payment, self.pos_session, 10, self.payment.order_uuid
            ),
            self.payment,
        )

    def test_what_is_being_checked_is_gone_on_with(self):
        self.answer(quoteAmount="0.01")
        usable = self.payment.env["mixpay.checkout"]._usable(
            self.payment, self.pos_session, 10, self.payment.order_uuid
        )
        self.assertEqual(usable, self.payment)
        with self.assertRaisesRegex(Exception, "already sent money"):
            self.payment.env["mixpay.checkout"]._usable(
                self.payment, self.pos_session, 8, self.payment.order_uuid
            )

    def test_after_the_end_other_terms_change_nothing(self):
        self.answer()
        self.answer(quoteAmount="0.01", surplusAmount="5", settleAsset=SHIB)
        self.assertEqual(self.payment.state, "success")
        self.assertFalse(self.payment.surplus_amount or self.payment.mismatch or self.payment.issue)


@tagged("post_install", "-at_install")
class TestMixpayOddSuccess(MixpayAnswersCase, TestPoSCommon):
    def test_a_coin_that_was_not_agreed_is_a_success_that_is_listed(self):
        self.answer(settleAsset=SHIB)
        self.assertEqual((self.payment.state, self.payment.issue), ("success", "other_coin"))

    def test_it_is_listed_when_the_settlement_is_known_later(self):
        self.answer()
        self.assertFalse(self.payment.issue)
        self.answer(settleAsset=USDT_ETHEREUM)
        self.assertFalse(self.payment.issue, "what MixPay settles in where it must")
        self.payment.settle_asset_id = False
        self.answer(settleAsset=SHIB)
        self.assertEqual(self.payment.issue, "other_coin")

    def test_less_than_was_due_is_booked_and_listed(self):
        coin = {"payableAssetId": USDT_TRON, "paymentAssetId": USDT_TRON}
        self.answer(payableAmount="10.05", paymentAmount="10.04", **coin)
        self.assertEqual((self.payment.state, self.payment.issue), ("success", "short_success"))
        self.assertEqual(standing(self.payment).line_status, "done")
        self.payment.env["mixpay.decision"]._decide(
            self.payment, "kept", "no matter", "Mitchell Admin"
        )
        self.assertFalse(self.payment.issue)
        self.answer(settleAsset=SHIB)
        self.assertEqual(self.payment.issue, "other_coin", "which nobody has decided about")

    def test_amounts_of_different_coins_are_not_compared(self):
        coins = {"payableAssetId": USDT_TRON, "paymentAssetId": SHIB}
        self.answer(payableAmount="10", paymentAmount="9", **coins)
        self.assertFalse(self.payment.issue)


@tagged("post_install", "-at_install")
class TestMixpayUnusable(MixpayAnswersCase, TestPoSCommon):
    def test_after_an_hour_it_is_listed(self):
        for _time in range(3):
            self.assertFalse(self.answer(quoteAmount=None))
            self.assertEqual(self.payment.state, "unpaid")
        self.assertFalse(self.payment.issue)
        self.assertEqual(len(self.events("unusable_answer")), 1)
        self.payment.unusable_since -= timedelta(hours=1)
        self.assertFalse(
            self.payment.env["mixpay.answer"]._apply(self.payment, None, MixpayUnusable("rubbish"))
        )
        self.assertEqual(self.payment.issue, "unreadable")
        self.assertTrue(self.answer("unpaid"))
        self.assertFalse(self.payment.issue or self.payment.unusable_since)

    def test_an_answer_about_another_trace_is_none(self):
        self.assertFalse(self.answer(traceId=STRANGER))
        self.assertEqual(self.payment.state, "unpaid")
        self.assertFalse(self.payment._is_being_checked() or self.payment.txid)


@tagged("post_install", "-at_install")
class TestMixpayLimiter(MixpayShopCase, TestPoSCommon):
    def test_a_permit_is_given_back_and_a_crash_is_no_success(self):
        limiter, url = self.env["mixpay.limiter"], self.server.api_url
        with self.assertRaises(ZeroDivisionError), limiter._call(url, "urgent", 1):
            raise ZeroDivisionError
        with read_committed(self.env) as cr:
            cr.execute("SELECT failures FROM mixpay_endpoint WHERE api_url = %s", [url])
            self.assertEqual(cr.fetchall(), [(1,)])
            cr.execute(
                "SELECT count(*) FROM mixpay_slot WHERE purpose = 'concurrency'"
                " AND busy_until > clock_timestamp() AT TIME ZONE 'UTC'"
            )
            self.assertEqual(cr.fetchone(), (0,))

    def is_circuit_open(self):
        """Tell what others see by now; this transaction sees what was committed before it began."""
        with read_committed(self.env) as cr:
            cr.execute("SELECT count(open_until) FROM mixpay_endpoint")
            return bool(cr.fetchone()[0])

    def test_what_nobody_waits_for_stops_no_sale(self):
        """Settlements are asked for with more, which may take too long while sales do well."""
        limiter, url = self.env["mixpay.limiter"], self.server.api_url
        for _time in range(5):
            with self.assertRaises(MixpayTimeout), limiter._call(url, "background", 1):
                raise MixpayTimeout("too slow")
        self.assertFalse(self.is_circuit_open())
        with self.assertRaises(MixpayRateLimited), limiter._call(url, "background", 1):
            raise MixpayRateLimited("too many")
        self.assertTrue(self.is_circuit_open(), "it concerns all")

    def test_what_cannot_be_read_says_nothing_against_mixpay(self):
        limiter, url = self.env["mixpay.limiter"], self.server.api_url
        for _time in range(5):
            with self.assertRaises(MixpayUnusable), limiter._call(url, "urgent", 1):
                raise MixpayUnusable("rubbish")
        self.assertFalse(self.is_circuit_open())
