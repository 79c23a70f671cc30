"""What `tools/bench` makes of its samples; nothing here is timed."""

import ast
import json
from pathlib import Path

import pytest
from devenv.bench import catalogue, report, stats
from devenv.bench.report import Machine, Outcome, Row, Taken, Target

BENCH = Path(catalogue.__file__).parent
MACHINE = Machine("CPU", 2, 4.0, 0.1, "Linux", "3.11", "Odoo 19", "15.1", "Chromium 1")


def ratio_row(value=30.0, yardstick=20.0, limit=1.15):
    return Row("status", value, "ms", Target(limit, "×"), yardstick, by_ratio=True)


# -- statistics --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("percent", "expected"), [(0, 1), (50, 3), (75, 4), (90, 4.6), (95, 4.8), (100, 5)]
)
def test_percentile(percent, expected):
    assert stats.percentile([5, 1, 4, 2, 3], percent) == pytest.approx(expected)


def test_percentile_of_one_sample():
    assert stats.p95([7.0]) == 7.0


def test_percentile_of_nothing():
    with pytest.raises(ValueError, match="no samples"):
        stats.p95([])


def test_alternate_takes_turns_and_forgets_the_warm_up():
    order = []

    def sampler(name):
        def take():
            order.append(name)
            return float(len(order))

        return take

    first, second = stats.alternate(2, [sampler("a"), sampler("b")], warm_up=1)
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
    assert stats.busiest(times, 60) == expected


# -- rows and table ----------------------------------------------------------------------------


def test_a_ratio_is_held_against_the_target():
    row = ratio_row()
    assert row.ratio == pytest.approx(1.5)
    assert not row.reached
    assert ratio_row(23.0).reached
    assert row.cells() == ["status", "30 ms", "20 ms", "1.50×", "≤ 1.15×", "NO"]


def test_a_value_is_held_against_the_target():
    row = Row("paid", 0.5, "s", Target(2.5, "s"))
    assert (row.reached, row.ratio) == (True, None)
    assert row.cells() == ["paid", "0.50 s", "", "", "≤ 2.50 s", "yes"]


def test_a_ratio_without_a_yardstick_is_an_error():
    with pytest.raises(ValueError, match="no yardstick"):
        _ = Row("status", 1.0, "ms", Target(1), by_ratio=True).reached


def test_the_table_says_loudly_what_was_missed_and_what_was_not_measured():
    taken = [
        Taken("a", "…", outcome=Outcome([ratio_row(), ratio_row(10.0)])),
        Taken("b", "…", skipped=catalogue.NOT_IN_QUICK),
        Taken("c", "…", error="OSError: gone"),
    ]
    text = report.table(taken)
    assert "TARGETS MISSED: 1 of 2" in text
    assert "not measured: b: not in --quick" in text
    assert "FAILED: c: OSError: gone" in text


def test_the_table_does_not_boast_of_nothing():
    assert "reached" not in report.table([Taken("c", "…", error="gone")]).splitlines()[-1]


def test_all_reached():
    text = report.table([Taken("a", "…", outcome=Outcome([ratio_row(10.0)]))])
    assert text.splitlines()[-1] == "All 1 targets reached."


# -- document ----------------------------------------------------------------------------------


def test_the_document_has_rows_samples_and_machine():
    outcome = Outcome([ratio_row()], {"status_ms": [29.9, 30.1]}, {"reads": "name"})
    taken = [Taken("status", "…", 1.26, outcome), Taken("tap", "…", skipped="not now")]
    body = json.loads(report.to_json(report.document("quick", MACHINE, taken, 12.34)))
    assert body["machine"]["cores"] == 2
    assert (body["mode"], body["seconds"]) == ("quick", 12.3)
    status, tap = body["measures"]
    assert status["samples"] == {"status_ms": [29.9, 30.1]}
    assert status["rows"][0]["ratio"] == 1.5
    assert status["rows"][0]["reached"] is False
    assert (tap["rows"], tap["skipped"]) == ([], "not now")


# -- the list of measures ----------------------------------------------------------------------


def test_names_are_unique():
    assert len(set(catalogue.NAMES)) == len(catalogue.MEASURES)


@pytest.mark.parametrize("measure", catalogue.MEASURES, ids=catalogue.NAMES)
def test_every_measure_has_its_function(measure):
    tree = ast.parse((BENCH / f"{measure.module}.py").read_text())
    assert measure.function in {
        node.name for node in tree.body if isinstance(node, ast.FunctionDef)
    }


def test_measures_are_taken_in_their_own_order():
    names = [measure.name for measure in catalogue.chosen(["size", "status"])]
    assert names == ["status", "size"]
    assert catalogue.chosen(None) == list(catalogue.MEASURES)
