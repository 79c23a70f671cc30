"""What all pictures share: small files, and a look at our own parts of what is on them."""

import io
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page

Size = tuple[int, int]

WAIT_MS = 30_000
SETTLE_MS = 450  # a page that got another size is drawn anew
COLOURS = 96
OURS = '[class*="o_mixpay_"]'
# Core's own parts are core's to mend. What is behind a dialog was looked at when it was in front,
# and what is printed is drawn outside of the window.
PARTS = """
    const front = [...document.querySelectorAll(".modal:not(.o_inactive_modal)")].at(-1);
    const all = [...document.querySelectorAll(ours)].filter((el) => el.checkVisibility()
        && !el.closest(".render-container") && (!front || front.contains(el)));
"""
# Axe-core gets the outermost element of each part. The dialog in front is modal: for screen readers
# those of core's behind it are not there.
AXE = f"""
    async (ours) => {{
        {PARTS}
        const include = all.filter((el) => !el.parentElement?.closest(ours));
        if (!include.length) return [];
        const behind = [...document.querySelectorAll(".o_inactive_modal")];
        behind.forEach((el) => el.setAttribute("aria-hidden", "true"));
        const found = await axe.run({{ include }}, {{ resultTypes: ["violations"] }});
        behind.forEach((el) => el.removeAttribute("aria-hidden"));
        return found.violations.flatMap(({{ id, impact, help, nodes }}) =>
            nodes.map(({{ target, html }}) =>
                `${{id}} (${{impact}}): ${{help}}\\n    ${{target}} ${{html.slice(0, 160)}}`));
    }}
"""
# What axe-core does not look for: what is cut off, what cannot be scrolled to, what moves although
# nothing should.
MORE = """
    (ours) => {
        const say = (what, el) => `${what}\\n    ${el.outerHTML.slice(0, 160)}`;
        PARTS
        const parts = new Set(all.flatMap((el) => [el, ...el.querySelectorAll("*")]));
        const isCut = (el) => {
            const { left, right, width } = el.getBoundingClientRect();
            const isOut = left < -1 || right > innerWidth + 1;
            const isHidden = getComputedStyle(el).overflowX !== "visible";
            return width && (isOut || (isHidden && el.scrollWidth > el.clientWidth + 1));
        };
        const isCovered = (el) => {
            el.scrollIntoView({ block: "center" });
            const { left, top, width, height } = el.getBoundingClientRect();
            const hit = document.elementFromPoint(left + width / 2, top + height / 2);
            const isUnderMenu = hit?.closest("details[open]"); // until it is closed again
            return !hit || !(isUnderMenu || el.contains(hit) || hit.contains(el));
        };
        const buttons = [...parts].filter((el) =>
            el.matches("button, a, summary") && el.checkVisibility());
        const moving = document.getAnimations().filter((one) => one.playState === "running")
            .map(({ effect }) => effect.target).filter((el) => el?.closest(ours));
        const covered = buttons.filter(isCovered);
        document.querySelectorAll("*").forEach((el) => (el.scrollTop = 0));
        return [
            ...[...parts].filter(isCut).map((el) => say("is cut off", el)),
            ...covered.map((el) => say("cannot be reached", el)),
            ...moving.map((el) => say("moves", el)),
        ];
    }
""".replace("PARTS", PARTS)


class Studio:
    """The shop, where pictures go, and what was found on them.

    :ivar odoo: its address
    :ivar simulator: that of MixPay's simulator
    :ivar config_id: the Point of Sale's
    :ivar findings: what is wrong with our own parts, one text each
    :ivar looks: how many times they were looked at
    """

    def __init__(self, shop: dict[str, str], folder: Path, axe: Path) -> None:
        self.odoo, self.simulator = shop["odoo"], shop["simulator"]
        self.config_id = shop["config_id"]
        self.findings: list[str] = []
        self.looks = 0
        self._folder = folder
        self._axe = axe.read_text()

    @staticmethod
    def new_context(chromium: Browser, size: Size, locale: str = "en-US") -> BrowserContext:
        """A browser of its own, in which nothing moves."""
        width, height = size
        context = chromium.new_context(
            viewport={"width": width, "height": height},
            reduced_motion="reduce",
            locale=locale,
            timezone_id="Europe/Brussels",  # as the administrator's
        )
        context.set_default_timeout(WAIT_MS)
        return context

    def take(self, page: Page, name: str, size: Size, ours: str = OURS) -> None:
        """A small picture of what a page shows at a size, and a look at our parts of it."""
        self._resize(page, size)
        shot = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
        shot.quantize(COLOURS, dither=Image.Dither.NONE).save(
            self._folder / f"{name}.png", optimize=True
        )
        self._look(page, name, ours)

    def look(self, page: Page, name: str, size: Size, ours: str = OURS) -> None:
        """The look alone."""
        self._resize(page, size)
        self._look(page, name, ours)

    @staticmethod
    def _resize(page: Page, size: Size) -> None:
        width, height = size
        page.mouse.move(0, 0)
        page.set_viewport_size({"width": width, "height": height})
        page.wait_for_timeout(SETTLE_MS)

    def _look(self, page: Page, name: str, ours: str) -> None:
        # Not as a script of the page: the page of a slip allows none but its own.
        page.evaluate(f"() => {{ if (!window.axe) {{ {self._axe} }} }}")
        self.looks += 1
        found: list[Any] = page.evaluate(AXE, ours) + page.evaluate(MORE, ours)
        self.findings += [f"{name}: {finding}" for finding in found]
