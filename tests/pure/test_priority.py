import pytest
from mixpay.priority import (
    CALLED,
    CODE,
    CREATE,
    OTHERS,
    POLL,
    URGENT,
    YIELDING,
    Made,
    believed_limit,
    concurrency_limit,
    fits,
    hints_limit,
    polls_per_minute,
    rate_limit,
)

WINDOW = 61.0


@pytest.mark.parametrize(
    ("limit", "expected"),
    [
        (60, [48, 54, 56, 56, 60]),
        (6, [4, 5, 5, 5, 6]),
        (20, [16, 18, 18, 18, 20]),
        (120, [96, 108, 112, 112, 120]),
        (1, [1, 1, 1, 1, 1]),
    ],
)
def test_more_important_calls_find_room_in_the_budget(limit, expected):
    assert [rate_limit(kind, limit) for kind in (CODE, POLL, CALLED, CREATE, URGENT)] == expected


@pytest.mark.parametrize(
    ("limit", "expected"),
    [(3, [1, 2, 3]), (1, [1, 1, 1]), (2, [1, 1, 2]), (6, [2, 5, 6]), (30, [10, 29, 30])],
)
def test_more_important_calls_find_a_lane(limit, expected):
    assert [concurrency_limit(kind, limit) for kind in (POLL, CREATE, URGENT)] == expected
    assert {concurrency_limit(kind, limit) for kind in (CODE, CALLED)} == {expected[1]}


def test_a_count_of_mixpay_s_is_not_believed_for_long_about_the_last_calls():
    assert [believed_limit(limit) for limit in (1, 6, 20, 60, 120)] == [0, 5, 16, 50, 100]


def test_callbacks_that_nobody_waits_for_have_a_small_share():
    assert [hints_limit(limit) for limit in (1, 6, 60, 120)] == [1, 1, 4, 8]


def test_polls_plan_with_what_others_leave_and_are_never_given_up():
    assert [polls_per_minute(60, others) for others in (0, 10, 40, 60)] == [54, 44, 14, 6]
    assert polls_per_minute(1, 5) == 1


def test_only_what_can_wait_or_be_done_without_leaves_more():
    assert YIELDING == (CODE, POLL)


def made(*counts):
    """Return calls: kind, how many, and the seconds ago of the first and the last of them."""
    return [
        Made(kind, WINDOW - first + (first - last) * number / max(count - 1, 1))
        for kind, count, first, last in counts
        for number in range(count)
    ]


def test_a_quiet_shop_has_codes_and_polls():
    assert fits(CODE, 60, [], WINDOW)
    assert fits(POLL, 60, made((POLL, 45, 60, 0)), WINDOW)


def test_no_code_is_made_that_a_callback_s_question_would_lack():
    # Thirty sales a minute: their callbacks cost one call each, and so do the codes.
    calls = made((CODE, 12, 24, 0), (POLL, 14, 24, 0), (CALLED, 2, 4, 0))
    assert fits(CODE, 60, calls, WINDOW), "nothing is used up so far"
    calls = made((CODE, 15, 30, 0), (POLL, 18, 30, 0), (CALLED, 5, 10, 0))
    assert not fits(CODE, 60, calls, WINDOW), "15 more callbacks come before a call is free again"
    calls = made((CODE, 15, 60, 40), (POLL, 18, 60, 40), (CALLED, 5, 60, 40))
    assert fits(CODE, 60, calls, WINDOW), "many calls are free again soon, and few callbacks came"


def test_a_few_polls_are_made_however_many_callbacks_come():
    calls = made((CALLED, 40, 55, 0))
    assert fits(POLL, 60, calls, WINDOW), "one of them may be lost"
    assert not fits(POLL, 60, [*calls, *made((POLL, 6, 30, 0))], WINDOW)


def test_calls_of_somebody_else_count():
    assert not fits(CODE, 60, made((OTHERS, 50, 10, 10)), WINDOW)
    assert not fits(POLL, 60, made((OTHERS, 54, 10, 10)), WINDOW)
