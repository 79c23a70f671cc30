"""Take a picture of every state on every device, and have axe-core look at our own parts of each.

The shop is the demo's; MixPay's simulator brings each payment into its state. What is on a picture
is found by hooks and data, never by words, so that texts may change.
"""

import argparse
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, sync_playwright

from . import browser, demo, node, paths
from .screens_pseudo import speak_pseudo
from .screens_states import STATES, State
from .screens_till import Studio, Till
from .session import Session

PICTURES = paths.ROOT / "docs" / "images"
INDEX = paths.ROOT / "docs" / "screens.md"
DEVICES = {"desktop": (1366, 768), "tablet": (1024, 768), "phone": (390, 844)}
# The display shows what the register beside it shows.
WITH_DISPLAY = "desktop"
DISPLAY = ("display", (1280, 800))
# In a language that is written from right to left.
MIRRORED = ("desktop", "phone")

INTRODUCTION = """# What people see

One picture per state and device, made from the running addon by `tools/screenshots`, which also has
[axe-core](https://github.com/dequelabs/axe-core) look at our own parts of each. Do not edit this
page. The mirrored pictures are in a made-up language: Hebrew letters for English texts. Core's own
screens are around ours.
"""


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options of `tools/screenshots`."""
    add = parser.add_argument
    add("--out", metavar="DIR", help="where to put pictures, without their page (docs/images)")
    add("--only", metavar="STATE", action="append", help="this state only; may be repeated")
    add("--device", choices=[*DEVICES], action="append", help="this one only; may be repeated")
    add("--not-mirrored", action="store_true", help="without the language from right to left")


def run(session: Session, options: argparse.Namespace) -> int:
    """Take the pictures; 1 if axe-core finds something in our own parts."""
    modules = node.modules(session)
    # Odoo turns its style sheets round with rtlcss, if there is one.
    os.environ["PATH"] = f"{modules / '.bin'}{os.pathsep}{os.environ['PATH']}"
    shop = demo.open_shop(session)
    folder = Path(options.out).resolve() if options.out else PICTURES
    folder.mkdir(parents=True, exist_ok=True)
    studio = Studio(shop, folder, modules / "axe-core" / "axe.min.js")
    states = [state for state in STATES if not options.only or state.name in options.only]
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(**browser.options())
        for devices, suffix in _rounds(session, studio, chromium, options):
            for device in devices:
                _visit(session, studio, chromium, device, states, suffix)
    if not (options.out or options.only or options.device or options.not_mirrored):
        INDEX.write_text(_index(states, folder))
    return _report(session, studio, folder)


def _rounds(
    session: Session, studio: Studio, chromium: Browser, options: argparse.Namespace
) -> Iterator[tuple[list[str], str]]:
    """The devices, first in English, then in the other language."""
    devices = [name for name in DEVICES if not options.device or name in options.device]
    yield devices, ""
    if not options.not_mirrored:
        with session.step("Speaking a language from right to left"):
            speak_pseudo(session, studio, chromium)
        yield [name for name in devices if name in MIRRORED], ".rtl"


def _visit(
    session: Session,
    studio: Studio,
    chromium: Browser,
    device: str,
    states: list[State],
    suffix: str,
) -> None:
    """Have one device show all states, with the customer display beside it where it has one."""
    with session.step(f"Pictures of a {device}{' from right to left' if suffix else ''}") as step:
        context = studio.new_context(chromium, DEVICES[device])
        till = Till(context.new_page(), studio, f"{device}{suffix}")
        till.open()
        if device == WITH_DISPLAY:
            name, size = DISPLAY
            till.open_display(f"{name}{suffix}", size)
        for state in states:
            till.start_order()
            try:
                state.reach(till)
                till.take(state.name)
            except Exception:
                till.page.screenshot(path=session.logs / f"{state.name}.{device}.failed.png")
                step.ok = False
                raise
            finally:
                till.end_order()
        context.close()


def _report(session: Session, studio: Studio, folder: Path) -> int:
    """Say what axe-core has found, and how large the pictures are."""
    pictures = list(folder.glob("*.png"))
    total = sum(picture.stat().st_size for picture in pictures)
    largest = max(pictures, key=lambda picture: picture.stat().st_size)
    say = session.progress.say
    for line in studio.findings:
        say(line)
    say(
        f"{len(pictures)} pictures in {folder}: {total / 1e6:.1f} MB, the largest"
        f" {largest.name} with {largest.stat().st_size / 1000:.0f} kB."
    )
    say(f"axe-core: {len(studio.findings)} violations in our own parts on {studio.looks} looks.")
    return 1 if studio.findings else 0


def _index(states: list[State], folder: Path) -> str:
    """The page that shows all pictures."""
    parts = [INTRODUCTION]
    for state in states:
        parts.append(f"\n## {state.title}\n\n{state.what}\n")
        for suffix in ("", ".rtl"):
            columns = [*DEVICES, DISPLAY[0]]
            shown = [
                name for name in columns if (folder / f"{state.name}.{name}{suffix}.png").exists()
            ]
            if shown:
                heads = [f"{name}, mirrored" if suffix else name for name in shown]
                cells = [_cell(state, name, suffix) for name in shown]
                rows: list[list[Any]] = [heads, ["---"] * len(shown), cells]
                parts.append("\n".join(f"| {' | '.join(row)} |" for row in rows) + "\n")
    return "\n".join(parts)


def _cell(state: State, name: str, suffix: str) -> str:
    width = 160 if name == "phone" else 320
    source = f"images/{state.name}.{name}{suffix}.png"
    return f'<img src="{source}" alt="{state.title}, {name}" width="{width}">'
