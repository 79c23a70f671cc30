import pytest
from mixpay.priority import (
    BACKUP,
    CREATE,
    POLL,
    URGENT,
    concurrency_limit,
    poll_priority,
    rate_limit,
)


@pytest.mark.parametrize(
    ("limit", "expected"),
    [
        (60, [20, 40, 52, 60]),
        (6, [2, 4, 6, 6]),
        (120, [40, 80, 104, 120]),
        (1, [1, 1, 1, 1]),
    ],
)
def test_more_important_calls_find_room_in_the_budget(limit, expected):
    assert [rate_limit(kind, limit) for kind in (BACKUP, POLL, CREATE, URGENT)] == expected


@pytest.mark.parametrize(
    ("limit", "expected"),
    [(3, [1, 2, 3]), (1, [1, 1, 1]), (2, [1, 1, 2]), (6, [2, 5, 6]), (30, [10, 29, 30])],
)
def test_more_important_calls_find_a_lane(limit, expected):
    assert [concurrency_limit(kind, limit) for kind in (POLL, CREATE, URGENT)] == expected
    assert concurrency_limit(BACKUP, limit) == concurrency_limit(POLL, limit)


def test_polls_leave_most_of_the_budget_to_callbacks_that_arrive():
    assert poll_priority(has_callbacks=True) == BACKUP
    assert poll_priority(has_callbacks=False) == POLL
