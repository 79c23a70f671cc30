"""Leave to call MixPay: one call of the budget, one free lane, and a closed breaker."""

import time
from contextlib import contextmanager

from odoo import models, sql_db

from ..mixpay import priority
from ..mixpay.errors import MixpayError, MixpayUnavailable

# A call that ends late is still over before its lane is another's.
LEASE_MARGIN = 2.0
# A customer waits for a code, and calls are short: a lane comes free in an instant.
SLOT_PATIENCE = 0.5
PAUSE = 0.05


class MixpayLimiter(models.AbstractModel):
    """All that a call to MixPay needs is taken here, together or not at all.

    What it takes stands in rows that all workers and servers share. It is taken on a connection of
    its own, READ COMMITTED, and committed: a call that was made counts whatever becomes of the
    transaction that wanted it. (Under Odoo's REPEATABLE READ, two workers reaching for one row
    would end in a serialization failure.)
    """

    _name = "mixpay.limiter"
    _description = "Leave to call MixPay"

    def _call(self, api_url, kind, timeout, send):
        """Make a call to MixPay that is not about a payment; return what it returns.

        :param ask: function that makes the call
        :raises NotAdmitted: when the call must not be made
        :raises MixpayError: as the call does
        """
        permit = self._acquire(api_url, kind, timeout)
        # Whatever else may be raised tells nothing good about MixPay.
        error = MixpayUnavailable("the call was not finished")
        try:
            result = send()
            error = None
            return result
        except MixpayError as raised:
            error = raised
            raise
        finally:
            self._release(permit, error)

    def _acquire(self, api_url, kind, timeout, *, may_probe=True):
        """Take leave to call MixPay once.

        :param str api_url: the address to be called; each has a budget and a breaker of its own
        :param str kind: BACKUP, POLL, CREATE or URGENT
        :param float timeout: seconds that the call may take
        :param bool may_probe: whether this call may be the one that finds out, after a pause,
            whether MixPay is back
        :rtype: Permit
        :raises NotAdmitted: when the call must not be made
        """
        if not self.env["mixpay.settings"]._may_call(api_url):
            raise priority.NotAdmitted("a copied database calls nobody's MixPay")
        ends = time.monotonic() + (SLOT_PATIENCE if kind == priority.CREATE else 0)
        while True:
            try:
                with self._connection() as cr:
                    return self._acquire_all(cr, api_url, kind, timeout, may_probe)
            except priority.ConcurrencyLimitReached:
                if time.monotonic() >= ends:
                    raise
            time.sleep(PAUSE)

    def _acquire_all(self, cr, api_url, kind, timeout, may_probe):
        """Take everything in one transaction, so that a refusal takes nothing."""
        seconds = timeout + LEASE_MARGIN
        is_probe = self.env["mixpay.endpoint"]._is_probe(cr, api_url, seconds, may_probe)
        lane_id, lease = self.env["mixpay.lane"]._take(cr, kind, seconds)
        self.env["mixpay.slot"]._take(cr, api_url, kind)
        return priority.Permit(api_url, lane_id, lease, is_probe)

    def _release(self, permit, trouble):
        """Give leave back after the call, and note how it went.

        :param Permit permit: what `_acquire` gave
        :param trouble: the error that the call ended with, None when MixPay answered well
        """
        with self._connection() as cr:
            self.env["mixpay.lane"]._free(cr, permit)
            self.env["mixpay.endpoint"]._note_call(cr, permit, trouble)

    @contextmanager
    def _connection(self):
        with sql_db.db_connect(self.env.cr.dbname).cursor() as cr:
            cr.execute("SET TRANSACTION ISOLATION LEVEL READ COMMITTED")
            yield cr
