"""The addon's own rooms: arrows point one way, and private parts stay private."""

import layers
import pytest
import rooms

TREES = dict(zip(("python", "scripts"), rooms.trees(), strict=True))


@pytest.mark.parametrize("language", TREES)
def test_arrows_between_rooms_point_one_way(language):
    tree, table = TREES[language]
    assert tree.arrows  # or nothing was read
    assert layers.check(tree, table) == []


def test_exceptions_are_few_and_say_why():
    reasons = {**rooms.PYTHON.exceptions, **rooms.SCRIPTS.exceptions}
    assert len(reasons) <= rooms.MOST_EXCEPTIONS
    assert all(reasons.values())


def test_only_the_loader_knows_the_lazy_part():
    [(_loader, target)] = rooms.SCRIPTS.exceptions
    assert target.startswith("static/src/lazy/")
