import pytest
from mixpay import backoff
from mixpay.errors import (
    MixpayMaintenance,
    MixpayRateLimited,
    MixpayRefused,
    MixpayTimeout,
    MixpayUnavailable,
    MixpayUnknownId,
    MixpayUnusable,
)

TOLD = [MixpayRateLimited(""), MixpayMaintenance("")]
SILENT = [MixpayTimeout(""), MixpayUnavailable("")]


@pytest.mark.parametrize("error", TOLD + SILENT, ids=repr)
def test_no_usable_answer_is_a_failure(error):
    assert backoff.is_failure(error)


@pytest.mark.parametrize(
    "error",
    [None, MixpayRefused(1, ""), MixpayUnknownId(404, ""), MixpayUnusable("")],
    ids=repr,
)
def test_a_refusal_shows_that_mixpay_is_there(error):
    assert not backoff.is_failure(error)


@pytest.mark.parametrize("error", TOLD, ids=repr)
def test_it_opens_at_once_when_mixpay_says_so(error):
    assert backoff.opens(error, 1, is_probe=False)


@pytest.mark.parametrize("error", SILENT, ids=repr)
def test_silence_opens_it_when_it_goes_on(error):
    assert [backoff.opens(error, count, is_probe=False) for count in (1, 2, 3, 4)] == [
        False,
        False,
        True,
        True,
    ]
    assert backoff.opens(error, 1, is_probe=True)


def test_pauses_double_up_to_a_minute():
    silent = [backoff.pause(SILENT[0], times, 0.5) for times in (1, 2, 3, 6, 1000)]
    assert silent == [3, 6, 12, 60, 60]
    assert [backoff.pause(TOLD[0], times, 0.5) for times in (1, 2, 4)] == [10, 20, 60]


def test_pauses_differ_by_a_quarter_at_most():
    assert backoff.pause(TOLD[0], 1, 0.0) == 7.5
    assert backoff.pause(TOLD[0], 1, 1.0) == 12.5
