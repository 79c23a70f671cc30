"""What `tools/bench` makes of its samples; nothing here is timed."""

import json

import pytest
from devenv.bench import command, figures
from devenv.bench.figures import Outcome, Row, Taken


def ratio_row(value: float = 30.0) -> Row:
    return Row("status", value, "ms", 1.15, yardstick=20.0)


# -- samples -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("samples", "expected"), [([5, 1, 4, 2, 3], 4.8), ([7.0], 7.0), ([2.0, 1.0], 1.95)]
)
def test_p95(samples, expected):
    assert figures.p95(samples) == pytest.approx(expected)


def test_p95_of_nothing():
    with pytest.raises(ValueError, match="at least one"):
        figures.p95([])


def test_midmean_is_deaf_to_hiccups():
    assert figures.midmean([1, 2, 3, 1000]) == 2.5


def test_alternate_takes_turns_and_forgets_the_warm_up():
    order = []

    def sampler(name):
        def take():
            order.append(name)
            return float(len(order))

        return take

    first, second = figures.alternate(2, [sampler("a"), sampler("b")], warm_up=1)
    assert order == ["a", "b", "b", "a", "a", "b"]
    assert (first, second) == ([4.0, 5.0], [3.0, 6.0])


@pytest.mark.parametrize(
    ("times", "expected"),
    [
        ([], 0),
        ([5], 1),
        ([0, 59.9, 30], 3),
        ([0, 60], 1),  # a window of 60 s does not contain both its ends
        ([0, 1, 2, 61, 61.5, 62.1, 62.2], 4),
    ],
)
def test_busiest_window(times, expected):
    assert figures.busiest(times, 60) == expected


# -- rows and table ----------------------------------------------------------------------------


def test_a_ratio_is_held_against_the_target():
    row = ratio_row()
    assert row.ratio == pytest.approx(1.5)
    assert not row.reached
    assert ratio_row(23.0).reached
    assert row.cells() == ["status", "30 ms", "20 ms", "1.50×", "≤ 1.15×", "NO"]


def test_a_value_is_held_against_the_target():
    row = Row("paid", 0.5, "s", 2.5)
    assert (row.reached, row.ratio) == (True, None)
    assert row.cells() == ["paid", "0.50 s", "", "", "≤ 2.50 s", "yes"]


def test_the_table_says_loudly_what_was_missed_and_what_was_not_measured():
    taken = [
        Taken("a", "…", outcome=Outcome([ratio_row(), ratio_row(10.0)])),
        Taken("b", "…", skipped="not in --quick"),
        Taken("c", "…", error="OSError: gone"),
    ]
    text = figures.table(taken)
    assert "TARGETS MISSED: 1 of 2" in text
    assert "not measured: b: not in --quick" in text
    assert "FAILED: c: OSError: gone" in text


def test_the_table_does_not_boast_of_nothing():
    assert figures.table([Taken("c", "…", error="gone")]).endswith("Nothing was measured.")


def test_all_reached():
    text = figures.table([Taken("a", "…", outcome=Outcome([ratio_row(10.0)]))])
    assert text.splitlines()[-1] == "All 1 targets reached."


# -- document ----------------------------------------------------------------------------------


def test_the_document_has_rows_samples_and_machine():
    outcome = Outcome([ratio_row()], {"status_ms": [29.91234, 30.1]}, {"reads": "name"})
    taken = [Taken("status", "…", outcome=outcome), Taken("tap", "…", skipped="not now")]
    body = json.loads(figures.document({"mode": "quick", "machine": {"cores": 2}}, taken))
    assert (body["machine"]["cores"], body["mode"]) == (2, "quick")
    status, tap = body["measures"]
    assert status["samples"] == {"status_ms": [29.912, 30.1]}
    row = status["rows"][0]
    assert (row["ratio"], row["reached"]) == (1.5, False)
    assert (row["limit"], row["yardstick"]) == (1.15, 20)
    assert (tap["rows"], tap["skipped"]) == ([], "not now")


# -- the list of measures ----------------------------------------------------------------------


def test_measures_are_taken_in_their_own_order():
    assert [measure.name for measure in command.chosen(["size", "status"])] == ["status", "size"]
    assert [measure.name for measure in command.chosen(None)][:2] == ["status", "queries"]
