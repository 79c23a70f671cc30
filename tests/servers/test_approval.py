"""Approvals while others do the same at the same instant, with real transactions."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from shop import Register, RpcError, Shop, wait_for

CODE = "482913"
WRONG = "This is not the approval code"
TOO_MANY = "Too many wrong codes"
#: What wrong codes typed at tills leave behind.
FIVE_WRONG = """
    INSERT INTO mixpay_code_attempt
                (create_date, code_id, user_id, place, amount, is_right, is_wrong)
         SELECT now(), code.id, code.user_id, 'till', 0, FALSE, TRUE
           FROM mixpay_code AS code, generate_series(1, 5)
          WHERE code.user_id = %s
"""


class Approvals:
    """A shop with a manager who has a code, another manager, and a cashier at the till."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self.admin = shop.admin
        self._add_user("boss", "point_of_sale.group_pos_manager")
        self._add_user("till", "point_of_sale.group_pos_user")
        shop.database.rows("DELETE FROM mixpay_code_attempt")
        shop.database.rows("UPDATE mixpay_code SET attempts = 0, is_disabled = FALSE")
        self.age_requests()
        self.set_code()

    def _add_user(self, login: str, group: str) -> None:
        if self.admin.call("res.users", "search", [("login", "=", login)]):
            return
        groups = [
            self.admin.call("ir.model.data", "check_object_reference", *xml_id.split("."))[1]
            for xml_id in ("base.group_user", group)
        ]
        vals = {"name": login, "login": login, "password": f"{login}-{login}"}
        self.admin.call("res.users", "create", vals | {"group_ids": [(6, 0, groups)]})

    def login(self, login: str) -> Register:
        return Register(self.shop, self.shop.server, login, f"{login}-{login}")

    def age_requests(self) -> None:
        """Let a quarter of an hour pass."""
        for table in ("mixpay_approval", "mixpay_code_attempt"):
            self.shop.database.rows(
                f"UPDATE {table} SET create_date = create_date - interval '16 minutes'"
            )

    def set_code(self) -> None:
        """Set the administrator's code as the preferences' dialog does."""
        wizard = self.admin.call("mixpay.set.code", "create", {})
        typed = {
            "mixpay_password": "admin",
            "mixpay_code": CODE,
            "mixpay_code_repeated": CODE,
        }
        self.admin.call("mixpay.set.code", "action_set", [wizard], context=typed)

    def waiting(self, register: Register) -> dict[str, Any]:
        """Return a payment with funds on their way."""
        payment = register.create()
        self.shop.pay(payment, "pay")
        return register.wait_for_state(payment, "confirming")

    def approve(
        self, register: Register, payment: dict[str, Any], code: str = CODE, **changes: Any
    ) -> dict[str, Any]:
        """Have the administrator's code typed at a till."""
        params = {
            "trace_id": payment["trace_id"],
            "action": "confirm",
            "approver_id": self.admin.uid,
            "code": code,
            "reason": "seen in the wallet",
        }
        return register.route("/pos_mixpay/approve", **(params | changes))

    def request(self, register: Register, payment: dict[str, Any]) -> int:
        """Ask for approval on somebody's own device."""
        answer = register.route(
            "/pos_mixpay/request_approval",
            trace_id=payment["trace_id"],
            action="confirm",
            reason="seen in the wallet",
        )
        assert answer["state"] == "requested"
        return int(answer["approval_id"])


@pytest.fixture
def approvals(shop: Shop) -> Approvals:
    return Approvals(shop)


def outcomes(calls: list[Callable[[], Any]]) -> list[Any]:
    """Make calls at the same instant; return what each returned, or in which words it failed."""
    barrier = threading.Barrier(len(calls))

    def one(call: Callable[[], Any]) -> Any:
        barrier.wait()
        try:
            return call()
        except RpcError as error:
            return str(error)

    with ThreadPoolExecutor(len(calls)) as pool:
        return list(pool.map(one, calls))


def test_ten_codes_at_the_same_instant_count_as_ten(approvals: Approvals) -> None:
    register = approvals.login("till")
    payment = approvals.waiting(register)
    tills = [approvals.login("till") for _till in range(10)]
    said = outcomes([lambda r=r: approvals.approve(r, payment, "000001") for r in tills])
    found = Counter(
        words for answer in said for words in (WRONG, TOO_MANY) if str(answer).startswith(words)
    )
    assert found == {WRONG: 5, TOO_MANY: 5}, said
    database = approvals.shop.database
    assert database.rows("SELECT count(*) FROM mixpay_code_attempt WHERE is_wrong") == [(5,)]
    [(events,)] = database.rows(
        "SELECT count(*) FROM mixpay_event AS event JOIN mixpay_payment AS payment"
        " ON payment.id = event.payment_id WHERE kind = 'code_wrong' AND trace_id = %s",
        payment["trace_id"],
    )
    assert events == 5


def test_a_code_counts_after_those_that_are_being_typed(approvals: Approvals) -> None:
    till, database = approvals.login("till"), approvals.shop.database
    payment = approvals.waiting(till)
    with ThreadPoolExecutor(1) as pool, database.transaction() as others:
        others.execute(FIVE_WRONG, [approvals.admin.uid])
        typed = pool.submit(approvals.approve, till, payment)
        wait_for(lambda: typed.done() or database.has_waiting(), "an answer, or its wait")
        others.connection.commit()
        with pytest.raises(RpcError, match=TOO_MANY):
            typed.result()


def test_few_tries_and_after_a_while_anew(approvals: Approvals) -> None:
    register = approvals.login("till")
    payment = approvals.waiting(register)
    for _try in range(5):
        with pytest.raises(RpcError, match=WRONG):
            approvals.approve(register, payment, "000001")
    with pytest.raises(RpcError, match=TOO_MANY):
        approvals.approve(approvals.login("till"), payment)
    approvals.age_requests()
    assert approvals.approve(register, payment)["line_status"] == "done"


def test_what_was_approved_is_not_counted_as_a_wrong_try(approvals: Approvals) -> None:
    register = approvals.login("till")
    for _sale in range(6):
        assert approvals.approve(register, approvals.waiting(register))["is_confirmed_manually"]


def test_requests_at_the_same_instant_make_one(approvals: Approvals) -> None:
    register = approvals.login("till")
    payment = approvals.waiting(register)
    tills = [approvals.login("till") for _till in range(6)]
    ids = outcomes([lambda r=r: approvals.request(r, payment) for r in tills])
    assert len(set(ids)) == 1, ids
    [(messages,)] = approvals.shop.database.rows(
        "SELECT count(*) FROM mail_activity WHERE res_model = 'mixpay.approval' AND res_id = %s",
        ids[0],
    )
    [(asked,)] = approvals.shop.database.rows(
        "SELECT count(*) FROM mixpay_approval_asked_rel WHERE mixpay_approval_id = %s", ids[0]
    )
    assert messages == asked, "each is told once"


def test_a_session_asks_six_times_also_at_the_same_instant(approvals: Approvals) -> None:
    register = approvals.login("till")
    payments = [approvals.waiting(register) for _payment in range(8)]
    tills = [approvals.login("till") for _payment in payments]
    said = outcomes(
        [lambda r=r, p=p: approvals.request(r, p) for r, p in zip(tills, payments, strict=True)]
    )
    assert len([answer for answer in said if isinstance(answer, int)]) == 6, said


def test_two_managers_decide_at_the_same_instant(approvals: Approvals) -> None:
    register = approvals.login("till")
    payment = approvals.waiting(register)
    approval_id = approvals.request(register, payment)
    assert register.status(payment)["approval"]["state"] == "requested"
    boss = approvals.login("boss")
    said = outcomes(
        [
            lambda: boss.call("mixpay.approval", "action_approve", [approval_id]),
            lambda: approvals.admin.call("mixpay.approval", "action_refuse", [approval_id]),
        ]
    )
    decided_already = [answer for answer in said if "decided already" in str(answer)]
    assert len(decided_already) == 1, said
    now = register.status(payment)
    assert now["is_confirmed_manually"] == (now["approval"]["state"] == "granted")
    assert now["approval"]["state"] in ("granted", "refused")
    [(events,)] = approvals.shop.database.rows(
        "SELECT count(*) FROM mixpay_event WHERE kind IN ('approval_granted', 'approval_refused')"
        " AND (data ->> 'approval_id')::int = %s",
        approval_id,
    )
    assert events == 1


def test_a_request_is_decided_while_its_till_asks_again(approvals: Approvals) -> None:
    """Requests and decisions lock the same things, and must not wait for each other."""
    register = approvals.login("till")
    payment = approvals.waiting(register)
    approval_id = approvals.request(register, payment)
    boss = approvals.login("boss")
    tills = [approvals.login("till") for _till in range(3)]
    said = outcomes(
        [
            lambda: boss.call("mixpay.approval", "action_approve", [approval_id]),
            *[lambda r=r: approvals.request(r, payment) for r in tills],
        ]
    )
    assert not [answer for answer in said if "deadlock" in str(answer)], said
    assert register.status(payment)["is_confirmed_manually"]


def test_an_approver_lets_go_while_registers_poll(approvals: Approvals) -> None:
    """Checking a code takes a while, in which others change what the approval is about."""
    shop = approvals.shop
    register, other = approvals.login("till"), shop.register()
    payment = approvals.waiting(register)
    is_over = threading.Event()

    def poll() -> None:
        while not is_over.is_set():
            shop.database.rows("UPDATE mixpay_job SET due_at = now() - interval '1 day'")
            other.status(payment)

    with ThreadPoolExecutor(1) as pool:
        polling = pool.submit(poll)
        try:
            answer = approvals.approve(register, payment, action="force_cancel")
        finally:
            is_over.set()
        polling.result()
    assert answer["is_abandoned"]
    assert answer["slip"]
