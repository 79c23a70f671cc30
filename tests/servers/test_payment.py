"""What only real commits, processes and HTTP can show about one payment's life."""

from __future__ import annotations

import threading
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests
from shop import PUBLIC_HOST, Register, RpcError, Shop, wait_for


def records(shop: Shop, payment_uuid: str) -> list[tuple]:
    """Return the committed records of a payment line: trace id, state, whether abandoned."""
    return shop.database.rows(
        "SELECT trace_id, state, coalesce(is_abandoned, false) FROM mixpay_payment"
        " WHERE payment_uuid = %s ORDER BY id",
        payment_uuid,
    )


def test_a_sale_from_create_to_success_by_polling(shop: Shop) -> None:
    register = shop.register()
    payment = register.create("12.50")
    assert payment["state"] == "unpaid"
    assert payment["line_status"] == "waitingCard"
    assert payment["link"] == f"{shop.simulator.pay_url}/code/{payment['trace_id']}"
    assert payment["qr"].startswith("data:image/svg+xml;base64,")
    assert payment["amount"] == "12.50"
    shop.pay(payment)
    paid = register.wait_for_state(payment, "success")
    assert paid["line_status"] == "done"
    assert paid["transaction_id"] == payment["trace_id"]


def test_each_step_of_the_lifecycle_reaches_the_register(shop: Shop) -> None:
    register = shop.register()
    payment = register.create()
    for steps, state, line_status in (
        (("pay_less",), "confirming", "waitingCapture"),
        (("confirm",), "paid_less", "waitingCard"),
        (("top_up",), "confirming", "waitingCapture"),
        (("confirm", "process"), "pending", "waitingCapture"),
        (("review",), "auditing", "waitingCapture"),
        (("approve", "succeed"), "success", "done"),
    ):
        shop.pay(payment, *steps)
        assert register.wait_for_state(payment, state)["line_status"] == line_status


def test_the_record_is_committed_before_mixpay_is_asked(shop: Shop) -> None:
    shop.simulator.simulator.set_knobs(latency=1.5, latency_paths=["/v1/one_time_payment"])
    register, payment_uuid = shop.register(), str(uuid.uuid4())
    with ThreadPoolExecutor(1) as pool:
        created = pool.submit(register.create, "10.00", payment_uuid=payment_uuid)
        [(trace_id, state, _)] = wait_for(
            lambda: records(shop, payment_uuid), "a committed record", seconds=1.4
        )
        assert state == "draft"
        assert not created.done()
        assert created.result()["trace_id"] == trace_id


def test_a_server_killed_while_asking_mixpay_loses_nothing(shop: Shop) -> None:
    shop.simulator.simulator.set_knobs(hang=1.0, hang_paths=["/v1/one_time_payment"])
    register = shop.register()
    line = {"payment_uuid": str(uuid.uuid4()), "order_uuid": str(uuid.uuid4())}

    def create_and_be_cut_off() -> None:
        with pytest.raises(requests.RequestException):
            register.create("10.00", **line)

    thread = threading.Thread(target=create_and_be_cut_off)
    thread.start()
    wait_for(lambda: shop.calls("one_time_payment"), "the call to MixPay")
    shop.server.kill()
    thread.join(30)
    shop.simulator.simulator.set_knobs(hang=0.0)
    shop.server.start()
    # The lease of the killed process runs out with time; waiting for that proves nothing more.
    shop.database.rows("UPDATE mixpay_job SET lease_until = NULL")
    payment = shop.register().create("10.00", **line)
    assert [row[0] for row in records(shop, line["payment_uuid"])] == [payment["trace_id"]]
    assert payment["link"].endswith(payment["trace_id"])
    assert len(shop.simulator.simulator.payments()) == 1


def test_asking_again_for_a_line_returns_the_same_payment(shop: Shop) -> None:
    register = shop.register()
    payment = register.create()
    assert register.again(payment)["trace_id"] == payment["trace_id"]
    assert len(shop.calls("one_time_payment")) == 1


def test_another_amount_needs_a_new_payment_and_the_old_is_watched(shop: Shop) -> None:
    register = shop.register()
    first = register.create("10.00")
    second = register.again(first, "8.00")
    assert second["trace_id"] != first["trace_id"]
    assert records(shop, first["payment_uuid"]) == [
        (first["trace_id"], "unpaid", True),
        (second["trace_id"], "unpaid", False),
    ]
    watched = shop.database.rows("SELECT count(*) FROM mixpay_job")
    assert watched == [(2,)]


def test_no_other_amount_once_money_was_seen(shop: Shop) -> None:
    register = shop.register()
    payment = register.create("10.00")
    shop.pay(payment, "pay")
    register.wait_for_state(payment, "confirming")
    with pytest.raises(RpcError, match="already sent money") as refused:
        register.again(payment, "8.00")
    assert refused.value.kind == "UserError"
    assert register.again(payment)["trace_id"] == payment["trace_id"]


def test_requests_of_one_line_at_the_same_instant_make_one_payment(shop: Shop) -> None:
    registers = [shop.register() for _ in range(8)]
    line = {"payment_uuid": str(uuid.uuid4()), "order_uuid": str(uuid.uuid4())}
    with ThreadPoolExecutor(len(registers)) as pool:
        payments = list(pool.map(lambda register: register.create("10.00", **line), registers))
    assert len({payment["trace_id"] for payment in payments}) == 1
    assert len(records(shop, line["payment_uuid"])) == 1
    assert len(shop.calls("one_time_payment")) == 1


def test_a_cancelled_payment_is_freed_then_paid_late_and_not_forgotten(shop: Shop) -> None:
    register = shop.register()
    payment = register.create()
    cancelled = register.cancel(payment)
    assert cancelled["is_abandoned"]
    assert cancelled["line_status"] == "retry"
    shop.pay(payment)
    shop.run_jobs()
    assert records(shop, payment["payment_uuid"]) == [(payment["trace_id"], "success", True)]


def test_cancel_asks_mixpay_first_and_never_frees_a_line_with_money(shop: Shop) -> None:
    register = shop.register()
    payment = register.create()
    shop.database.rows("UPDATE mixpay_job SET attempted_at = NULL")
    shop.pay(payment, "pay")
    answer = register.cancel(payment)
    assert not answer["is_abandoned"]
    assert answer["state"] == "confirming"
    assert answer["line_status"] == "waitingCapture"


def test_retry_after_cancel_lets_the_same_payment_live_on(shop: Shop) -> None:
    register = shop.register()
    payment = register.create()
    register.cancel(payment)
    again = register.again(payment)
    assert again["trace_id"] == payment["trace_id"]
    assert not again["is_abandoned"]


def test_failed_says_why_and_a_retry_is_a_new_payment(shop: Shop) -> None:
    register = shop.register()
    payment = register.create()
    shop.pay(payment, "fail", code="40000", reason="expired")
    failed = register.wait_for_state(payment, "failed")
    assert failed["line_status"] == "retry"
    assert "in time" in failed["message"]
    assert register.again(payment)["trace_id"] != payment["trace_id"]


def let_half_a_minute_pass(shop: Shop, payment: dict) -> None:
    """Have MixPay asked again about a payment that it reported on other terms."""
    shop.database.rows(
        "UPDATE mixpay_payment SET other_terms_at = other_terms_at - interval '30 s'"
        " WHERE trace_id = %s",
        payment["trace_id"],
    )
    shop.database.rows(
        "UPDATE mixpay_job SET attempted_at = NULL, due_at = now() - '1 d'::interval"
    )


@pytest.mark.parametrize(("field", "value"), [("quoteAmount", "0.01"), ("quoteAssetId", "jpy")])
def test_success_on_other_terms_is_never_paid(shop: Shop, field: str, value: str) -> None:
    register = shop.register()
    payment = register.create()
    shop.pay(payment)
    shop.simulator.simulator.raw(payment["trace_id"], {field: value})
    asked = len(shop.calls("payments_result"))
    wait_for(
        lambda: register.status(payment)["line_status"] == "waitingCapture", "the first answer"
    )
    answer = register.status(payment)
    assert (answer["state"], answer["is_abandoned"]) == ("unpaid", False)
    assert "Being checked" in answer["state_text"]
    # It is asked again after half a minute, and neither before nor much later.
    [(due_in,)] = shop.database.rows(
        "SELECT extract(epoch FROM due_at - clock_timestamp() AT TIME ZONE 'UTC')::float"
        " FROM mixpay_job"
    )
    assert 20 < due_in < 40
    assert len(shop.calls("payments_result")) == asked + 1
    let_half_a_minute_pass(shop, payment)
    assert register.wait_for_state(payment, "mismatch")["line_status"] == "retry"


def test_a_success_of_another_payee_never_holds_the_till(shop: Shop) -> None:
    register = shop.register()
    payment = register.create()
    shop.pay(payment)
    stranger = {"payeeId": "11111111-2222-4333-8444-555555555555"}
    shop.simulator.simulator.raw(payment["trace_id"], stranger)
    wait_for(lambda: register.status(payment)["is_abandoned"], "the line is free")
    answer = register.status(payment)
    assert (answer["state"], answer["line_status"]) == ("unpaid", "retry")
    let_half_a_minute_pass(shop, payment)
    assert register.status(payment, check_now=True)["state"] == "mismatch"
    seen = shop.database.rows(
        "SELECT coalesce(funds_detected, false) FROM mixpay_payment WHERE trace_id = %s",
        payment["trace_id"],
    )
    assert seen == [(False,)]


def test_an_answer_about_another_trace_changes_nothing(shop: Shop) -> None:
    register = shop.register()
    payment = register.create()
    shop.pay(payment)
    other = {"traceId": "11111111-2222-4333-8444-555555555555"}
    shop.simulator.simulator.raw(payment["trace_id"], other)
    for _time in range(4):
        shop.database.rows("UPDATE mixpay_job SET attempted_at = NULL")
        answer = register.status(payment, check_now=True)
        assert (answer["state"], answer["line_status"]) == ("unpaid", "waitingCard")
    assert shop.database.rows("SELECT failures FROM mixpay_job") == [(4,)]
    assert not shop.database.rows("SELECT 1 FROM mixpay_endpoint WHERE failures > 0")
    shop.simulator.simulator.raw(payment["trace_id"], {})
    shop.database.rows("UPDATE mixpay_job SET due_at = now() - '1 d'::interval")
    assert register.wait_for_state(payment, "success")["line_status"] == "done"


def test_a_pay_link_settled_in_another_coin_is_paid_and_listed(shop: Shop) -> None:
    shop.set_method(mixpay_link_type="paylink")
    register = shop.register()
    payment = register.create()
    assert not shop.calls("one_time_payment")
    edited = payment["link"].replace(
        "settlementAssetId=b91e18ff-a9ae-3dc7-8679-e935d9a4b34b",
        "settlementAssetId=dcde18b9-f015-326f-b8b1-5b820a060e44",
    )
    assert edited != payment["link"]
    assert requests.get(edited, timeout=10).ok
    shop.pay(payment)
    assert register.wait_for_state(payment, "success")["line_status"] == "done"
    listed = shop.database.rows(
        "SELECT issue FROM mixpay_payment WHERE trace_id = %s", payment["trace_id"]
    )
    assert listed == [("other_coin",)]


def test_a_pay_link_is_a_success_before_the_settlement_is_known(shop: Shop) -> None:
    shop.set_method(mixpay_link_type="paylink")
    shop.simulator.simulator.set_knobs(auto_settle_seconds=None)
    register = shop.register()
    payment = register.create()
    assert requests.get(payment["link"], timeout=10).ok
    shop.pay(payment)
    assert register.wait_for_state(payment, "success")["line_status"] == "done"


def test_a_pay_link_that_a_stranger_took_first_gets_a_new_code(shop: Shop) -> None:
    shop.set_method(mixpay_link_type="paylink")
    register = shop.register()
    payment = register.create()
    stranger = payment["link"].replace("quoteAmount=10.00", "quoteAmount=0.01")
    assert requests.get(stranger, timeout=10).ok
    wait_for(lambda: register.status(payment)["is_abandoned"], "the line is free")
    taken = register.status(payment)
    assert (taken["state"], taken["line_status"]) == ("unpaid", "retry")
    assert "new code" in taken["message"]
    new = register.again(payment)
    assert new["trace_id"] != payment["trace_id"]
    assert new["link_type"] == "code", "whose terms nobody can edit"
    shop.pay(new)
    assert register.wait_for_state(new, "success")["line_status"] == "done"
    # The stranger lets it expire: that is no alarm.
    shop.pay(payment, "expire")
    for _answer in range(2):
        let_half_a_minute_pass(shop, payment)
        ended = register.status(payment, check_now=True)
    assert ended["state"] == "failed"
    listed = shop.database.rows(
        "SELECT issue FROM mixpay_payment WHERE trace_id = %s", payment["trace_id"]
    )
    assert listed == [(None,)]


def test_a_pay_link_is_paid_by_opening_it(shop: Shop) -> None:
    shop.set_method(mixpay_link_type="paylink")
    register = shop.register()
    payment = register.create("7.30")
    assert register.status(payment)["state"] == "unpaid"
    assert requests.get(payment["link"], timeout=10).ok
    shop.pay(payment)
    assert register.wait_for_state(payment, "success")["line_status"] == "done"


@pytest.mark.parametrize(
    "fault",
    [
        {"http_500_next": 1},
        {"body_fault": "broken_json"},
        {"body_fault": "not_envelope"},
        {"body_fault": "truncated"},
        {"body_fault": "drip"},
        {"body_fault": "redirect"},
        {"force_code": [{"code": 10008, "path": "/v1/one_time_payment"}]},
        {"force_code": [{"code": 1429, "path": "/v1/one_time_payment"}]},
        {"create_code": "../../evil"},
        {"create_info": {"quoteAmount": "0.01"}},
    ],
    ids=str,
)
def test_when_no_code_can_be_had_a_pay_link_keeps_the_shop_selling(shop: Shop, fault: dict) -> None:
    shop.simulator.simulator.set_knobs(**fault)
    payment = shop.register().create()
    assert payment["state"] == "unpaid"
    assert payment["link_type"] == "paylink"
    assert f"traceId={payment['trace_id']}" in payment["link"]


def test_without_fallback_the_cashier_is_told_and_can_try_again(shop: Shop) -> None:
    shop.set_method(mixpay_link_fallback=False)
    shop.simulator.simulator.set_knobs(http_500_next=1)
    register = shop.register()
    line = {"payment_uuid": str(uuid.uuid4()), "order_uuid": str(uuid.uuid4())}
    with pytest.raises(RpcError, match="cannot be reached") as refused:
        register.create("10.00", **line)
    assert refused.value.kind == "UserError"
    shop.database.rows("UPDATE mixpay_job SET attempted_at = NULL")
    assert register.create("10.00", **line)["state"] == "unpaid"
    assert len(records(shop, line["payment_uuid"])) == 1


def test_a_refused_payee_is_said_in_words(shop: Shop) -> None:
    shop.simulator.simulator.set_knobs(refused_payees=["*"])
    with pytest.raises(RpcError, match="MixPay refuses this payment") as refused:
        shop.register().create()
    assert refused.value.kind == "UserError"
    assert "not allow to receive payment" in str(refused.value)


@pytest.mark.parametrize(
    "fault",
    [{"http_500_next": 3}, {"body_fault": "empty"}, {"body_fault": "huge"}, {"hang": 0.5}],
    ids=str,
)
def test_trouble_is_never_a_failure(shop: Shop, fault: dict) -> None:
    register = shop.register()
    payment = register.create()
    shop.pay(payment)
    shop.simulator.simulator.set_knobs(**fault)
    shop.database.rows("UPDATE mixpay_job SET attempted_at = NULL")
    assert register.status(payment, check_now=True)["state"] == "unpaid"
    knobs = {"http_500_next": 0, "body_fault": "none", "hang": 0.0}
    shop.simulator.simulator.set_knobs(**knobs)
    shop.database.rows(
        "UPDATE mixpay_job SET attempted_at = NULL, due_at = now() - '1 d'::interval"
    )
    assert register.status(payment)["state"] == "success"


def test_a_callback_alone_finishes_the_sale(shop: Shop) -> None:
    shop.simulator.simulator.set_knobs(callback_lost=False)
    payment = shop.register().create()
    shop.pay(payment)
    wait_for(
        lambda: records(shop, payment["payment_uuid"])[0][1] == "success", "success by callback"
    )
    sent = shop.simulator.simulator.callbacks
    wait_for(
        lambda: any(call.get("outcome") == "acknowledged" for call in sent()),
        "an acknowledged callback",
    )


def test_forged_callbacks_change_nothing_and_cost_no_call(shop: Shop) -> None:
    register = shop.register()
    payment = register.create()
    before = len(shop.calls())
    for token in ("x", "A" * 43, payment["trace_id"], "%2e%2e%2f"):
        answer = requests.post(
            f"{shop.server.url}/pos_mixpay/callback/{token}",
            json={"traceId": payment["trace_id"], "status": "success"},
            headers={"Host": PUBLIC_HOST},
            timeout=10,
        )
        assert answer.status_code != 200
        assert "SUCCESS" not in answer.text
    assert len(shop.calls()) == before
    assert records(shop, payment["payment_uuid"])[0][1] == "unpaid"


def test_a_true_callback_with_a_lying_body_only_asks_mixpay(shop: Shop) -> None:
    payment = shop.register().create()
    shop.database.rows("UPDATE mixpay_job SET attempted_at = NULL")
    requests.post(
        shop.callback_url(payment),
        json={"traceId": payment["trace_id"], "status": "success"},
        timeout=10,
    )
    assert records(shop, payment["payment_uuid"])[0][1] == "unpaid"
    assert len(shop.calls("payments_result")) == 1


def line_without_answer(shop: Shop, register: Register) -> dict[str, str]:
    """Ask for a payment that MixPay opens, but whose answer never arrives; return its line."""
    shop.set_method(mixpay_link_fallback=False)
    shop.simulator.simulator.set_knobs(http_500_next=1, http_500_after=True)
    line = {"payment_uuid": str(uuid.uuid4()), "order_uuid": str(uuid.uuid4())}
    with pytest.raises(RpcError, match="cannot be reached"):
        register.create("10.00", **line)
    return line


def test_a_refused_question_about_a_cancelled_draft_is_no_failure(shop: Shop) -> None:
    register = shop.register()
    line = line_without_answer(shop, register)
    [(trace_id, state, _)] = records(shop, line["payment_uuid"])
    assert state == "draft"
    shop.simulator.simulator.set_knobs(force_code=[{"code": 12345, "calls": None}])
    shop.database.rows("UPDATE mixpay_job SET attempted_at = NULL")
    register.cancel({"trace_id": trace_id})
    assert len(shop.calls("one_time_payment")) == 1
    assert records(shop, line["payment_uuid"]) == [(trace_id, "draft", True)]
    assert shop.database.rows("SELECT count(*) FROM mixpay_job") == [(1,)]


def test_polls_callbacks_and_the_job_at_the_same_instant_make_one_transition(shop: Shop) -> None:
    shop.simulator.simulator.set_knobs(latency=0.05)
    registers = [shop.register() for _ in range(6)]
    payment = registers[0].create()
    shop.pay(payment)
    url = shop.callback_url(payment)
    shop.database.rows(
        "UPDATE mixpay_job SET attempted_at = NULL, due_at = now() - '1 d'::interval"
    )

    def poll(register: Register) -> str:
        return register.status(payment, check_now=True)["state"]

    def call_back(_number: int) -> int:
        return requests.post(url, json={}, timeout=30).status_code

    with ThreadPoolExecutor(10) as pool:
        polls = pool.map(poll, registers * 3)
        callbacks = pool.map(call_back, range(6))
        assert set(polls) <= {"unpaid", "success"}
        assert set(callbacks) <= {200, 404}
    registers[0].wait_for_state(payment, "success")
    assert len(shop.server.logged(f"{payment['trace_id']}: unpaid → success")) == 1
    assert call_back(0) == 200


def test_the_budget_is_never_overdrawn(shop: Shop) -> None:
    shop.set_param("requests_per_minute", "6")
    shop.simulator.simulator.set_knobs(rate_limit=6)
    shop.database.rows("DELETE FROM mixpay_slot")
    registers = [shop.register() for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        payments = list(pool.map(lambda register: register.create(), registers * 3))
        for _round in range(2):
            list(
                pool.map(
                    lambda pair: pair[0].status(pair[1]), zip(registers * 3, payments, strict=True)
                )
            )
    answers = [call["code"] for call in shop.calls()]
    assert len(answers) <= 6
    assert set(answers) == {0}
    # Nobody was sent away: without a call left, a pay link is shown.
    assert {payment["link_type"] for payment in payments} == {"code", "paylink"}
    shop.database.rows("DELETE FROM mixpay_slot")


def test_a_link_is_still_had_when_the_job_was_faster_than_the_retry(shop: Shop) -> None:
    register = shop.register()
    line = line_without_answer(shop, register)
    [(trace_id, _, _)] = records(shop, line["payment_uuid"])
    shop.database.rows("UPDATE mixpay_job SET attempted_at = NULL")
    assert register.status({"trace_id": trace_id}, check_now=True)["state"] == "unpaid"
    shop.database.rows("UPDATE mixpay_job SET attempted_at = NULL")
    payment = register.create("10.00", **line)
    assert payment["trace_id"] == trace_id
    assert payment["link"].endswith(f"/code/{trace_id}")
