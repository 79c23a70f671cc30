"""Write the template for translators anew, by Odoo's own export."""

import argparse

from . import paths
from .environment import Environment
from .session import Session


def add_options(parser: argparse.ArgumentParser) -> None:
    """It has none."""


def run(session: Session, _options: argparse.Namespace) -> int:
    """Write i18n/pos_mixpay.pot from a database that has the addon."""
    environment = Environment(session)
    environment.prepare_odoo()
    environment.prepare_database()
    environment.install_addon("pot")
    with session.step("Exporting the texts") as step:
        environment.run_odoo(step, ["i18n", "export", "-d", "pot", paths.ADDON])
    return 0
