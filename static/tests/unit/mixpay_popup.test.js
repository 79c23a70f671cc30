import {
    advanceTime,
    animationFrame,
    beforeEach,
    expect,
    mockDate,
    press,
    queryAll,
    queryOne,
    test,
} from "@odoo/hoot";
import { click } from "@odoo/hoot-dom";
import { reactive } from "@odoo/owl";
import {
    contains,
    getService,
    makeServerError,
    patchWithCleanup,
} from "@web/../tests/web_test_helpers";
import { browser } from "@web/core/browser/browser";
import { definePosModels } from "@point_of_sale/../tests/unit/data/generate_model_definitions";
import { noteDue } from "@pos_mixpay/app/lines";
import { MixpayPopup } from "@pos_mixpay/lazy/components/mixpay_popup/mixpay_popup";
import { formatAge, formatDuration } from "@pos_mixpay/lazy/duration";
import { outlookFor } from "@pos_mixpay/lazy/hint";
import {
    DETECTED,
    FAILED,
    makeApproval,
    makePayment,
    noConnection,
    PAID,
    setupLine,
    SLIP,
    TRACE,
} from "./utils";

definePosModels();

let server;
let store;
let line;
let now;

beforeEach(() => {
    now = 1000;
    patchWithCleanup(browser, { performance: { now: () => now } });
});

/** The popup of a line of 17.85, without the attempt that would open and close it. */
async function openPopup(values = {}, shown = { traceId: TRACE }) {
    ({ server, store, line } = await setupLine());
    Object.assign(server.payment, { payment_uuid: line.uuid }, values);
    store.mixpay.attempts.send = () => expect.step("asks again");
    await store.mixpay.service.create({ payment_uuid: line.uuid, amount: "17.85" });
    store.mixpay.service.polling.unwatch(TRACE); // the server here knows no clock
    const close = getService("dialog").add(MixpayPopup, { shown: reactive(shown), line });
    await animationFrame();
    return close;
}

async function refresh(values) {
    Object.assign(server.payment, values);
    await store.mixpay.service.refresh(TRACE);
    store.mixpay.service.polling.unwatch(TRACE);
    await animationFrame();
}

const scene = (name) => expect(".o_mixpay_popup").toHaveClass(`o_mixpay_scene_${name}`);

test("opens at once, and shows the code when there is one", async () => {
    const shown = reactive({ traceId: false, qr: false });
    await openPopup({}, shown);
    scene("preparing");
    expect("img").not.toBeVisible();
    expect("img.o_mixpay_qr").toHaveCount(0);
    expect(".o_mixpay_no_code").toBeVisible();
    expect(".o_mixpay_time").toHaveCount(0);
    expect(".o_mixpay_amount").toHaveText(/17.85/);
    expect(".o_mixpay_order").toHaveText(`Order ${line.pos_order_id.pos_reference}`);
    expect(".o_mixpay_status").toHaveText(/Preparing/);
    expect(".o_mixpay_check_now").not.toBeEnabled();
    expect(".o_mixpay_cancel").toBeEnabled();
    shown.qr = server.payment.qr;
    expect("img.o_mixpay_qr").toHaveAttribute("src", server.payment.qr); // before the next frame
    expect(".o_mixpay_no_code").not.toBeVisible();
    shown.traceId = TRACE;
    await animationFrame();
    scene("waiting");
    expect("img.o_mixpay_qr").toBeVisible();
    expect(".o_mixpay_countdown").toHaveText("10:00 left to pay");
});

async function pass(seconds) {
    now += seconds * 1000;
    await advanceTime(1100); // the popup is drawn anew each second
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
    expect(".o_mixpay_countdown").toHaveText("10:00 left to pay");
    expect(".o_mixpay_hide").toHaveText("Serve next customer");
    expect(".o_mixpay_popup .o_mixpay_check_now").toHaveText("Ask MixPay again");
    expect(".o_mixpay_popup .o_mixpay_cancel").toHaveText("Cancel payment");
    expect(".o_mixpay_test, .o_mixpay_trouble, .o_mixpay_facts, .o_mixpay_age").toHaveCount(0);
});

test("the code is large enough to scan, on white", async () => {
    const shown = reactive({ traceId: false, qr: false });
    await openPopup({}, shown);
    shown.qr = server.payment.qr;
    const { width, height } = queryOne("img.o_mixpay_qr").getBoundingClientRect();
    expect(Math.min(width, height)).toBeGreaterThan(199);
    expect("img.o_mixpay_qr").toHaveStyle({ backgroundColor: "rgb(255, 255, 255)" });
});

test("has a name for those who do not see it", async () => {
    await openPopup();
    expect(".o_dialog [role=dialog]").toHaveAttribute("aria-label", "Payment with MixPay");
    expect(".o_dialog [role=dialog]").toHaveAttribute("aria-modal", "true");
    expect(".o_mixpay_lead").toBeFocused();
    expect(".o_mixpay_body").toHaveAttribute("tabindex", "0");
    expect(".o_mixpay_popup img:not([alt]), .o_mixpay_popup i:not([aria-hidden])").toHaveCount(0);
});

for (const [what, values, lead] of [
    ["is paid", PAID, ".o_mixpay_lead"],
    ["failed", { ...FAILED, may_ask_again: true }, ".o_mixpay_ask_again"],
]) {
    test(`the keyboard goes on where the button that had the focus is gone: it ${what}`, async () => {
        await openPopup();
        queryOne(".o_mixpay_cancel").focus();
        await refresh(values);
        expect(lead).toBeFocused();
    });
}

test("says that no real money moves", async () => {
    await openPopup({ is_test: true });
    expect(".o_mixpay_test").toHaveText("Test mode: no real money moves");
});

test("counts down, and at zero it is still checking", async () => {
    await openPopup({ seconds_left: 65 });
    expect(".o_mixpay_countdown").toHaveText("01:05 left to pay");
    expect(".o_mixpay_time").not.toHaveClass("o_mixpay_time_short");
    await pass(6);
    expect(".o_mixpay_countdown").toHaveText("00:59 left to pay");
    expect(".o_mixpay_time").toHaveClass("o_mixpay_time_short");
    await pass(3600);
    expect(".o_mixpay_countdown").toHaveText("Time is up – still checking with MixPay");
    expect(".o_mixpay_status").toHaveAttribute("data-state", "unpaid");
    expect(".o_mixpay_popup").toHaveCount(1);
});

test("whatever the device's clock says, the server's seconds count", async () => {
    mockDate("2031-03-30 02:59:59"); // years off, and before the hour that summer time leaves out
    await openPopup({ seconds_left: 65, expires_at: "2020-01-01T00:00:00Z" });
    expect(".o_mixpay_countdown").toHaveText("01:05 left to pay");
    await pass(6);
    expect(".o_mixpay_countdown").toHaveText("00:59 left to pay");
});

test("durations", () => {
    expect(formatDuration(0)).toBe("00:00");
    expect(formatDuration(59)).toBe("00:59");
    expect(formatDuration(600)).toBe("10:00");
    expect(formatDuration(3600)).toBe("1:00:00");
    expect(formatDuration(172739)).toBe("47:58:59");
});

test("follows the server's state and words; money that was seen is not asked for again", async () => {
    await openPopup();
    await refresh({
        ...DETECTED,
        sent: "17.9 USDT (Tron)",
        confirmations: "Confirmations: 3 of 20",
        explorer: "https://tronscan.org/#/transaction/ab",
    });
    scene("seen");
    expect(".o_mixpay_status").toHaveAttribute("data-state", "confirming");
    expect(".o_mixpay_state").toHaveText(DETECTED.state_text);
    expect(".o_mixpay_message").toHaveText(DETECTED.message);
    expect("img, .o_mixpay_countdown, .o_mixpay_link, .o_mixpay_steps").toHaveCount(0);
    expect(".o_mixpay_emblem").toHaveCount(1);
    expect(".o_mixpay_facts").toHaveText(/17.9 USDT \(Tron\)[^]*3 of 20/);
    expect(".o_mixpay_explorer").toHaveAttribute("rel", "noopener noreferrer");
    expect(".o_mixpay_lead").toHaveText("Serve next customer");
});

test("paid too little: what is missing, on the same code", async () => {
    await openPopup();
    await refresh({
        state: "paid_less",
        state_text: "$ 1.50 still missing (1.50 USDT, Tron)",
        remaining: { coin: "1.50 USDT (Tron)", currency: "$ 1.50" },
    });
    scene("short");
    expect(".o_mixpay_state").toHaveText("$ 1.50 still missing (1.50 USDT, Tron)");
    expect("img.o_mixpay_qr").toHaveCount(1);
    expect(".o_mixpay_countdown").toHaveCount(1);
    expect(".o_mixpay_steps").toHaveCount(0);
});

test("paid: a tick that nobody has to close", async () => {
    await openPopup();
    await refresh(PAID);
    scene("paid");
    expect(".o_mixpay_emblem .fa-check").toHaveCount(1);
    expect(".o_mixpay_state").toHaveText("Paid");
    expect(".modal-footer button").toHaveText("Continue");
    await advanceTime(2000);
    await animationFrame();
    expect(".o_mixpay_popup").toHaveCount(0);
});

test("not paid in time: a new code", async () => {
    await openPopup();
    await refresh({ ...FAILED, may_ask_again: true });
    scene("unpaid");
    expect("img, .o_mixpay_cancel").toHaveCount(0);
    expect(".o_mixpay_lead").toHaveText("New QR code");
    expect(".o_mixpay_close").toHaveText("Close");
    await contains(".o_mixpay_ask_again").click();
    expect.verifySteps(["asks again"]);
    expect(".o_mixpay_popup").toHaveCount(0);
});

test("failed after money was sent: the slip and the reference, nothing to try again", async () => {
    await openPopup();
    await refresh({ ...FAILED, may_ask_again: false, slip: SLIP });
    scene("failed");
    expect(".o_mixpay_lead").toHaveText("Print the slip");
    expect(".o_mixpay_ask_again").toHaveCount(0);
    expect(".o_mixpay_reference").toHaveText(TRACE);
    await press("Escape");
    await animationFrame();
    expect(".o_mixpay_popup").toHaveCount(0); // nothing is open that could be lost
});

test("being cancelled: no code to scan, and no other payment to take yet", async () => {
    await openPopup();
    const { promise, resolve } = Promise.withResolvers();
    patchWithCleanup(store.mixpay.attempts, { cancelPayment: () => promise });
    await contains(".o_mixpay_cancel").click();
    scene("cancelling");
    expect("img").toHaveCount(0);
    expect(".o_mixpay_state").toHaveText("Cancelling…");
    expect(".o_mixpay_cancel").not.toBeEnabled();
    resolve({ isFree: true });
    await animationFrame();
    scene("waiting");
});

test("MixPay that does not answer: checking on, and how old its last word is", async () => {
    await openPopup();
    await refresh({ is_unreachable: true, answer_age: 75.4 });
    expect(".o_mixpay_trouble").toHaveText(/MixPay does not answer[^]*do not charge again/);
    expect(".o_mixpay_age").toHaveText("MixPay's last answer: 1 min ago");
    await pass(60);
    expect(".o_mixpay_age").toHaveText("MixPay's last answer: 2 min ago");
    expect([4.2, 75, 7300].map((age) => String(formatAge(age)))).toEqual(["4 s", "1 min", "2 h"]);
    await refresh({ is_unreachable: false, answer_age: 1 });
    expect(".o_mixpay_trouble, .o_mixpay_age").toHaveCount(0);
});

test("the shop's name is there to compare, when MixPay has said it", async () => {
    await openPopup();
    expect(".o_mixpay_payee").toHaveCount(0);
    await refresh({ payee_name: "Corner shop" });
    expect(".o_mixpay_payee").toHaveText("Corner shop");
});

test("what follows when the code is paid", async () => {
    await openPopup();
    store.config.auto_validate_terminal_payment = true;
    expect(outlookFor(store, line)).toBe("Then the sale finishes by itself.");
    line.setAmount(10);
    expect(outlookFor(store, line)).toMatch(/Then take the rest: .*7.85/);
    line.setAmount(17.85);
    store.config.auto_validate_terminal_payment = false;
    expect(outlookFor(store, line)).toBe("Then validate the sale.");
    line.delete();
    expect(outlookFor(store, line)).toBe("");
});

test("hostile text stays text", async () => {
    const hostile = `<img class="hacked" src=x onerror="window.hacked=1">`;
    await openPopup();
    const texts = ["amount_text", "order_name", "state_text", "message", "payee_name", "sent"];
    await refresh(Object.fromEntries(texts.map((name) => [name, hostile])));
    expect(".hacked").toHaveCount(0);
    expect(".o_mixpay_message").toHaveText(hostile);
    expect(window.hacked).toBe(undefined);
});

test("only web addresses are clickable", async () => {
    await openPopup();
    expect(".o_mixpay_link a").toHaveAttribute("href", "https://mixpay.example/code/abc");
    expect(".o_mixpay_link a").toHaveAttribute("target", "_blank");
    expect(".o_mixpay_link a").toHaveAttribute("rel", "noopener");
    await refresh({ link: "javascript:alert(1)" });
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
    const params = { trace_ids: [TRACE], session_id: store.session.id, check_now: true };
    expect(server.callsTo("status")).toEqual([params]);
    expect(".o_mixpay_notice").toHaveCount(0);
    server.status = noConnection;
    await contains(".o_mixpay_check_now").click();
    await animationFrame();
    expect(".o_mixpay_notice").toHaveText("No answer from the Odoo server. Still trying.");
    expect(".o_mixpay_trouble").toHaveText(/No connection[^]*do not charge again/);
});

test("an error of the server is told as such: the connection is there", async () => {
    await openPopup();
    server.status = () => {
        throw makeServerError({ description: "This session is closed." });
    };
    await contains(".o_mixpay_check_now").click();
    await animationFrame();
    expect(".o_mixpay_notice").toHaveText("This session is closed.");
    expect(".o_mixpay_trouble").toHaveText(/The Odoo server could not answer/);
});

test("a manager's decision that is waited for is shown", async () => {
    await openPopup({ approval: makeApproval() });
    expect(".o_mixpay_asked").toHaveText("Waiting for a manager's decision.");
    await refresh({ approval: makeApproval({ state: "refused" }) });
    expect(".o_mixpay_asked").toHaveCount(0);
});

test("a refused cancel is explained in the popup", async () => {
    const payment = makePayment({ message: "Money is on its way." });
    await openPopup();
    patchWithCleanup(store.mixpay.attempts, {
        cancelPayment: async () => ({ isFree: false, payment }),
    });
    await contains(".o_mixpay_cancel").click();
    await animationFrame();
    expect(".o_mixpay_notice").toHaveText("Money is on its way.");
    expect(".o_mixpay_cancel").toBeEnabled();
});

test("what only an approver may do is in a menu of its own, when the server says so", async () => {
    await openPopup({ can_force_cancel: true, can_confirm_manually: true });
    expect(".o_mixpay_managers").not.toHaveAttribute("open");
    await contains(".o_mixpay_managers summary").click();
    expect(".o_mixpay_confirm").toHaveText("Mark as paid (manager)…");
    await contains(".o_mixpay_force_cancel").click();
    expect(".o_mixpay_approval_dialog").toHaveCount(1);
});

test("what only an approver may do is not there otherwise", async () => {
    await openPopup();
    expect(".o_mixpay_managers").toHaveCount(0);
});

test("the buttons stand in one order", async () => {
    await openPopup({ can_force_cancel: true });
    const names = queryAll(".modal-footer > *").map((one) =>
        (one.querySelector("summary") || one).textContent.trim()
    );

    expect(names).toEqual(["Serve next customer", "Ask MixPay again", "Manager", "Cancel payment"]);
});

test("says what the server and the register have to say", async () => {
    await openPopup({ notice: "MixPay cannot be reached." });
    noteDue(line);
    line.setPaymentStatus("waitingCard");
    line.pos_order_id.lines[0].setQuantity(1);
    await pass(1);
    expect(".o_mixpay_news").toHaveText("MixPay cannot be reached.");
    expect(".o_mixpay_hint").toHaveText(/This code asks for/);
});
