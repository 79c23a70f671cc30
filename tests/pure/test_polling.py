from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from mixpay.polling import (
    CALLBACK_PAUSES,
    URGENT_INTERVAL,
    Load,
    Plan,
    PollContext,
    Polled,
    interval,
    pause_after_failures,
    plan,
    register_poll_ms,
    throttled,
)

FAR = 10**6
DAY = 24 * 3600


def at(age, left=FAR, **changes):
    return interval(PollContext(age=age, left=left, **changes))


def questions(until, **changes):
    """The moments at which a payment is asked about, if a question took no time."""
    moments = [at(0, **changes)]
    while moments[-1] < until:
        moments.append(moments[-1] + at(moments[-1], **changes))
    return moments


def test_ever_less_often():
    ages = [0, 1, 119, 120, 599, 600, 3599, 3600, DAY - 1, DAY, 7 * DAY, FAR]
    steps = [3, 2.25, 2.25, 6, 6, 20, 20, 300, 300, 3600, DAY, DAY]
    assert [at(age) for age in ages] == steps


def test_a_sale_paid_after_30_s_is_seen_at_once_and_costs_few_questions():
    assert len(questions(30)) + 1 <= 15  # one more for the end
    assert max(b - a for a, b in pairwise(questions(110))) <= 2.3


def test_who_has_paid_is_not_kept_waiting():
    assert at(300, funds_detected=True) == 3
    assert at(60, funds_detected=True) == 2.25
    assert at(7200, funds_detected=True) == 300, "a review may take days"
    assert at(FAR, funds_detected=True) == 3600


def test_the_deadline_is_not_missed():
    for left in (59, 5, 0, -5, -60):
        assert at(800, left=left) == 5
    assert at(800, left=70) == 11
    assert at(5000, left=300) == 241
    assert at(800, left=-61) == 20
    assert at(30, left=30) == 2.25


def test_trouble_and_abandonment_wait_longer():
    assert at(10, failures=1) == 4.5
    assert at(10, failures=30) == 60
    assert at(10, is_abandoned=True) == 60
    assert at(7200, failures=1) == 300


def test_what_nobody_waits_for_is_asked_about_daily_in_the_end():
    ages = [0, 599, 600, 3599, 3600, 6 * 3600, DAY, FAR]
    steps = [60, 60, 300, 300, 1800, 7200, DAY, DAY]
    assert [at(age, is_abandoned=True) for age in ages] == steps
    assert at(FAR, is_abandoned=True, funds_detected=True) == 3600, "somebody's money is on its way"
    assert at(800, left=0, is_abandoned=True) == 60, "its deadline is not missed"
    assert at(5000, left=300, is_abandoned=True) == 241


def test_a_hundred_cancelled_payments_cost_next_to_nothing_after_an_hour():
    assert 100 * 60 / at(3601, is_abandoned=True) < 4, "calls in a minute, of 60"


def test_what_fails_is_tried_ever_less_often():
    pauses = [pause_after_failures(count) for count in (1, 2, 3, 9, 10, 10**6)]
    assert pauses == [10, 20, 40, 2560, 3600, 3600]


def test_many_waiting_share_the_budget_evenly():
    assert throttled(2.25, 1 / 2.25, 40) == 2.25
    for count in (3, 60, 500):
        pause = throttled(2.25, count / 2.25, 40)
        assert count / pause * 60 == pytest.approx(40), "no more than the budget"


def test_sixty_registers_are_each_asked_about_within_two_minutes():
    assert throttled(2.25, 60 / 2.25, 40) <= 120 - 20


@pytest.mark.parametrize(
    ("due_in", "waiting", "expected"),
    [
        ([], 0, 3000),
        ([2.25], 1, 2270),
        ([0.2, 45], 2, 1000),
        ([-5], 10, 1000),
        ([45], 1, 3000),
        ([45], 100, 3000),
        ([0.5], 100, 2000),
        ([45], 500, 10000),
        ([45], 5000, 15000),
    ],
)
def test_a_register_comes_when_something_is_due_and_the_server_has_room(due_in, waiting, expected):
    assert register_poll_ms(due_in, waiting) == expected


# -- the next attempt --------------------------------------------------------------------------

NOW = datetime(2026, 1, 1, 12)


def next_attempt(
    has_failed=False, was_answered=True, failures=0, pace=0.0, all_=0.0, others=0, **of
):
    """Plan after an attempt for a payment that began 5 s ago, where 60 calls a minute are had."""
    values = {
        "api_url": "https://mixpay.example",
        "is_final": False,
        "created_at": NOW - timedelta(seconds=5),
        "expires_at": NOW + timedelta(minutes=15),
        "clock_offset": 0.0,
        "funds_detected": False,
        "is_abandoned": False,
        "recheck_in": None,
    }
    load = Load(failures, pace, all_, 0, others, NOW)
    return plan(
        Polled(**(values | of)),
        load,
        has_failed=has_failed,
        was_answered=was_answered,
        requests_per_minute=60,
    )


def test_the_next_attempt_follows_the_interval():
    assert next_attempt() == Plan(2.25, 2.25, 0)
    assert next_attempt(has_failed=True, failures=1) == Plan(9.0, 9.0, 2)
    assert next_attempt(recheck_in=12.0).pause == 12.0
    assert next_attempt(recheck_in=12.0, has_failed=True).pause == 4.5


def test_a_final_payment_is_polled_no_more_and_silence_is_no_last_word():
    assert next_attempt(is_final=True) is None
    long_ago = {"expires_at": NOW - timedelta(hours=24, seconds=1)}
    assert next_attempt(**long_ago) is None
    assert next_attempt(was_answered=False, has_failed=True, **long_ago)
    assert next_attempt(funds_detected=True, **long_ago)
    assert next_attempt(expires_at=NOW - timedelta(hours=23))


def test_all_payments_together_keep_to_the_limit():
    assert next_attempt(all_=100.0).pause == 2.25, "those given up are in nobody's way"
    assert next_attempt(pace=2.0).pause > 5
    abandoned = next_attempt(all_=2.0, is_abandoned=True)
    assert abandoned.pause > abandoned.poll_interval == 60


def test_polls_make_room_for_codes_callbacks_and_whoever_else_calls_from_here():
    pauses = [next_attempt(pace=0.4, others=others).pause for others in (0, 20, 40, 60)]
    assert pauses == sorted(pauses)
    assert pauses[0] == 2.25
    assert pauses[-1] > 15, "and a lost callback is made up for even so"


def test_questions_for_callbacks_are_an_hour_apart_in_the_end():
    assert list(CALLBACK_PAUSES) == sorted(CALLBACK_PAUSES)
    assert CALLBACK_PAUSES[0] == URGENT_INTERVAL
    assert CALLBACK_PAUSES[-1] == 3600
