"""Reads from the addon's Python code which room uses which.

What counts as using another room:
- importing its file, or a name from it;
- naming a model that it defines, in `env["…"]`, `_inherit`, or any other string;
- naming a model's table in SQL;
- a method that only it (or one of a few rooms) defines, called on whatever record.

Naming a model of Odoo's own is no arrow, even if a room extends it; calling what that room adds is.
Fields are data, and no arrows: neither reading one, nor what it relates to; calling a method of
what it holds is one. XML is not read. A method that calls `super` is taken for Odoo's own, as are
those that all models have.

Whose method it is, is known where the records are got as in `self.env["…"]`, also by a variable,
and for `self`. Otherwise all rooms that have one of that name may be meant.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from layers import Arrow, File, Tree

ADDON = "pos_mixpay"
# Not the product's code, or run once, with whatever there is.
LEFT_OUT = frozenset({"tests", "tools", "migrations", "docs", "static", "addons"})
_MODEL_CLASSES = frozenset({"Model", "AbstractModel", "TransientModel"})
_TABLE = re.compile(r'\b(?:FROM|JOIN|UPDATE|INTO)\s+"?(\w+)')
# Methods that return records of the model that they are called on.
_SAME_MODEL = re.compile(
    "browse|create|exists|filtered|filtered_domain|new|search|search_fetch|sorted|sudo|with_.*"
)
# Whatever record has these, forbidding them or not.
_OF_ALL_MODELS = frozenset({"copy", "create", "unlink", "write"})
# Whatever has these is as likely a plain value.
_OF_BUILTINS = frozenset(name for kind in (str, bytes, list, dict, set) for name in dir(kind))


@dataclass
class _Module:
    """One file; `imports` are local names of other rooms' files."""

    path: str
    tree: ast.Module
    lines: int
    defined: list[str] = field(default_factory=list)
    extended: list[str] = field(default_factory=list)
    inherited: list[str] = field(default_factory=list)
    methods: set[str] = field(default_factory=set)  # of its models, which others may call
    functions: list[ast.FunctionDef] = field(default_factory=list)
    own: set[str] = field(default_factory=set)  # whatever it gives a name with a dot before it
    imports: dict[str, str] = field(default_factory=dict)
    packages: list[tuple[str, int]] = field(default_factory=list)


def read(root: Path) -> Tree:
    """Return the rooms and arrows of the addon in a folder."""
    modules = {path: _parse(root, path) for path in _paths(root)}
    reader = _Reader(modules)
    arrows = [arrow for module in modules.values() for arrow in reader.arrows_of(module)]
    files = {path: reader.file_of(module) for path, module in modules.items()}
    return Tree(files, arrows)


def _paths(root: Path) -> list[str]:
    """All files but those that only import others, or describe the addon."""
    found = (path.relative_to(root) for path in root.rglob("*.py"))
    return sorted(
        path.as_posix()
        for path in found
        if path.parts[0] not in LEFT_OUT
        and not path.parts[0].startswith(".")
        and path.name != "__manifest__.py"
        and (path.name != "__init__.py" or len(path.parts) == 1)
    )


def _parse(root: Path, path: str) -> _Module:
    source = (root / path).read_text()
    module = _Module(path, ast.parse(source, path), len(source.splitlines()))
    for node in ast.walk(module.tree):
        if isinstance(node, ast.FunctionDef):
            module.functions.append(node)
            module.own.add(node.name)
        elif isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Store):
            module.own.add(node.attr)
    for node in module.tree.body:
        if isinstance(node, ast.ClassDef) and _is_model(node):
            _add_model(module, node)
    return module


def _is_model(node: ast.ClassDef) -> bool:
    return any(getattr(base, "attr", "") in _MODEL_CLASSES for base in node.bases)


def _add_model(module: _Module, node: ast.ClassDef) -> None:
    names, inherited = _names_of_model(node)
    module.defined += [name for name in names if name not in inherited]
    module.extended += [name for name in inherited if name in names or not names]
    module.inherited += inherited
    module.methods |= {
        item.name
        for item in node.body
        if isinstance(item, ast.FunctionDef)
        and not item.name.startswith("__")
        and item.name not in _OF_ALL_MODELS | _OF_BUILTINS
        and not _calls_super(item)
    }


def _names_of_model(node: ast.ClassDef) -> tuple[list[str], list[str]]:
    """Return what a class says in `_name` and in `_inherit`."""
    values = {
        target.id: _strings(item.value)
        for item in node.body
        if isinstance(item, ast.Assign)
        for target in item.targets
        if isinstance(target, ast.Name) and target.id in ("_name", "_inherit")
    }
    return values.get("_name", []), values.get("_inherit", [])


def _strings(node: ast.expr) -> list[str]:
    return [
        part.value
        for part in ast.walk(node)
        if isinstance(part, ast.Constant) and isinstance(part.value, str)
    ]


def _calls_super(function: ast.FunctionDef) -> bool:
    return any(
        isinstance(node, ast.Attribute)
        and node.attr == function.name
        and isinstance(node.value, ast.Call)
        and isinstance(node.value.func, ast.Name)
        and node.value.func.id == "super"
        for node in ast.walk(function)
    )


class _Reader:
    """Knows all files, and so what a name in one of them stands for."""

    def __init__(self, modules: Mapping[str, _Module]) -> None:
        self._modules = modules
        self._owners = {name: m.path for m in modules.values() for name in m.defined}
        self._tables = {name.replace(".", "_"): path for name, path in self._owners.items()}
        self._methods: dict[str, list[str]] = {}
        self._parts: dict[str, list[str]] = {}  # files of a model, its own and what extends it
        for module in modules.values():
            for name in module.methods:
                self._methods.setdefault(name, []).append(module.path)
            for name in (*module.defined, *module.extended):
                self._parts.setdefault(name, []).append(module.path)

    def file_of(self, module: _Module) -> File:
        """Return what the rules need to know of a file."""
        extended = [name for name in module.extended if name not in self._owners]
        functions = [
            (node.name, node.lineno, (node.end_lineno or 0) - node.lineno + 1)
            for node in module.functions
        ]
        return File(
            path=module.path,
            names=(module.path, *module.defined, *extended),
            lines=module.lines,
            functions=tuple(functions),
            bases=frozenset(self._owners.get(name, "") for name in module.inherited),
            has_models=bool(module.defined or module.extended),
            packages=tuple(module.packages),
        )

    def arrows_of(self, module: _Module) -> Iterator[Arrow]:
        """Yield what a file uses of others."""
        yield from self._imports(module)
        yield from self._names(module)
        yield from self._members(module)

    # -- imports -------------------------------------------------------------------------------

    def _imports(self, module: _Module) -> Iterator[Arrow]:
        for node in ast.walk(module.tree):
            if isinstance(node, ast.Import):
                module.packages += [(a.name.partition(".")[0], node.lineno) for a in node.names]
            elif isinstance(node, ast.ImportFrom):
                yield from self._import_from(module, node)

    def _import_from(self, module: _Module, node: ast.ImportFrom) -> Iterator[Arrow]:
        folder = _folder(module.path, node)
        if folder is None:
            module.packages.append(((node.module or "").partition(".")[0], node.lineno))
            return
        for alias in node.names:
            whole, part = f"{folder / alias.name}.py", f"{folder}.py"
            if whole in self._modules:
                module.imports[alias.asname or alias.name] = whole
                yield Arrow(module.path, (whole,), node.lineno, "imports it")
            elif part in self._modules:
                member = alias.name if alias.name.startswith("_") else ""
                how = f"imports {alias.name}"
                yield Arrow(module.path, (part,), node.lineno, how, member)

    # -- models named in strings ---------------------------------------------------------------

    def _names(self, module: _Module) -> Iterator[Arrow]:
        left_out = _docstrings_and_fields(module.tree)
        for node in ast.walk(module.tree):
            if not isinstance(node, ast.Constant) or not isinstance(node.value, str):
                continue
            if id(node) in left_out:
                continue
            found = {self._owners.get(node.value): f'names "{node.value}"'}
            for table in _TABLE.findall(node.value):
                found[self._tables.get(table)] = f"has SQL on {table}"
            for path, how in found.items():
                if path and path != module.path:
                    yield Arrow(module.path, (path,), node.lineno, how)

    # -- methods and private names -------------------------------------------------------------

    def _members(self, module: _Module) -> Iterator[Arrow]:
        for function, variables in _scopes(module.tree):
            for node in function:
                if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load):
                    yield from self._member(module, node, variables)

    def _member(
        self, module: _Module, node: ast.Attribute, variables: Mapping[str, str]
    ) -> Iterator[Arrow]:
        member = node.attr if node.attr.startswith("_") else ""
        if isinstance(node.value, ast.Name) and node.value.id in module.imports:
            path = module.imports[node.value.id]
            if member and not member.startswith("__"):
                how = f"uses {node.value.id}.{member}"
                yield Arrow(module.path, (path,), node.lineno, how, member)
        elif targets := self._definers(module, node, variables):
            how = f"calls {node.attr}"
            yield Arrow(module.path, targets, node.lineno, how, member, is_method=True)

    def _definers(
        self, module: _Module, node: ast.Attribute, variables: Mapping[str, str]
    ) -> tuple[str, ...]:
        """Return the other rooms whose method this may be; none, if it may be the room's own."""
        definers = self._methods.get(node.attr, [])
        if model := _model_of(node.value, variables):
            parts = self._parts.get(model, [])
            of_model = [path for path in definers if path in parts]
            if of_model or model not in self._owners:
                return () if module.path in of_model else tuple(of_model)
        return () if node.attr in module.own else tuple(definers)


def _folder(path: str, node: ast.ImportFrom) -> PurePosixPath | None:
    """Return what an import is from, as a path without `.py`; None if it is not the addon's."""
    parts = (node.module or "").split(".") if node.module else []
    if node.level:
        parents = list(PurePosixPath(path).parents)
        start = parents[min(node.level, len(parents)) - 1]
        return start.joinpath(*parts)
    if parts[:3] == ["odoo", "addons", ADDON]:
        return PurePosixPath(*parts[3:])
    return None


def _docstrings_and_fields(tree: ast.Module) -> set[int]:
    """Return the ids of texts that do nothing, and of those in the definitions of fields."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr):
            found.add(id(node.value))
        elif isinstance(node, ast.Call) and _is_field(node.func):
            found |= {id(part) for part in (*node.args, *(k.value for k in node.keywords))}
    return found


def _is_field(function: ast.expr) -> bool:
    owner = function.value if isinstance(function, ast.Attribute) else None
    return isinstance(owner, ast.Name) and owner.id == "fields"


def _scopes(tree: ast.Module) -> Iterator[tuple[list[ast.AST], dict[str, str]]]:
    """Yield the nodes of each outermost function (and, first, all others), with the variables
    that are records of a model that is named there."""
    functions = [
        (item, _model_of_class(node))
        for node in (tree, *(n for n in tree.body if isinstance(n, ast.ClassDef)))
        for item in node.body
        if isinstance(item, ast.FunctionDef)
    ]
    inside = {id(node) for function, _model in functions for node in ast.walk(function)}
    yield [node for node in ast.walk(tree) if id(node) not in inside], {}
    for function, model in functions:
        nodes = list(ast.walk(function))
        yield nodes, _variables(nodes, model)


def _model_of_class(node: ast.Module | ast.ClassDef) -> str | None:
    """Return the model whose methods a class has; None for other code."""
    if not (isinstance(node, ast.ClassDef) and _is_model(node)):
        return None
    names, inherited = _names_of_model(node)
    return next(iter((*names, *inherited)), None)


def _variables(nodes: list[ast.AST], own: str | None) -> dict[str, str]:
    """Return the models of variables that are always of one; `self` is of the model `own`."""
    found: dict[str, set[str | None]] = {"self": {own}}
    for node in nodes:
        if isinstance(node, ast.Assign):
            for target in node.targets:
                if isinstance(target, ast.Name):
                    found.setdefault(target.id, set()).add(_model_of(node.value, {}))
    return {
        name: model
        for name, models in found.items()
        for model in models
        if model and len(models) == 1
    }


def _model_of(node: ast.expr, variables: Mapping[str, str]) -> str | None:
    """Return the model of records that are got as in `self.env["model"].sudo().browse(…)`."""
    while isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        if not _SAME_MODEL.fullmatch(node.func.attr):
            return None
        node = node.func.value
    if isinstance(node, ast.Name):
        return variables.get(node.id)
    if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant):
        env = node.value
        name = env.attr if isinstance(env, ast.Attribute) else getattr(env, "id", "")
        return str(node.slice.value) if name == "env" else None
    return None
