"""The limiter: `with limiter._call(address, kind, timeout):` is the only way to call MixPay."""

import time
from contextlib import AbstractContextManager
from dataclasses import dataclass

from odoo import models

from ..mixpay import backoff, polling, priority
from ..mixpay.errors import MixpayError, MixpayUnavailable
from ..transactions import read_committed
from .mixpay_settings import CALL_MARGIN, LONGEST_CALL
from .mixpay_slot import Pool, Slot

# MixPay counts 60 calls in a minute over all its APIs (its documentation, "limits"). A slot is
# used again after a minute and a second, so no window of 60 s ever holds more calls than slots.
WINDOW = 61
# Slots of calls in progress at once, over all addresses: each call holds a worker of Odoo.
CONCURRENCY = "concurrency"
# Slots of the requests that callbacks trigger about payments nobody waits for, over all addresses.
HINTS = "hints"
# Seconds. A customer waits for a code, and calls are short: a slot comes free in an instant.
SLOT_PATIENCE = 0.5
LINKS = (priority.CODE, priority.CREATE)


class MixpayLimiter(models.AbstractModel):
    """All that a call to MixPay needs is acquired here, together or not at all.

    That is a concurrency slot, a call of the rate limit, and a closed circuit. They stand in rows
    that all workers and servers share, and are acquired in a transaction of their own: a call that
    was made counts whatever becomes of the transaction that wanted it.
    """

    _name = "mixpay.limiter"
    _description = "MixPay limiter"

    def _call(self, api_url, kind, timeout, *, may_probe=True):
        """Acquire a permit to call MixPay once, inside `with`; it is released whatever happens.

        :param str api_url: the address to be called; each has a rate limit and a circuit of its own
        :param str kind: BACKGROUND, CODE, POLL, CALLED, CREATE or URGENT, see `priority`
        :param float timeout: seconds that the call may take
        :param bool may_probe: whether this call may be the one that finds out, after a pause,
            whether MixPay is back
        :rtype: Call
        :raises NotAdmitted: when MixPay must not be called now
        """
        if not self.env["mixpay.settings"]._may_call(api_url):
            raise priority.NotAdmitted("a copied database calls nobody's MixPay")
        pools = self._pools(api_url, kind)
        ends = time.monotonic() + (SLOT_PATIENCE if kind in LINKS else 0)
        while True:
            try:
                with read_committed(self.env) as cr:
                    return self._acquire(cr, *pools, kind, timeout + CALL_MARGIN, may_probe)
            except priority.ConcurrencyLimitReached:
                if time.monotonic() >= ends:
                    raise
            time.sleep(polling.RETRY_PAUSE)

    def _acquire(self, cr, concurrency, rate, kind, seconds, may_probe):
        """Take everything in one transaction, so that a refusal takes nothing."""
        slots = self.env["mixpay.slot"]
        is_probe = self.env["mixpay.endpoint"]._is_probe(cr, rate.name, seconds, may_probe)
        if kind == priority.BACKGROUND:
            self._check_quiet(cr, concurrency, rate)
        slot = slots._take_slot(cr, concurrency, seconds)
        if not slot:
            raise priority.ConcurrencyLimitReached()
        if kind in priority.YIELDING and not priority.fits(
            kind, rate.size, slots._made(cr, rate), rate.window
        ):
            raise priority.RateLimitReached()
        if not slots._take_slot(cr, rate, rate.window, kind):
            raise priority.RateLimitReached()
        return Call(self, rate, kind, slot, is_probe)

    def _check_quiet(self, cr, concurrency, rate):
        """Check that a background call takes nothing that a new sale could need soon.

        :raises RateLimitReached: when it could
        """
        slots = self.env["mixpay.slot"]
        calls, under_way = (len(slots._made(cr, pool)) for pool in (rate, concurrency))
        if not priority.is_quiet(calls, rate.size, under_way):
            raise priority.RateLimitReached()

    def _release_permit(self, call, error):
        """Release a call's slot, and note how the call went.

        :param error: the error that it ended with, None when MixPay answered well
        """
        with read_committed(self.env) as cr:
            slots = self.env["mixpay.slot"]
            slots._release_slot(cr, call.slot)
            if call.left is not None:
                # Somebody else behind the same address may have made some of them.
                slots._leave_free(cr, call.rate, call.left)
            if call.kind == priority.BACKGROUND and not backoff.concerns_all(error):
                return  # it asks for more than a sale needs, so its failure must not stop sales
            self.env["mixpay.endpoint"]._note_call(
                cr, call.rate.name, error, is_probe=call.is_probe
            )

    def _take_hint(self, cr):
        """Take a slot for a request that a callback triggers about a payment nobody waits for.

        Such requests have a small share of the rate limit, however many callbacks come. The slot is
        taken with the caller's transaction.

        :param cr: READ COMMITTED cursor
        :raises RateLimitReached: when their share is used up
        """
        size = priority.hints_limit(self.env["mixpay.settings"]._values().requests_per_minute)
        pool = Pool(HINTS, size, size, longest=WINDOW + 1, window=WINDOW)
        if not self.env["mixpay.slot"]._take_slot(cr, pool, WINDOW):
            raise priority.RateLimitReached()

    def _has_free_slot(self, api_url, kind):
        """Tell whether a call of a kind would find a concurrency slot; `_call` decides."""
        concurrency, _rate = self._pools(api_url, kind)
        return self.env["mixpay.slot"]._has_free(concurrency)

    def _pools(self, api_url, kind):
        """Return the slots of calls under way at once, and of calls in a minute, for a kind."""
        values = self.env["mixpay.settings"]._values()
        concurrent, per_minute = values.max_concurrent, values.requests_per_minute
        return (
            Pool(
                CONCURRENCY,
                concurrent,
                priority.concurrency_limit(kind, concurrent),
                longest=LONGEST_CALL,
            ),
            Pool(
                api_url,
                per_minute,
                priority.rate_limit(kind, per_minute),
                longest=WINDOW + 1,
                window=WINDOW,
            ),
        )


@dataclass
class Call(AbstractContextManager):
    """The permit to make one call: a context manager, acquired already, released at its end.

    :ivar limiter: that it is released to
    :ivar rate: calls of a minute at the address that may be called
    :ivar kind: of call, see `priority`
    :ivar slot: the concurrency slot that the call holds
    :ivar is_probe: whether it is the one call that finds out whether MixPay is back
    :ivar error: where the call's error is not raised: what it ended with, to be set inside
    :ivar left: how many more calls MixPay allows in this minute; None when it did not say
    """

    limiter: "MixpayLimiter"
    rate: Pool
    kind: str
    slot: Slot
    is_probe: bool
    error: Exception | None = None
    left: int | None = None

    def note_left(self, left):
        """Take note how many calls MixPay says are left, see `MixpayClient`."""
        self.left = left

    def __exit__(self, _kind, raised, _traceback):
        error = self.error if raised is None else raised
        if error and not isinstance(error, MixpayError):
            # Any other error counts as no answer: MixPay may be its cause.
            error = MixpayUnavailable("the call was not finished")
        self.limiter._release_permit(self, error)
