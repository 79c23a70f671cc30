"""Take a picture of every state on every device, and look for what is wrong with our own parts.

The shop is the demo's; MixPay's simulator brings each payment into its state. What is on a picture
is found by hooks and data, never by words, so that texts may change.
"""

import argparse
import json
import os
import shutil
from collections.abc import Sequence
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from . import browser, demo, node, paths, screens_books, screens_languages, screens_refunds
from .screens_pseudo import MIRRORED as MIRRORED_LANGUAGE
from .screens_pseudo import add_languages
from .screens_refunds import STATES as REFUNDS
from .screens_states import STATES, State
from .screens_studio import Studio
from .screens_till import Devices, Till
from .session import Session, Step

PICTURES = paths.ROOT / "docs" / "images"
INDEX = paths.ROOT / "docs" / "screens.md"
# What the README and Odoo's list of apps show, in `static/description/`.
BEST = {
    "popup.png": "unpaid.desktop.png",
    "phone.png": "unpaid.phone.png",
    "receipt.png": "receipt.desktop.png",
}

# What `--only` calls the accountant's pages.
BOOKS = "books"

ENGLISH = Devices(
    registers={"desktop": (1280, 800), "tablet": (768, 1024), "phone": (390, 844)},
    displays={"display": (1280, 800), "stand": (768, 1024)},
    # The desktop's page at 200 %, and a small register.
    looked_at={"zoomed": (640, 400), "small": (1024, 768)},
)
MIRRORED = Devices(
    registers={"desktop": (1280, 800), "phone": (390, 844)},
    displays={"display": (1280, 800)},
    looked_at={},
    suffix=".rtl",
    locale="he-IL",
)
WIDTHS = {"phone": 150, "tablet": 200, "stand": 200}
WIDTH = 300

INTRODUCTION = """# What people see

One picture per state and device, made from the running addon by `tools/screenshots`. It also has
[axe-core](https://github.com/dequelabs/axe-core) look at our own parts of each, and looks itself
for what is cut off, cannot be reached, or moves though the device asks for reduced motion: on these
devices, at 200 % zoom, and on a small register. Do not edit this page. "Display" is the customer
display, "stand" the same on a tablet in a stand. The mirrored pictures are in a made-up language:
Hebrew letters for English texts. Core's own screens are around ours.
"""


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options of `tools/screenshots`."""
    add = parser.add_argument
    add("--out", metavar="DIR", help="where to put pictures (docs, with their page)")
    add("--only", metavar="STATE", action="append", help="this state only; may be repeated")
    languages = "the most important states only, in this language (de, all); may be repeated"
    add("--lang", metavar="LANGUAGE", action="append", help=languages)
    add("--look-only", action="store_true", help="with --lang: without taking pictures")
    add("--report", metavar="FILE", help="with --lang: write what was found there, as JSON")


def run(session: Session, options: argparse.Namespace) -> int:
    """Take the pictures; 1 if something is wrong with our own parts."""
    modules = node.modules(session)
    # Odoo turns its style sheets round with rtlcss, if there is one.
    os.environ["PATH"] = f"{modules / '.bin'}{os.pathsep}{os.environ['PATH']}"
    if options.lang:
        return _run_languages(session, options)
    shop = demo.open_shop(session, [MIRRORED_LANGUAGE], add_languages, screens_books.SCRIPT)
    [mirrored] = shop["languages"].values()
    folder = _folder(session, options)
    studio = Studio(shop, folder, modules / "axe-core" / "axe.min.js")
    shops = {"": _chosen(STATES, options), screens_refunds.SHOP: _chosen(REFUNDS, options)}
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(**browser.options())
        if not options.only or BOOKS in options.only:
            screens_books.photograph(session, studio, chromium)
        for name, states in shops.items():
            if states:
                photograph(session, studio, chromium, states, ENGLISH, name)
                photograph(session, studio, chromium, states, MIRRORED, name, mirrored)
    if not (options.out or options.only):
        _publish(folder)
    return _report(session, studio, folder)


def _chosen(states: Sequence[State], options: argparse.Namespace) -> list[State]:
    return [state for state in states if not options.only or state.name in options.only]


def _run_languages(session: Session, options: argparse.Namespace) -> int:
    """Go through the most important states in some languages."""
    browser.install_fonts(session)
    names = screens_languages.expand(options.lang)
    shop = demo.open_shop(session, names, add_languages)
    folder = None if options.look_only else _folder(session, options)
    studio = Studio(shop, folder)
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(**browser.options())
        screens_languages.photograph(session, studio, chromium, shop["languages"])
    if screens_languages.ALL in options.lang and folder and not options.out:
        screens_languages.publish(folder)
    if options.report:
        found = {name: "\n".join(findings) for name, findings in studio.found.items()}
        Path(options.report).write_text(json.dumps(found))
    return _report(session, studio, folder)


def _folder(session: Session, options: argparse.Namespace) -> Path:
    folder = Path(options.out).resolve() if options.out else session.logs / "pictures"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def photograph(
    session: Session,
    studio: Studio,
    chromium: Browser,
    states: Sequence[State],
    devices: Devices,
    shop: str,
    language: str = "en_US",
) -> None:
    """Have one register, and the customer display beside it, show states at several sizes.

    :param shop: the name of its Point of Sale; empty for the demo's
    """
    context = studio.new_context(chromium, devices.registers["desktop"], devices.locale)
    till = Till(context, studio, devices)
    with session.step(f"Opening a register{devices.suffix and ', mirrored'}"):
        till.log_in()
        if shop:
            till.choose_shop(shop)
        till.speak(language)
        till.open()
    for state in states:
        with session.step(f"{state.title}{devices.suffix and ', mirrored'}") as step:
            _take(till, state, step, session)
    context.close()


def _take(till: Till, state: State, step: Step, session: Session) -> None:
    found = len(till.studio.findings)
    till.reset_size()
    till.start_order()
    try:
        state.reach(till)
        till.take(state.name, state.step)
    except Exception:
        till.page.screenshot(path=session.logs / f"{state.name}.failed.png")
        raise
    finally:
        till.end_order()
    step.ok = len(till.studio.findings) == found


def _publish(folder: Path) -> None:
    """Put new pictures in the place of all old ones, with the page that shows them."""
    shutil.rmtree(PICTURES)
    shutil.copytree(folder, PICTURES)
    INDEX.write_text(_index(folder))
    for name, source in BEST.items():
        shutil.copy(folder / source, paths.ROOT / "static" / "description" / name)


def _report(session: Session, studio: Studio, folder: Path | None) -> int:
    """Say what was found, and how large the pictures are."""
    say = session.progress.say
    for line in studio.findings:
        say(line)
    if folder:
        _report_size(session, folder)
    say(f"{len(studio.findings)} findings in our own parts on {len(studio.found)} looks.")
    return 1 if studio.findings else 0


def _report_size(session: Session, folder: Path) -> None:
    pictures = list(folder.glob("*.png"))
    total = sum(picture.stat().st_size for picture in pictures)
    largest = max(pictures, key=lambda picture: picture.stat().st_size)
    session.progress.say(
        f"{len(pictures)} pictures in {folder}: {total / 1e6:.1f} MB, the largest"
        f" {largest.name} with {largest.stat().st_size / 1000:.0f} kB."
    )


def _index(folder: Path) -> str:
    """The page that shows all pictures."""
    parts = [INTRODUCTION]
    for state in (*STATES, *REFUNDS):
        parts.append(f"\n## {state.title}\n\n{state.what}\n")
        for devices in (ENGLISH, MIRRORED):
            names = [*devices.registers, *devices.displays]
            files = {name: f"{state.name}.{name}{devices.suffix}.png" for name in names}
            shown = {name: file for name, file in files.items() if (folder / file).exists()}
            heads = [f"{name}, mirrored" if devices.suffix else name for name in shown]
            cells = [_cell(state, name, file) for name, file in shown.items()]
            rows = [heads, ["---"] * len(shown), cells]
            parts.append("\n".join(f"| {' | '.join(row)} |" for row in rows) + "\n")
    return "\n".join(parts)


def _cell(state: State, name: str, file: str) -> str:
    width = WIDTHS.get(name, WIDTH)
    return f'<img src="images/{file}" alt="{state.title}, {name}" width="{width}">'
