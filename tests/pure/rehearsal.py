"""A shop in fast motion: registers, callbacks and MixPay's limit, by the addon's own arithmetic.

Plays minutes in milliseconds. What Odoo does with locks and slots is left out; when MixPay is asked
about which payment, and with which of the calls that it allows, is what the addon would do.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from mixpay import polling, priority

LIMIT = 60
MIXPAY_WINDOW = 60.0
WINDOW = 61.0
STEP = 0.1
START = datetime(2026, 1, 1)


@dataclass
class Sale:
    """One payment, the register that waits for it, and the callbacks about it.

    :ivar begins: second at which its code is asked for
    :ivar succeeds: second at which MixPay has success
    :ivar is_abandoned: whether nobody waits
    :ivar attack: seconds between callbacks that strangers send about it, 0 for none
    """

    begins: float
    succeeds: float
    is_abandoned: bool = False
    attack: float = 0.0
    link: str = ""
    seen: float | None = None
    attempted: float = -99.0
    due: float = 0.0
    poll_interval: float = 3.0
    comes_at: float = 0.0
    called: bool = False
    callback_questions: int = 0
    callback_at: float = -9999.0
    questions: list[float] = field(default_factory=list)

    @property
    def wait(self) -> float:
        assert self.seen is not None, "never seen"
        return self.seen - self.succeeds


class Shop:
    """All sales, and the calls they make."""

    def __init__(self, sales: list[Sale], *, have_callbacks: bool) -> None:
        self.sales = sorted(sales, key=lambda sale: sale.begins)
        self.have_callbacks = have_callbacks
        self.now = 0.0
        self.calls: list[tuple[float, str]] = []
        self.hints: list[float] = []

    def play(self, seconds: float) -> None:
        """Let time go by; calls within any minute never exceed what MixPay allows."""
        while self.now < seconds:
            for sale in self.sales:
                self._live(sale)
            self.now += STEP
        assert self.busiest_minute() <= LIMIT

    def busiest_minute(self) -> int:
        return max(
            sum(start <= at < start + MIXPAY_WINDOW for at, _kind in self.calls)
            for start, _kind in self.calls
        )

    def _live(self, sale: Sale) -> None:
        if self.now < sale.begins or sale.seen is not None:
            return
        if not sale.link:
            self._begin(sale)
        is_time = sale.succeeds <= self.now < sale.succeeds + STEP
        if (is_time and self.have_callbacks) or (sale.attack and self.now % sale.attack < STEP):
            self._hear_callback(sale)
        if sale.comes_at <= self.now:
            self._come(sale)

    def _begin(self, sale: Sale) -> None:
        sale.link = "code" if self._call(priority.CODE) else "paylink"
        self._plan(sale)

    def _come(self, sale: Sale) -> None:
        """A register, or for what is abandoned the minute's job, asks Odoo."""
        due = [s for s in self.sales if s.link and s.seen is None and s.due <= self.now]
        if sale in due and (first := min(due, key=_urgency)):
            self._ask(first, priority.CALLED if first.called else priority.POLL)
        if sale.is_abandoned:
            sale.comes_at = self.now + 60
            return
        waiting = sum(bool(s.link) and s.seen is None for s in self.sales) - 1
        sale.comes_at = self.now + polling.register_poll_ms([sale.due - self.now], waiting) / 1000

    def _hear_callback(self, sale: Sale) -> None:
        if sale.callback_at > self.now:
            return
        pauses = (0.0, *polling.CALLBACK_PAUSES)
        pause = pauses[min(sale.callback_questions, len(pauses) - 1)]
        moment = max(self.now, sale.callback_at + pause)
        if sale.is_abandoned:
            self.hints = [at for at in self.hints if at > self.now - WINDOW]
            if len(self.hints) >= priority.hints_limit(LIMIT):
                return
            self.hints.append(self.now)
        sale.callback_at = moment
        sale.callback_questions += 1
        moment = max(moment, sale.attempted + polling.URGENT_INTERVAL)
        if not sale.is_abandoned:
            sale.called = True
            if moment <= self.now and self._ask(sale, priority.CALLED):
                return
        sale.due = min(sale.due, moment)

    def _ask(self, sale: Sale, kind: str) -> bool:
        if not self._call(kind):
            return False
        sale.attempted = self.now
        sale.questions.append(self.now)
        sale.called = False
        if sale.succeeds <= self.now:
            sale.seen = self.now
            # Its own register hears of it over the bus.
            return True
        self._plan(sale)
        return True

    def _plan(self, sale: Sale) -> None:
        others = [s for s in self.sales if s.link and s.seen is None and s is not sale]
        moment = START + timedelta(seconds=self.now)
        load = polling.Load(
            failures=0,
            pace=sum(1 / s.poll_interval for s in others if not s.is_abandoned),
            pace_of_all=sum(1 / s.poll_interval for s in others),
            queue_length=sum(not s.is_abandoned for s in others),
            calls_of_others=sum(call.kind != priority.POLL for call in self._made()),
            now=moment,
        )
        polled = polling.Polled(
            api_url="https://mixpay.example",
            is_final=False,
            created_at=START + timedelta(seconds=sale.begins),
            expires_at=START + timedelta(seconds=sale.begins + 900),
            clock_offset=0.0,
            funds_detected=False,
            is_abandoned=sale.is_abandoned,
            recheck_in=None,
        )
        plan = polling.plan(
            polled, load, has_failed=False, was_answered=True, requests_per_minute=LIMIT
        )
        assert plan
        sale.poll_interval = plan.poll_interval
        sale.due = self.now + plan.pause

    def _made(self) -> list[priority.Made]:
        return [
            priority.Made(kind, at + WINDOW - self.now)
            for at, kind in self.calls[-LIMIT:]
            if at + WINDOW > self.now
        ]

    def _call(self, kind: str) -> bool:
        made = self._made()
        is_free = len(made) < priority.rate_limit(kind, LIMIT)
        if kind in priority.YIELDING:
            is_free = is_free and priority.fits(kind, LIMIT, made, WINDOW)
        if is_free:
            self.calls.append((self.now, kind))
        return is_free


def _urgency(sale: Sale) -> tuple[bool, bool, float]:
    return (not sale.called, sale.is_abandoned, sale.due)
