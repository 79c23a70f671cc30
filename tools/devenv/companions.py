"""Modules that the addon must get along with: all that build on the Point of Sale.

Which ones there are is read from the manifests of Odoo and of OCA's addons.
"""

import ast
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from . import bootstrap, paths

OCA = paths.TOOLS / "oca.txt"
OCA_BOOKS = paths.TOOLS / "oca_books.txt"
# What accountants of OCA's users work with; they do not build on the Point of Sale.
RECONCILERS = ("account_reconcile_oca", "account_statement_import_base")
# What the tours of the layer "compat" are about; the register has all of them at once.
SECTORS = (
    "pos_discount",
    "pos_event",
    "pos_hr",
    "pos_loyalty",
    "pos_online_payment_self_order",
    "pos_restaurant",
    "pos_sale",
    "pos_self_order",
)

Manifests = Mapping[str, Mapping[str, Any]]


def oca_addons(requirements: Path = OCA) -> Path:
    """A folder with OCA's addons: downloaded once, only to be tested with."""

    def build(folder: Path) -> None:
        bootstrap.install_addons(requirements, folder)

    return paths.artefact(requirements.stem, paths.fingerprint(requirements), build)


def read_manifests(folders: Iterable[Path]) -> Manifests:
    """Module → manifest, of all modules that can be installed."""
    found = {
        file.parent.name: ast.literal_eval(file.read_text())
        for folder in folders
        for file in sorted(folder.glob("*/__manifest__.py"))
    }
    return {name: found[name] for name in sorted(found) if found[name].get("installable", True)}


def building_on(module: str, manifests: Manifests) -> list[str]:
    """The modules that need `module`, themselves or by what they depend on."""
    known: dict[str, bool] = {}

    def needs(name: str) -> bool:
        if name not in known:
            known[name] = False  # whoever depends on itself
            depends = manifests.get(name, {}).get("depends", ())
            known[name] = module in depends or any(map(needs, depends))
        return known[name]

    return [name for name in manifests if needs(name)]
