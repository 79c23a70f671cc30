"""Driving Chromium through its DevTools protocol, as a person with a mouse would.

Runs in the virtual environment (`websocket-client`).
"""

import base64
import itertools
import json
import shutil
import subprocess
import tempfile
import time
import urllib.request
from pathlib import Path
from typing import Any

import websocket

WAIT_SECONDS = 60
POLL_SECONDS = 0.1

SWITCHES = [
    "--headless=new",
    "--no-sandbox",  # Chromium as root has none
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-extensions",
    "--disable-background-networking",
    "--no-first-run",
    "--no-default-browser-check",
    "--mute-audio",
    "--hide-scrollbars",
    "--remote-debugging-port=0",
]

# The first visible element of a selector (with a text), unless it is disabled or covered.
FIND = """
((selector, text) => {
    for (const element of document.querySelectorAll(selector)) {
        if (!element.textContent.includes(text) || element.disabled) continue;
        element.scrollIntoView({block: "nearest"});
        const box = element.getBoundingClientRect();
        const x = box.x + box.width / 2, y = box.y + box.height / 2;
        const top = box.width && document.elementFromPoint(x, y);
        if (top && element.contains(top)) return {x, y};
    }
    return null;
})"""


class BrowserError(Exception):
    """The page did not do what was expected."""


class Browser:
    """A headless Chromium with a profile of its own."""

    def __init__(self) -> None:
        self._profile = tempfile.TemporaryDirectory(prefix="pos_mixpay-chromium-")
        names = ("chromium", "google-chrome", "chromium-browser")
        program = next(filter(None, map(shutil.which, names)))
        self._process = subprocess.Popen(
            [program, *SWITCHES, f"--user-data-dir={self._profile.name}", "about:blank"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        self._port = self._devtools_port()

    def __enter__(self) -> "Browser":
        return self

    def __exit__(self, *_exc: object) -> None:
        self._process.terminate()
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
        shutil.rmtree(self._profile.name, ignore_errors=True)

    def tab(self, url: str, width: int, height: int, *, mobile: bool = False) -> "Tab":
        """Open `url` in a window of that size."""
        request = urllib.request.Request(
            f"http://127.0.0.1:{self._port}/json/new?about:blank", method="PUT"
        )
        with urllib.request.urlopen(request, timeout=30) as answer:
            target = json.load(answer)
        tab = Tab(target["webSocketDebuggerUrl"])
        tab.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=mobile,
        )
        tab.call("Emulation.setFocusEmulationEnabled", enabled=True)
        tab.call("Page.enable")
        tab.call("Page.navigate", url=url)
        return tab

    def _devtools_port(self) -> int:
        file = Path(self._profile.name, "DevToolsActivePort")
        deadline = time.monotonic() + WAIT_SECONDS
        while time.monotonic() < deadline and self._process.poll() is None:
            lines = file.read_text().splitlines() if file.exists() else []
            if len(lines) > 1:
                return int(lines[0])
            time.sleep(POLL_SECONDS)
        raise BrowserError("Chromium did not start")


class Tab:
    """A page; all waiting ends in an error that says what was waited for."""

    def __init__(self, url: str) -> None:
        self._socket = websocket.create_connection(url, timeout=60, suppress_origin=True)
        self._numbers = itertools.count(1)

    def call(self, method: str, **params: Any) -> dict[str, Any]:
        """Call a method of the protocol; events in between are passed over."""
        number = next(self._numbers)
        self._socket.send(json.dumps({"id": number, "method": method, "params": params}))
        while True:
            message = json.loads(self._socket.recv())
            if message.get("id") == number:
                break
        if "error" in message:
            raise BrowserError(f"{method}: {message['error']['message']}")
        result: dict[str, Any] = message["result"]
        return result

    def evaluate(self, expression: str) -> Any:
        """The value of a JavaScript expression; of a promise, what it comes to."""
        answer = self.call(
            "Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True
        )
        if "exceptionDetails" in answer:
            raise BrowserError(f"{expression}: {answer['exceptionDetails']}")
        return answer["result"].get("value")

    def find(self, selector: str, text: str = "") -> dict[str, float] | None:
        """Where an element is, if it can be clicked."""
        found: dict[str, float] | None = self.evaluate(
            f"{FIND}({json.dumps(selector)}, {json.dumps(text)})"
        )
        return found

    def wait(
        self, selector: str, text: str = "", seconds: float = WAIT_SECONDS
    ) -> dict[str, float]:
        """Wait until such an element can be seen."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            try:
                if found := self.find(selector, text):
                    return found
            except BrowserError:
                pass  # the page is just being replaced by the next one
            time.sleep(POLL_SECONDS)
        shown = self.evaluate("document.body.innerText.slice(0, 1500)")
        raise BrowserError(f"waited {seconds} s for {selector} {text!r}. The page shows:\n{shown}")

    def click(self, selector: str, text: str = "") -> None:
        """Click with the mouse, as soon as such an element can be seen."""
        self.wait(selector, text)
        while not self.click_if_there(selector, text):
            self.wait(selector, text)

    def click_if_there(self, selector: str, text: str = "") -> bool:
        """Click such an element if it is there and stands still."""
        before = self.find(selector, text)
        time.sleep(POLL_SECONDS)
        now = self.find(selector, text)
        if now is None or now != before:
            return False
        for kind in ("mouseMoved", "mousePressed", "mouseReleased"):
            button = {} if kind == "mouseMoved" else {"button": "left", "clickCount": 1}
            self.call("Input.dispatchMouseEvent", type=kind, **now, **button)
        return True

    def type(self, selector: str, text: str) -> None:
        """Type into a field, replacing what is in it."""
        self.click(selector)
        self.evaluate(f"document.querySelector({json.dumps(selector)}).select()")
        self.call("Input.insertText", text=text)

    def screenshot(self, file: Path) -> Path:
        """Save what is seen as PNG."""
        self.call("Page.bringToFront")  # a tab behind another one is never drawn
        picture = self.call("Page.captureScreenshot", format="png")["data"]
        file.write_bytes(base64.b64decode(picture))
        return file
