import { advanceTime, beforeEach, describe, expect, microTick, test } from "@odoo/hoot";
import { makeMockServer, makeServerError, patchWithCleanup } from "@web/../tests/web_test_helpers";
import { browser } from "@web/core/browser/browser";
import { mixpayService } from "@pos_mixpay/app/services/mixpay_service";
import {
    ABANDONED,
    FAILED,
    makeApproval,
    makePayment,
    mockMixpayRoutes,
    noConnection,
    PAID,
    TRACE,
} from "./utils";

describe.current.tags("headless");

let server;
let service;

beforeEach(async () => {
    server = mockMixpayRoutes();
    await makeMockServer();
    service = mixpayService.start();
});

const polls = () => server.callsTo("status").length;

test("asks again after the pause that the server names, not earlier", async () => {
    server.pollAfter = 4000;
    await service.create({ payment_uuid: "line-1" });
    service.polling.watch(TRACE);
    await advanceTime(1000);
    expect(polls()).toBe(1);
    await advanceTime(3900);
    expect(polls()).toBe(1);
    await advanceTime(200);
    expect(polls()).toBe(2);
    server.pollAfter = 1000;
    await advanceTime(4000);
    expect(polls()).toBe(3);
    await advanceTime(1000);
    expect(polls()).toBe(4);
});

test("a server that names no pause is not flooded", async () => {
    server.pollAfter = 0;
    await service.create({});
    service.polling.watch(TRACE);
    await advanceTime(1000);
    expect(polls()).toBe(1);
    await advanceTime(1900);
    expect(polls()).toBe(1);
});

test("one request for all watched payments, none for the others", async () => {
    const payments = ["a", "b", "c"].map((id) => makePayment({ trace_id: id, payment_uuid: id }));
    server.create = ({ payment_uuid }) => payments.find((p) => p.trace_id === payment_uuid);
    server.status = () => ({ payments, poll_after: 2000 });
    for (const payment_uuid of ["a", "b", "c"]) {
        await service.create({ payment_uuid });
    }
    service.polling.watch("a");
    service.polling.watch("b");
    service.polling.watch("a");
    await advanceTime(1000);
    expect(server.callsTo("status")).toEqual([{ trace_ids: ["a", "b"] }]);
});

test("a lost connection keeps the last state, says so, and is tried again every few seconds", async () => {
    const answer = server.status.bind(server);
    await service.create({});
    service.polling.watch(TRACE);
    server.status = noConnection;
    await advanceTime(1000);
    expect(service.payments.state.isOffline).toBe(true);
    expect(service.payments.get(TRACE).state).toBe("unpaid");
    expect(service.payments.get(TRACE).line_status).toBe("waitingCard");
    await advanceTime(2000);
    expect(polls()).toBe(2);
    await advanceTime(2900);
    expect(polls()).toBe(2);
    await advanceTime(200);
    expect(polls()).toBe(3);
    await advanceTime(3000);
    expect(polls()).toBe(4);
    server.status = answer;
    await advanceTime(3000);
    expect(polls()).toBe(5);
    expect(service.payments.state.isOffline).toBe(false);
});

test("a request that is never answered counts as a lost connection, and polling goes on", async () => {
    const answer = server.status.bind(server);
    await service.create({});
    service.polling.watch(TRACE);
    server.status = () => new Promise(() => {});
    await advanceTime(1000);
    const refresh = service.refresh(TRACE);
    await advanceTime(25000);
    expect(polls()).toBe(2);
    expect(service.payments.state.isOffline).toBe(false);
    server.status = answer;
    Object.assign(server.payment, PAID);
    await advanceTime(5500);
    await refresh;
    expect(service.payments.state.isOffline).toBe(true);
    expect(service.payments.get(TRACE).state).toBe("unpaid");
    await advanceTime(2000);
    expect(polls()).toBe(3);
    expect(service.payments.state.isOffline).toBe(false);
    expect(service.payments.get(TRACE).state).toBe("success");
});

test("an answer that comes in time is no lost connection later on", async () => {
    await service.create({});
    await service.refresh(TRACE);
    await advanceTime(60000);
    expect(service.payments.state.isOffline).toBe(false);
    expect(polls()).toBe(1);
});

test("a server that only answers with errors is asked ever more rarely", async () => {
    await service.create({});
    service.polling.watch(TRACE);
    server.status = () => {
        throw makeServerError({ description: "Something broke" });
    };
    for (const pause of [1000, 2100, 4100]) {
        await advanceTime(pause);
    }
    expect(polls()).toBe(3);
    await advanceTime(7000);
    expect(polls()).toBe(3);
    await advanceTime(1100);
    expect(polls()).toBe(4);
});

test("an error of the server is neither a failed payment nor a lost connection", async () => {
    const answer = server.status.bind(server);
    await service.create({});
    service.polling.watch(TRACE);
    server.status = () => {
        throw new Error("Something broke");
    };
    await advanceTime(1000);
    expect(service.payments.state).toEqual({
        ...service.payments.state,
        isOffline: false,
        isFailing: true,
    });
    expect(service.payments.get(TRACE).state).toBe("unpaid");
    expect(service.payments.isFinal(TRACE)).toBe(false);
    server.status = answer;
    await advanceTime(2000);
    expect(polls()).toBe(2);
    expect(service.payments.state.isFailing).toBe(false);
});

test("more payments than the server takes at once are asked about in parts", async () => {
    const ids = [...Array(230).keys()].map(String);
    server.status = ({ trace_ids }) => ({
        payments: trace_ids.map((id) => makePayment({ trace_id: id, payment_uuid: id })),
        poll_after: trace_ids.includes("0") ? 4000 : 1000,
    });
    ids.forEach((id) => service.polling.watch(id));
    await advanceTime(1000);
    const parts = server.callsTo("status").map(({ trace_ids }) => trace_ids);
    expect(parts.map((part) => part.length)).toEqual([100, 100, 30]);
    expect(parts.flat()).toEqual(ids);
    expect(ids.every((id) => service.payments.get(id)?.state === "unpaid")).toBe(true);
    await advanceTime(2500);
    expect(polls()).toBe(3);
    await advanceTime(2000);
    expect(polls()).toBe(6);
});

test("a part that the server refuses keeps nothing back about the others", async () => {
    const ids = [...Array(150).keys()].map(String);
    server.status = ({ trace_ids }) => {
        if (trace_ids.includes("0")) {
            throw new Error("Something broke");
        }
        return { payments: trace_ids.map((id) => makePayment({ trace_id: id })), poll_after: 2000 };
    };
    ids.forEach((id) => service.polling.watch(id));
    await advanceTime(1000);
    expect(service.payments.get("149").state).toBe("unpaid");
    expect(service.payments.state.isFailing).toBe(true);
});

test("nobody asks about a payment without a trace", async () => {
    service.polling.watch(undefined);
    await advanceTime(60000);
    expect(polls()).toBe(0);
});

test("a subscriber that fails keeps no news from the others", async () => {
    expect.errors(0);
    patchWithCleanup(console, { error: () => expect.step("logged") });
    service.payments.subscribe(() => {
        throw new Error("This line is broken");
    });
    service.payments.subscribe(() => expect.step("notified"));
    const final = service.payments.whenFinal(TRACE);
    await service.create({});
    Object.assign(server.payment, PAID);
    await service.refresh(TRACE);
    expect((await final).state).toBe("success");
    expect.verifySteps(["logged", "notified", "logged", "notified"]);
});

test("a final payment is asked about until the approval that was asked for is decided", async () => {
    Object.assign(server.payment, FAILED, { approval: makeApproval() });
    await service.create({});
    service.polling.watch(TRACE);
    await advanceTime(1000);
    await advanceTime(2000);
    expect(polls()).toBe(2);
    server.payment.approval = makeApproval({ state: "refused" });
    await advanceTime(2000);
    expect(polls()).toBe(3);
    await advanceTime(60000);
    expect(polls()).toBe(3);
});

test("a payment that somebody looks at is asked about, final or not", async () => {
    Object.assign(server.payment, FAILED);
    await service.create({});
    const leave = service.polling.follow(TRACE);
    await advanceTime(1000);
    await advanceTime(2000);
    expect(polls()).toBe(2);
    leave();
    await advanceTime(60000);
    expect(polls()).toBe(2);
});

test("stops asking when the payment is final", async () => {
    await service.create({});
    service.polling.watch(TRACE);
    const final = service.payments.whenFinal(TRACE);
    Object.assign(server.payment, PAID);
    await advanceTime(1000);
    expect((await final).state).toBe("success");
    await advanceTime(60000);
    expect(polls()).toBe(1);
    service.polling.watch(TRACE);
    await advanceTime(60000);
    expect(polls()).toBe(1);
});

test("goes on for the others when one payment is final", async () => {
    const payments = ["a", "b"].map((id) => makePayment({ trace_id: id, payment_uuid: id }));
    server.create = ({ payment_uuid }) => payments.find((p) => p.trace_id === payment_uuid);
    server.status = () => ({ payments, poll_after: 2000 });
    await service.create({ payment_uuid: "a" });
    await service.create({ payment_uuid: "b" });
    service.polling.watch("a");
    service.polling.watch("b");
    Object.assign(payments[0], FAILED);
    await advanceTime(1000);
    await advanceTime(2000);
    expect(server.callsTo("status").at(-1)).toEqual({ trace_ids: ["b"] });
});

test("stops asking when nothing is watched", async () => {
    await service.create({});
    service.polling.watch(TRACE);
    service.polling.unwatch(TRACE);
    await advanceTime(60000);
    expect(polls()).toBe(0);
});

test("a payment given up is final, and not asked about", async () => {
    await service.create({});
    service.polling.watch(TRACE);
    const final = service.payments.whenFinal(TRACE);
    await service.cancel(TRACE);
    expect((await final).is_abandoned).toBe(true);
    await advanceTime(60000);
    expect(polls()).toBe(0);
});

test("refresh asks at once, and once only while the answer is awaited", async () => {
    await service.create({});
    const first = service.refresh(TRACE);
    const second = service.refresh(TRACE);
    expect(first).toBe(second);
    Object.assign(server.payment, PAID);
    await first;
    expect(server.callsTo("status")).toEqual([{ trace_ids: [TRACE] }]);
    expect(service.payments.get(TRACE).state).toBe("success");
    await service.refresh(TRACE);
    expect(polls()).toBe(2);
});

test("refresh never rejects", async () => {
    await service.create({});
    server.status = noConnection;
    await expect(service.refresh(TRACE)).resolves.toBe(undefined);
    expect(service.payments.state.isOffline).toBe(true);
});

test("check now tells the server that a person asks", async () => {
    await service.create({});
    await service.readStatus([TRACE], { check_now: true });
    expect(server.callsTo("status")).toEqual([{ trace_ids: [TRACE], check_now: true }]);
});

test("status answers without a picture keep the one from create", async () => {
    await service.create({});
    const { qr } = service.payments.get(TRACE);
    await service.refresh(TRACE);
    expect(qr).toMatch(/^data:image/);
    expect(service.payments.get(TRACE).qr).toBe(qr);
});

test("an answer to an older request does not undo a newer one", async () => {
    await service.create({});
    const old = Promise.withResolvers();
    const before = { ...server.payment };
    server.status = () => old.promise;
    const refresh = service.refresh(TRACE);
    await microTick();
    await service.cancel(TRACE);
    old.resolve({ payments: [before], poll_after: 2000 });
    await refresh;
    expect(service.payments.get(TRACE).is_abandoned).toBe(true);
});

test("a change that takes long is newer than the polls answered meanwhile", async () => {
    await service.create({});
    const slow = Promise.withResolvers();
    server.cancel = () => slow.promise;
    const cancelling = service.cancel(TRACE);
    await microTick();
    await service.refresh(TRACE);
    slow.resolve({ ...server.payment, ...ABANDONED });
    expect((await cancelling).is_abandoned).toBe(true);
    expect(service.payments.get(TRACE).is_abandoned).toBe(true);
});

test("a final state has no way back", async () => {
    await service.create({});
    Object.assign(server.payment, PAID);
    await service.refresh(TRACE);
    server.payment = makePayment();
    await service.refresh(TRACE);
    expect(service.payments.get(TRACE).state).toBe("success");
});

test("a given up payment that is asked for again lives on", async () => {
    await service.create({});
    await service.cancel(TRACE);
    server.payment = makePayment();
    await service.create({});
    expect(service.payments.isFinal(TRACE)).toBe(false);
    service.polling.watch(TRACE);
    Object.assign(server.payment, PAID);
    await advanceTime(1000);
    expect(service.payments.isFinal(TRACE)).toBe(true);
});

test("every answer reaches the subscribers, until they leave", async () => {
    const leave = service.payments.subscribe((payment) => expect.step(payment.state_text));
    await service.create({});
    await service.cancel(TRACE);
    expect.verifySteps(["Waiting for the customer", ABANDONED.state_text]);
    leave();
    await service.refresh(TRACE);
    expect.verifySteps([]);
});

test("time left does not follow the device's clock", async () => {
    let now = 5000;
    patchWithCleanup(browser, { performance: { now: () => now } });
    await service.create({});
    now += 1500;
    expect(service.payments.secondsLeft(TRACE)).toBe(599);
    patchWithCleanup(Date, { now: () => 0 });
    expect(service.payments.secondsLeft(TRACE)).toBe(599);
    now += 10 * 60 * 1000;
    expect(service.payments.secondsLeft(TRACE)).toBe(0);
    expect(service.payments.secondsLeft("unknown")).toBe(0);
});

test("create's refusal is the caller's to show", async () => {
    server.create = () => {
        throw new Error("Refused");
    };
    await expect(service.create({})).rejects.toThrow(/Refused/);
    expect(service.payments.get(TRACE)).toBe(undefined);
});
