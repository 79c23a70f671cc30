"""What all pictures share: small files, and a look at our own parts of what is on them."""

import io
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Locator, Page

Size = tuple[int, int]

WAIT_MS = 30_000
SETTLE_MS = 450  # a page that got another size is drawn anew
COLOURS = 96
OURS = '[class*="o_mixpay_"]'
# Core's dialogs slide in on a phone. A page that is drawn by nobody stands still meanwhile: what is
# not over in time is brought to its end, and drawn. What moves for ever cannot be, and is found.
SLIDE_MS = 1000
MOST_SHOTS = 20  # until two are the same; a countdown changes one in some
SETTLED = """
    async (patience) => {
        const later = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
        const ending = () => document.getAnimations().filter((one) =>
            one.playState === "running" && one.effect.getComputedTiming().endTime < Infinity);
        for (let moving = ending(); moving.length; moving = ending()) {
            const ends = Promise.allSettled(moving.map((one) => one.finished));
            await Promise.race([ends, later(patience)]);
            moving.forEach((one) => one.finish());
            await later(100); // what follows may move, too
        }
    }
"""
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
# What axe-core does not look for: texts without room, what cannot be scrolled to, what moves
# although nothing should.
MORE = """
    (ours) => {
        const say = (what, el) => `${what}\\n    ${el.outerHTML.slice(0, 160)}`;
        PARTS
        // Core's lists scroll, and say in full what one points at.
        const parts = new Set(all.flatMap((el) => [el, ...el.querySelectorAll("*")])
            .filter((el) => !el.closest(".o_list_renderer")));
        const isOut = (el, inner) => {
            const { left, right } = el.getBoundingClientRect();
            return inner.left < left - 1 || inner.right > right + 1;
        };
        const isCut = (el) => {
            if (el.matches("input, textarea, select")) return false; // one can scroll in it
            const rect = el.getBoundingClientRect();
            const { overflowX, overflowY } = getComputedStyle(el);
            const isNarrow = overflowX !== "visible" && el.scrollWidth > el.clientWidth + 1;
            const isLow = ["hidden", "clip"].includes(overflowY)
                && el.scrollHeight > el.clientHeight + 1;
            return rect.width > 1 && (isOut(document.documentElement, rect) || isNarrow || isLow);
        };
        const boxOf = (el) => ["inline", "contents"].includes(getComputedStyle(el).display)
            ? boxOf(el.parentElement) : el;
        const isTooWide = (el) => {
            const texts = [...el.childNodes].filter((one) => one.nodeType === 3 && one.data.trim());
            const range = document.createRange();
            return el.checkVisibility() && texts.some((text) => {
                range.selectNodeContents(text);
                return [...range.getClientRects()].some((rect) => isOut(boxOf(el), rect));
            });
        };
        const isHintCut = (el) => {
            if (!el.placeholder || el.value) return false;
            const { font, paddingLeft, paddingRight } = getComputedStyle(el);
            const pen = Object.assign(document.createElement("canvas").getContext("2d"), { font });
            const room = el.clientWidth - parseFloat(paddingLeft) - parseFloat(paddingRight);
            return pen.measureText(el.placeholder).width > room + 1;
        };
        const leavesDialog = (el) => {
            const dialog = el.closest(".modal-content");
            return dialog && isOut(dialog, el.getBoundingClientRect());
        };
        // What moves on its own: a menu that is open, what can be scrolled.
        const layerOf = (el) => el.parentElement && (
            el.parentElement.matches("details[open] > :not(summary)")
            || ["auto", "scroll"].includes(getComputedStyle(el.parentElement).overflowY)
            ? el.parentElement : layerOf(el.parentElement));
        const isOnAnother = (el, index, buttons) => {
            const one = el.getBoundingClientRect();
            return buttons.slice(0, index).some((other) => {
                const { left, right, top, bottom } = other.getBoundingClientRect();
                const width = Math.min(right, one.right) - Math.max(left, one.left);
                const height = Math.min(bottom, one.bottom) - Math.max(top, one.top);
                return width > 1 && height > 1 && !other.contains(el) && !el.contains(other)
                    && layerOf(el) === layerOf(other);
            });
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
            ...[...parts].filter(isTooWide).map((el) => say("is wider than its box", el)),
            ...[...parts].filter(isHintCut).map((el) => say("has a hint that is cut off", el)),
            ...buttons.filter(leavesDialog).map((el) => say("leaves its dialog", el)),
            ...buttons.filter(isOnAnother).map((el) => say("lies on another button", el)),
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
    :ivar found: what is wrong with our own parts, a text each, by the name of each look at them
    """

    def __init__(
        self, shop: dict[str, Any], folder: Path | None = None, axe: Path | None = None
    ) -> None:
        """Of a shop (see `demo.open_shop`).

        :param folder: where pictures go; without one, none are taken
        :param axe: axe-core's script; without it, texts are only looked at for their room
        """
        self.odoo, self.simulator = shop["odoo"], shop["simulator"]
        self.config_id = shop["config_id"]
        self.found: dict[str, list[str]] = {}
        self._folder = folder
        self._axe = axe.read_text() if axe else ""

    @property
    def findings(self) -> list[str]:
        """All that was found, and where."""
        return [f"{name}: {one}" for name, findings in self.found.items() for one in findings]

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
        self._keep(page, name)
        self._look(page, name, ours)

    def crop(self, page: Page, name: str, part: str) -> None:
        """A small picture of a part of a page, which may have got another size just now."""
        page.wait_for_timeout(SETTLE_MS)
        self._keep(page.locator(part).last, name)

    def look(self, page: Page, name: str, size: Size, ours: str = OURS) -> None:
        """The look alone."""
        self._resize(page, size)
        self._look(page, name, ours)

    def _keep(self, shown: Page | Locator, name: str) -> None:
        if self._folder:
            shot = Image.open(io.BytesIO(_still(shown))).convert("RGB")
            shot.quantize(COLOURS, dither=Image.Dither.NONE).save(
                self._folder / f"{name}.png", optimize=True
            )

    @staticmethod
    def _resize(page: Page, size: Size) -> None:
        width, height = size
        page.mouse.move(0, 0)
        page.set_viewport_size({"width": width, "height": height})
        page.wait_for_timeout(SETTLE_MS)
        page.evaluate(SETTLED, SLIDE_MS)

    @staticmethod
    def measure(page: Page, ours: str = OURS) -> list[str]:
        """What has no room on a page, cannot be reached, or moves."""
        found: list[str] = page.evaluate(MORE, ours)
        return found

    def _look(self, page: Page, name: str, ours: str) -> None:
        found = self.measure(page, ours)
        if self._axe:
            # Not as a script of the page: the page of a slip allows none but its own.
            page.evaluate(f"() => {{ if (!window.axe) {{ {self._axe} }} }}")
            found += page.evaluate(AXE, ours)
        self.found[name] = found


def _still(shown: Page | Locator) -> bytes:
    """A screenshot of what stands still: on a busy machine a dialog may slide in late.

    What never does is found by the look that follows.
    """
    shot = shown.screenshot()
    for _ in range(MOST_SHOTS):
        before, shot = shot, shown.screenshot()
        if shot == before:
            break
    return shot
