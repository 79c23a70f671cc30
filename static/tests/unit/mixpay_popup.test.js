import {
    advanceTime,
    animationFrame,
    beforeEach,
    expect,
    mockDate,
    press,
    queryOne,
    test,
} from "@odoo/hoot";
import { click } from "@odoo/hoot-dom";
import { reactive } from "@odoo/owl";
import {
    contains,
    getService,
    makeServerError,
    mountWithCleanup,
    patchWithCleanup,
} from "@web/../tests/web_test_helpers";
import { browser } from "@web/core/browser/browser";
import { MainComponentsContainer } from "@web/core/main_components_container";
import { definePosModels } from "@point_of_sale/../tests/unit/data/generate_model_definitions";
import { setupPosEnv } from "@point_of_sale/../tests/unit/utils";
import { MixpayPopup } from "@pos_mixpay/lazy/components/mixpay_popup/mixpay_popup";
import { formatDuration } from "@pos_mixpay/lazy/duration";
import { makeApproval, makePayment, mockMixpayRoutes, noConnection, TRACE } from "./utils";

definePosModels();

let server;
let now;

beforeEach(() => {
    server = mockMixpayRoutes();
    now = 1000;
    patchWithCleanup(browser, { performance: { now: () => now } });
});

async function openPopup(values = {}, props = {}) {
    Object.assign(server.payment, values);
    await setupPosEnv();
    await mountWithCleanup(MainComponentsContainer);
    await getService("pos_mixpay").create({ payment_uuid: "line-1" });
    const close = getService("dialog").add(MixpayPopup, {
        shown: reactive({ traceId: TRACE }),
        preparing: {},
        hint: () => "",
        cancel: async () => ({ isFree: true }),
        forceCancel: () => expect.step("force cancel"),
        confirmManually: () => expect.step("confirm manually"),
        ...props,
    });
    await animationFrame();
    return close;
}

test("opens at once, and shows the code when there is one", async () => {
    const shown = reactive({ traceId: false, qr: false });
    const preparing = { amount_text: "$ 17.85", order_name: "Shop/0001" };
    await openPopup({}, { shown, preparing });
    expect("img").not.toBeVisible();
    expect("img.o_mixpay_qr").toHaveCount(0);
    expect(".o_mixpay_no_code").toBeVisible();
    expect(".o_mixpay_time").toHaveCount(0);
    expect(".o_mixpay_amount").toHaveText("$ 17.85");
    expect(".o_mixpay_status").toHaveText(/Preparing/);
    expect(".o_mixpay_check_now").not.toBeEnabled();
    expect(".o_mixpay_cancel").toBeEnabled();
    shown.qr = server.payment.qr;
    expect("img.o_mixpay_qr").toHaveAttribute("src", server.payment.qr); // before the next frame
    expect(".o_mixpay_no_code").not.toBeVisible();
    shown.traceId = TRACE;
    await animationFrame();
    expect("img.o_mixpay_qr").toBeVisible();
    expect(".o_mixpay_countdown").toHaveText("10:00");
});

async function pass(seconds) {
    now += seconds * 1000;
    await advanceTime(1000);
    await animationFrame();
}

test("shows what a cashier and a customer need", async () => {
    await openPopup();
    expect(".o_mixpay_popup").toHaveCount(1);
    expect(".o_mixpay_popup img.o_mixpay_qr").toHaveAttribute(
        "data-src", // unit tests load no pictures
        server.payment.qr
    );
    expect(".o_mixpay_amount").toHaveText("$ 17.85");
    expect(".o_mixpay_order").toHaveText("Order Shop/0001");
    expect(".o_mixpay_steps li").toHaveCount(3);
    expect(".o_mixpay_status").toHaveAttribute("data-state", "unpaid");
    expect(".o_mixpay_status").toHaveAttribute("aria-live", "polite");
    expect(".o_mixpay_status").toHaveText(/Waiting for the customer/);
    expect(".o_mixpay_countdown").toHaveText("10:00");
    expect(".o_mixpay_popup .o_mixpay_check_now").toHaveText("Check now");
    expect(".o_mixpay_popup .o_mixpay_cancel").toHaveText("Cancel");
    expect(".o_mixpay_test, .o_mixpay_offline, .o_mixpay_remaining").toHaveCount(0);
});

test("the code is large enough to scan, on white", async () => {
    const shown = reactive({ traceId: false, qr: false });
    await openPopup({}, { shown });
    shown.qr = server.payment.qr;
    const { width, height } = queryOne("img.o_mixpay_qr").getBoundingClientRect();
    expect(Math.min(width, height)).toBeGreaterThan(199);
    expect("img.o_mixpay_qr").toHaveStyle({ backgroundColor: "rgb(255, 255, 255)" });
});

test("has a name for those who do not see it", async () => {
    await openPopup();
    expect(".o_dialog [role=dialog]").toHaveAttribute("aria-label", "Payment with MixPay");
    expect(".o_mixpay_popup [role=img]:not([aria-label])").toHaveCount(0);
});

test("says that no real money moves", async () => {
    await openPopup({ is_test: true });
    expect(".o_mixpay_test").toHaveText("Test mode: no real money moves");
});

test("counts down, and at zero it is still checking", async () => {
    await openPopup({ seconds_left: 65 });
    expect(".o_mixpay_countdown").toHaveText("01:05");
    await pass(6);
    expect(".o_mixpay_countdown").toHaveText("00:59");
    await pass(3600);
    expect(".o_mixpay_countdown").toHaveText("Time is up – still checking with MixPay");
    expect(".o_mixpay_status").toHaveAttribute("data-state", "unpaid");
    expect(".o_mixpay_popup").toHaveCount(1);
});

test("whatever the device's clock says, the server's seconds count", async () => {
    mockDate("2031-03-30 02:59:59"); // years off, and before the hour that summer time leaves out
    await openPopup({ seconds_left: 65, expires_at: "2020-01-01T00:00:00Z" });
    expect(".o_mixpay_countdown").toHaveText("01:05");
    await pass(6);
    expect(".o_mixpay_countdown").toHaveText("00:59");
});

test("durations", () => {
    expect(formatDuration(0)).toBe("00:00");
    expect(formatDuration(59)).toBe("00:59");
    expect(formatDuration(600)).toBe("10:00");
    expect(formatDuration(3600)).toBe("1:00:00");
    expect(formatDuration(172739)).toBe("47:58:59");
});

test("follows the server's state and words", async () => {
    await openPopup();
    Object.assign(server.payment, {
        state: "confirming",
        line_status: "waitingCapture",
        state_text: "Being confirmed",
        message: "Money is on its way.",
    });
    await getService("pos_mixpay").refresh(TRACE);
    await animationFrame();
    expect(".o_mixpay_status").toHaveAttribute("data-state", "confirming");
    expect(".o_mixpay_status").toHaveText(/Being confirmed/);
    expect(".o_mixpay_message").toHaveText("Money is on its way.");
    expect("img.o_mixpay_qr").toHaveClass("o_mixpay_qr_used");
});

test("paid too little: what is missing, in coin and currency, on the same code", async () => {
    await openPopup({
        state: "paid_less",
        remaining: { coin: "1.50 USDT (Tron)", currency: "$ 1.50" },
    });
    expect(".o_mixpay_remaining").toHaveText("Still to pay: 1.50 USDT (Tron) ($ 1.50)");
    expect("img.o_mixpay_qr").not.toHaveClass("o_mixpay_qr_used");
});

test("hostile text stays text", async () => {
    const hostile = `<img class="hacked" src=x onerror="window.hacked=1">`;
    await openPopup({
        amount_text: hostile,
        order_name: hostile,
        state_text: hostile,
        message: hostile,
        remaining: { coin: hostile, currency: hostile },
    });
    expect(".hacked").toHaveCount(0);
    expect(".o_mixpay_message").toHaveText(hostile);
    expect(window.hacked).toBe(undefined);
});

test("only web addresses are clickable", async () => {
    await openPopup();
    expect(".o_mixpay_link a").toHaveAttribute("href", "https://mixpay.example/code/abc");
    expect(".o_mixpay_link a").toHaveAttribute("target", "_blank");
    expect(".o_mixpay_link a").toHaveAttribute("rel", "noopener");
    server.payment = makePayment({ link: "javascript:alert(1)" });
    await getService("pos_mixpay").refresh(TRACE);
    await animationFrame();
    expect(".o_mixpay_link").toHaveCount(0);
});

test("the link can be copied", async () => {
    await openPopup();
    patchWithCleanup(browser.navigator.clipboard, { writeText: async (text) => expect.step(text) });
    await contains(".o_mixpay_copy").click();
    expect.verifySteps(["https://mixpay.example/code/abc"]);
    expect(".o_mixpay_notice").toHaveText("Link copied.");
});

test("neither ESC nor a click beside it dismisses it", async () => {
    await openPopup();
    await press("Escape");
    await animationFrame();
    await click(".o_mixpay_popup", { position: { x: 1, y: 1 } });
    await click(".modal");
    await animationFrame();
    expect(".o_mixpay_popup").toHaveCount(1);
    expect(".o_mixpay_popup .btn-close").toHaveCount(0);
});

test("check now asks once per press, and says when nobody answers", async () => {
    await openPopup();
    await contains(".o_mixpay_check_now").click();
    expect(server.callsTo("status")).toEqual([{ trace_ids: [TRACE], check_now: true }]);
    expect(".o_mixpay_notice").toHaveCount(0);
    server.status = noConnection;
    await contains(".o_mixpay_check_now").click();
    await animationFrame();
    expect(".o_mixpay_notice").toHaveText("No answer from the Odoo server. Still trying.");
    expect(".o_mixpay_offline").toHaveCount(1);
});

test("an error of the server is told as such: the connection is there", async () => {
    await openPopup();
    server.status = () => {
        throw makeServerError({ description: "This session is closed." });
    };
    await contains(".o_mixpay_check_now").click();
    await animationFrame();
    expect(".o_mixpay_notice").toHaveText("This session is closed.");
    expect(".o_mixpay_offline").toHaveCount(0);
    expect(".o_mixpay_failing").toHaveText(/The Odoo server could not answer/);
});

test("a manager's decision that is waited for is shown", async () => {
    await openPopup({ approval: makeApproval() });
    expect(".o_mixpay_asked").toHaveText("Waiting for a manager's decision.");
    server.payment.approval = makeApproval({ state: "refused" });
    await getService("pos_mixpay").refresh(TRACE);
    await animationFrame();
    expect(".o_mixpay_asked").toHaveCount(0);
});

test("a refused cancel is explained in the popup", async () => {
    const payment = makePayment({ message: "Money is on its way." });
    const cancel = async () => ({ isFree: false, payment });
    await openPopup({}, { cancel });
    await contains(".o_mixpay_cancel").click();
    await animationFrame();
    expect(".o_mixpay_notice").toHaveText("Money is on its way.");
    expect(".o_mixpay_cancel").toBeEnabled();
});

test("what only an approver may do is offered when the server says so", async () => {
    await openPopup({ can_force_cancel: true, can_confirm_manually: true });
    await contains(".o_mixpay_popup .o_mixpay_force_cancel").click();
    await contains(".o_mixpay_popup .o_mixpay_confirm").click();
    expect.verifySteps(["force cancel", "confirm manually"]);
});

test("what only an approver may do is not there otherwise", async () => {
    await openPopup();
    expect(".o_mixpay_force_cancel, .o_mixpay_confirm").toHaveCount(0);
});

test("says what the server and the register have to say", async () => {
    await openPopup(
        { notice: "MixPay cannot be reached." },
        { hint: () => "The order was changed." }
    );
    expect(".o_mixpay_news").toHaveText("MixPay cannot be reached.");
    expect(".o_mixpay_hint").toHaveText("The order was changed.");
});
