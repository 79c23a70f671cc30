"""Checks that arrows between rooms point one way; knows nothing of this addon's own rooms.

A room is a file. It is named by its path below the addon's root, or by the model that it defines
or extends. A table lists the rooms in layers, the lowest first: a room may use those below it, and
those in its own layer as long as no circle comes of it. `layers_python` and `layers_scripts` read
which room uses which; the functions here say what is wrong with that, one line for each fault.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

LONGEST_ROOM = 500
LONGEST_FUNCTION = 40


@dataclass(frozen=True)
class File:
    """A room as it was found; `functions` are (name, line, number of lines)."""

    path: str
    names: tuple[str, ...]
    lines: int
    functions: tuple[tuple[str, int, int], ...] = ()
    #: Names that its users see, where none may be the same as another room's.
    exports: tuple[str, ...] = ()
    #: Paths of rooms whose models it extends or inherits from: it may use all that is in them.
    bases: frozenset[str] = frozenset()
    #: Whether it defines or extends a model; others are plain code.
    has_models: bool = False
    #: Packages that it imports, apart from the addon's own rooms: (name, line).
    packages: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True)
class Arrow:
    """Room `source` uses another; one of several, where only a method's name is known."""

    source: str
    targets: tuple[str, ...]
    line: int
    how: str
    #: A name with an underscore that it uses.
    member: str = ""
    #: Whether that is a method of a model, which other rooms may be allowed to call.
    is_method: bool = False

    def __str__(self) -> str:
        return f"{self.source}:{self.line} {self.how} ({' or '.join(self.targets)})"


@dataclass(frozen=True)
class Tree:
    """All rooms, by their paths, and all arrows."""

    files: Mapping[str, File]
    arrows: Sequence[Arrow]


@dataclass(frozen=True)
class Room:
    """A line of the table.

    :param name: a path or a model's name; `*` stands for anything, so one line may be of many rooms
    :param verbs: its methods with an underscore that other rooms may call: all others are private.
        (In Odoo the underscore keeps a method from being called over RPC, and says no more.)
    :param uses: the only rooms with models that it may use; any below it, if not given
    """

    name: str
    verbs: tuple[str, ...] = ()
    uses: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Table:
    """What should be: layers from the lowest to the highest, and exceptions, each with its reason.

    An exception is for (source, target), named as in the layers; it is of no use when it is unused.
    """

    layers: Sequence[Sequence[Room]]
    exceptions: Mapping[tuple[str, str], str] = field(default_factory=dict)
    #: Beginnings of paths of rooms, and packages that these must do without.
    banned: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def rooms_of(self, file: File) -> list[tuple[int, Room]]:
        """Return the lines of the table about a file, each with the number of its layer."""
        return [
            (number, room)
            for number, layer in enumerate(self.layers)
            for room in layer
            if is_called(file, room.name)
        ]


def is_called(file: File, pattern: str) -> bool:
    """Tell whether a file is meant by a name in the table."""
    return any(fnmatchcase(name, pattern) for name in file.names)


def check(tree: Tree, table: Table) -> list[str]:
    """Return everything that is wrong, by rule."""
    faults = [
        *unlisted(tree, table),
        *upward(tree, table),
        *(f"circle: {' → '.join(circle)}" for circle in circles(tree, table)),
        *private(tree, table),
        *beyond_uses(tree, table),
        *banned(tree, table),
        *exported_twice(tree),
        *oversize(tree),
        *long_functions(tree),
        *unused_exceptions(tree, table),
        *unused_verbs(tree, table),
    ]
    return list(dict.fromkeys(faults))


def unlisted(tree: Tree, table: Table) -> list[str]:
    """Rooms that the table does not know, or knows twice; and lines of the table without a room."""
    faults = []
    for file in tree.files.values():
        rooms = table.rooms_of(file)
        if not rooms:
            faults.append(f"not in the table: {file.path}")
        elif len(rooms) > 1:
            names = ", ".join(room.name for _number, room in rooms)
            faults.append(f"twice in the table: {file.path} ({names})")
    for room in _rooms(table):
        if not any(is_called(file, room.name) for file in tree.files.values()):
            faults.append(f"in the table, but not there: {room.name}")
    return faults


def upward(tree: Tree, table: Table) -> list[str]:
    """Arrows to a higher layer.

    Where several rooms may be meant, one that is higher is enough for a method with an underscore:
    it is one of the addon's, and can be named otherwise. For others, all of them must be higher.
    """
    ranks = _ranks(tree, table)
    faults = []
    for arrow in _held(tree, table):
        own = ranks.get(arrow.source, len(table.layers))
        are_higher = [ranks.get(target, -1) > own for target in arrow.targets]
        if any(are_higher) if arrow.member else all(are_higher):
            faults.append(f"upward: {arrow}")
    return faults


def circles(tree: Tree, table: Table) -> list[list[str]]:
    """Rooms that reach each other, the largest circle first."""
    reached: dict[str, set[str]] = {path: set() for path in tree.files}
    for arrow in _held(tree, table):
        if arrow.member or len(arrow.targets) == 1:
            reached[arrow.source].update(arrow.targets)
    for middle in reached:
        for path in reached:
            if middle in reached[path]:
                reached[path] |= reached[middle]
    groups = {
        tuple(sorted(other for other in reached[path] if path in reached[other]))
        for path in reached
        if path in reached[path]
    }
    return sorted(map(list, groups), key=lambda group: (-len(group), group))


def private(tree: Tree, table: Table) -> list[str]:
    """Uses of another room's private part: names with an underscore that are none of its verbs."""
    verbs = {
        path: {verb for _number, room in table.rooms_of(file) for verb in room.verbs}
        for path, file in tree.files.items()
    }
    return [
        f"private part: {arrow}"
        for arrow in _held(tree, table)
        if arrow.member
        and not (tree.files[arrow.source].bases & set(arrow.targets))
        and not (arrow.is_method and any(arrow.member in verbs[path] for path in arrow.targets))
    ]


def beyond_uses(tree: Tree, table: Table) -> list[str]:
    """Arrows of rooms that name those they may use, to others."""
    faults = []
    for arrow in _held(tree, table):
        for _number, room in table.rooms_of(tree.files[arrow.source]):
            targets = [tree.files[path] for path in arrow.targets]
            if room.uses is not None and not any(
                not target.has_models or any(is_called(target, name) for name in room.uses)
                for target in targets
            ):
                faults.append(f"not a room named for {room.name}: {arrow}")
    return faults


def banned(tree: Tree, table: Table) -> list[str]:
    """Imports of packages that a room must do without."""
    return [
        f"banned: {file.path}:{line} imports {package}"
        for start, packages in table.banned.items()
        for file in tree.files.values()
        for package, line in file.packages
        if file.path.startswith(start) and package in packages
    ]


def exported_twice(tree: Tree) -> list[str]:
    """Names that more than one room exports."""
    places: dict[str, list[str]] = {}
    for file in tree.files.values():
        for name in file.exports:
            places.setdefault(name, []).append(file.path)
    return [
        f"exported twice: {name} ({', '.join(paths)})"
        for name, paths in places.items()
        if len(paths) > 1
    ]


def oversize(tree: Tree) -> list[str]:
    """Rooms that are too long."""
    return [
        f"too long: {file.path} has {file.lines} lines"
        for file in tree.files.values()
        if file.lines > LONGEST_ROOM
    ]


def long_functions(tree: Tree) -> list[str]:
    """Functions that no reader sees at once, docstrings included."""
    return [
        f"too long: {file.path}:{line} {name} has {lines} lines"
        for file in tree.files.values()
        for name, line, lines in file.functions
        if lines > LONGEST_FUNCTION
    ]


def unused_exceptions(tree: Tree, table: Table) -> list[str]:
    """Exceptions that no arrow needs."""
    return [
        f"exception without an arrow: {source} → {target}"
        for source, target in table.exceptions
        if not any(_is_from_to(tree, arrow, source, target) for arrow in tree.arrows)
    ]


def unused_verbs(tree: Tree, table: Table) -> list[str]:
    """Verbs that no other room uses: what nobody calls is private."""
    used = verbs_in_use(tree)
    faults = []
    for room in _rooms(table):
        files = [file for file in tree.files.values() if is_called(file, room.name)]
        known = {verb for file in files for verb in used.get(file.path, ())}
        faults += [f"verb that nobody uses: {room.name} {v}" for v in room.verbs if v not in known]
    return faults


def verbs_in_use(tree: Tree) -> dict[str, list[str]]:
    """Return which methods with an underscore other rooms call, by the path of the room."""
    used: dict[str, set[str]] = {}
    for arrow in tree.arrows:
        for path in arrow.targets:
            if arrow.is_method and path not in tree.files[arrow.source].bases:
                used.setdefault(path, set()).add(arrow.member)
    return {path: sorted(names - {""}) for path, names in sorted(used.items())}


def _rooms(table: Table) -> Iterable[Room]:
    return (room for layer in table.layers for room in layer)


def _ranks(tree: Tree, table: Table) -> dict[str, int]:
    rooms = {path: table.rooms_of(file) for path, file in tree.files.items()}
    return {path: found[0][0] for path, found in rooms.items() if found}


def _held(tree: Tree, table: Table) -> list[Arrow]:
    """All arrows that no exception is made for."""
    return [
        arrow
        for arrow in tree.arrows
        if not any(_is_from_to(tree, arrow, *pair) for pair in table.exceptions)
    ]


def _is_from_to(tree: Tree, arrow: Arrow, source: str, target: str) -> bool:
    is_source = is_called(tree.files[arrow.source], source)
    return is_source and any(is_called(tree.files[path], target) for path in arrow.targets)
