"""The mutations of `tools/mutate` still fit the source, and every money rule has one."""

from dataclasses import replace

import pytest
from devenv import mutate, paths, results
from devenv.mutate import Mutation
from devenv.progress import ToolError

RULES = range(1, 11)
MUTATIONS = mutate.read_mutations()
MUTATION = Mutation(1, "what", "file.py", "old()", "new()", "odoo/TestX.test_y")


def name(mutation: Mutation) -> str:
    return f"{mutation.rule}: {mutation.what}"


@pytest.fixture(scope="module")
def written() -> dict[str, list[str]]:
    """Layer → tests, as results call them."""
    layers = {"odoo": "", "pure": "pure", "servers": "servers"}
    return {
        layer: list(results.written_tests(paths.TESTS / folder, "test_*.py"))
        for layer, folder in layers.items()
    }


@pytest.mark.parametrize("mutation", MUTATIONS, ids=name)
def test_each_mutation_applies(mutation):
    text = (paths.ROOT / mutation.file).read_text()
    assert mutation.applied_to(text) != text


@pytest.mark.parametrize("mutation", MUTATIONS, ids=name)
def test_each_named_test_is_written(mutation, written):
    layer = mutation.test.partition("/")[0]
    test = mutate.known_as(mutation.test)
    assert [known for known in written[layer] if f".{known}".endswith(f".{test}")]


def test_every_rule_has_a_mutation():
    assert {mutation.rule for mutation in MUTATIONS} == set(RULES)


def test_some_are_chosen_by_rule_and_by_words():
    assert mutate.choose([], None) == MUTATIONS
    assert {mutation.rule for mutation in mutate.choose([2, 7], None)} == {2, 7}
    one, other = MUTATIONS[0], MUTATIONS[-1]
    assert mutate.choose([], [one.what, other.what]) == [one, other]
    with pytest.raises(ToolError):
        mutate.choose([other.rule], [one.what])


@pytest.mark.parametrize("text", ["", "old() old()"])
def test_a_text_that_is_not_there_once_does_not_apply(text):
    with pytest.raises(mutate.DoesNotApply, match="times in"):
        MUTATION.applied_to(text)


def test_a_mutation_that_is_no_python_does_not_apply():
    with pytest.raises(mutate.DoesNotApply, match="Python"):
        MUTATION.applied_to("old() )")


def test_what_is_not_python_is_not_read_as_python():
    mutation = replace(MUTATION, file="file.js")
    assert mutation.applied_to("if (old()) {}") == "if (new()) {}"


def test_the_table_names_what_was_not_noticed():
    lines = mutate.table([MUTATION, MUTATION], ["", "TestX.test_y passes"]).splitlines()
    assert lines[1].endswith("TestX.test_y")
    assert lines[2].endswith("NOT NOTICED: TestX.test_y passes")


def test_all_cases_of_a_test_count():
    found = {"test_x.test_a[1]": "", "test_x.test_a[2]": "wrong", "test_x.TestB.test_b": ""}
    assert results.of_test(found, mutate.known_as("pure/test_x.py::test_a")) == ["", "wrong"]
    assert results.of_test(found, mutate.known_as("odoo/TestB.test_b")) == [""]
    assert results.of_test(found, mutate.known_as("odoo/TestB.test_a")) == []
