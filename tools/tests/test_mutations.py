"""The mutations of `tools/mutate` still fit the source, and every money rule has one."""

from dataclasses import replace

import pytest
from devenv import mutate, paths, results
from devenv.mutations import MUTATIONS, ODOO, Mutation

RULES = range(1, 11)
MUTATION = Mutation(1, "what", "file.py", "old()", "new()", ODOO, "TestX.test_y")


def name(mutation: Mutation) -> str:
    return f"{mutation.rule}: {mutation.what}"


@pytest.mark.parametrize("mutation", MUTATIONS, ids=name)
def test_each_mutation_applies(mutation):
    text = (paths.ROOT / mutation.file).read_text()
    assert mutate.mutated(text, mutation) != text


@pytest.mark.parametrize("mutation", MUTATIONS, ids=name)
def test_each_named_test_is_written(mutation):
    if mutation.layer == ODOO:
        written = results.written_odoo_tests(paths.ROOT / "tests")
        assert mutation.test in [test.partition(".")[2] for test in written]
    else:
        file, _, test = mutation.test.partition("::")
        assert test in results.written_tests(paths.ROOT / "tests" / mutation.layer / file)


def test_every_rule_has_a_mutation():
    assert {mutation.rule for mutation in MUTATIONS} == set(RULES)


@pytest.mark.parametrize("text", ["", "old() old()"])
def test_a_text_that_is_not_there_once_does_not_apply(text):
    with pytest.raises(mutate.DoesNotApply, match="times in"):
        mutate.mutated(text, MUTATION)


def test_a_mutation_that_is_no_python_does_not_apply():
    with pytest.raises(mutate.DoesNotApply, match="Python"):
        mutate.mutated("old() )", MUTATION)


def test_what_is_not_python_is_not_read_as_python():
    mutation = replace(MUTATION, file="file.js")
    assert mutate.mutated("if (old()) {}", mutation) == "if (new()) {}"


def test_the_table_names_what_was_not_noticed():
    outcomes = [mutate.Outcome(MUTATION), mutate.Outcome(MUTATION, "TestX.test_y passes")]
    lines = mutate.table(outcomes).splitlines()
    assert lines[1].endswith("TestX.test_y")
    assert lines[2].endswith("NOT NOTICED: TestX.test_y passes")


def test_outcomes_of_a_report(tmp_path):
    (tmp_path / "report.xml").write_text(
        '<testsuites><testsuite><testcase classname="test_x" name="test_a[1]"/>'
        '<testcase classname="test_x" name="test_a[2]"><failure/></testcase>'
        '<testcase classname="test_x" name="test_b"/></testsuite></testsuites>'
    )
    assert results.read_outcomes(tmp_path / "report.xml") == {
        "test_x.py::test_a": False,
        "test_x.py::test_b": True,
    }
