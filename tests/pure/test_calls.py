import pytest
from mixpay.calls import BACKUP, CREATE, POLL, URGENT, calls_of, kind_of_poll, lanes_of


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
    assert [calls_of(kind, limit) for kind in (BACKUP, POLL, CREATE, URGENT)] == expected


@pytest.mark.parametrize(
    ("limit", "expected"),
    [(3, [1, 2, 3]), (1, [1, 1, 1]), (2, [1, 1, 2]), (6, [2, 5, 6]), (30, [10, 29, 30])],
)
def test_more_important_calls_find_a_lane(limit, expected):
    assert [lanes_of(kind, limit) for kind in (POLL, CREATE, URGENT)] == expected
    assert lanes_of(BACKUP, limit) == lanes_of(POLL, limit)


def test_polls_leave_most_of_the_budget_to_callbacks_that_arrive():
    assert kind_of_poll(has_callbacks=True) == BACKUP
    assert kind_of_poll(has_callbacks=False) == POLL
