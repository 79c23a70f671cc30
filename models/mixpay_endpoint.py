"""MixPay's health at one address, as all workers and servers together see it."""

import random

from odoo import fields, models

from ..mixpay import backoff, priority
from ..transactions import read_committed
from .mixpay_settings import LONGEST_CALL

# Managers are told once in so many seconds that MixPay was called too often.
REFUSAL_TOLD_SECONDS = 86_400
# The database's clock may be set back. A moment further ahead than this is not believed: of when
# something happened, and of when a pause ends.
AHEAD_SECONDS = 1
LONGEST_PAUSE_AHEAD = backoff.LONGEST_PAUSE + AHEAD_SECONDS

# With this table in a query as `endpoint`: for how many seconds more nobody calls MixPay, where it
# gave no answers; 0 or less where the next call finds out whether it is back, null elsewhere.
_PAUSE = (
    "extract(epoch FROM greatest(endpoint.open_until, endpoint.probe_until)"
    " - clock_timestamp() AT TIME ZONE 'UTC')::float"
)
RETRY_AFTER = f"""
    CASE WHEN endpoint.open_until IS NULL THEN NULL
         WHEN {_PAUSE} <= {LONGEST_PAUSE_AHEAD} THEN {_PAUSE}
         ELSE 0
    END"""


class MixpayEndpoint(models.Model):
    """An address of MixPay's API: its circuit breaker, and when it refused a call as one too many.

    The circuit is closed while `open_until` is empty. While that lies ahead nobody calls; then one
    call, the probe, finds out whether MixPay is back. There is a row only after something happened.
    """

    _name = "mixpay.endpoint"
    _description = "MixPay API address"
    _log_access = False
    _rec_name = "api_url"

    api_url = fields.Char(string="API Address", required=True)
    failures = fields.Integer(help="Calls in a row that failed.")
    times_opened = fields.Integer(help="Times in a row that the circuit was opened.")
    open_until = fields.Datetime()
    probe_until = fields.Datetime(help="Until when one call is finding out whether MixPay is back.")
    refused_at = fields.Datetime(help="When managers were told of too many calls.")

    _api_url_uniq = models.UniqueIndex("(api_url)")

    # === CIRCUIT BREAKER === #

    def _is_probe(self, cr, api_url, seconds, may_probe):
        """Check that calls may be made; take the probe when one is due.

        :param cr: READ COMMITTED cursor
        :param float seconds: after which another may probe, should this one never come back
        :param bool may_probe: whether to take the probe
        :return: whether this call is the probe
        :rtype: bool
        :raises CircuitOpen: when MixPay must not be called
        """
        cr.execute(
            "SELECT 1 FROM mixpay_endpoint WHERE api_url = %s AND open_until IS NOT NULL",
            [api_url],
        )
        if not cr.fetchone():
            return False
        if not (may_probe and self._take_probe(cr, api_url, seconds)):
            raise priority.CircuitOpen()
        return True

    def _is_circuit_open(self, api_url):
        """Tell whether nobody calls MixPay at this moment, because it gave no answers."""
        self.env.cr.execute(
            "SELECT 1 FROM mixpay_endpoint WHERE api_url = %s AND open_until IS NOT NULL",
            [api_url],
        )
        return bool(self.env.cr.fetchone())

    def _take_probe(self, cr, api_url, seconds):
        cr.execute(
            """
            UPDATE mixpay_endpoint
               SET probe_until = clock_timestamp() AT TIME ZONE 'UTC'
                                 + %(seconds)s * interval '1 second'
             WHERE id = (
                    SELECT id
                      FROM mixpay_endpoint,
                           LATERAL (SELECT clock_timestamp() AT TIME ZONE 'UTC' AS now,
                                           interval '1 second' AS second) AS clock
                     WHERE api_url = %(api_url)s
                       AND (open_until <= now OR open_until > now + %(pause)s * second)
                       AND (probe_until IS NULL
                            OR probe_until < now
                            OR probe_until > now + %(lease)s * second)
                       FOR NO KEY UPDATE OF mixpay_endpoint SKIP LOCKED)
         RETURNING id
            """,
            {
                "api_url": api_url,
                "seconds": seconds,
                "pause": LONGEST_PAUSE_AHEAD,
                "lease": LONGEST_CALL,
            },
        )
        return bool(cr.fetchone())

    def _note_call(self, cr, api_url, error, *, is_probe):
        """Note how a call went, and open or close the circuit.

        :param cr: READ COMMITTED cursor
        :param error: the error that the call ended with, None when MixPay answered well
        :param bool is_probe: what `_is_probe` said
        """
        if backoff.is_failure(error):
            self._note_failed_call(cr, api_url, error, is_probe)
        elif is_probe:
            cr.execute(
                """
                UPDATE mixpay_endpoint
                   SET failures = 0, times_opened = 0, open_until = NULL, probe_until = NULL
                 WHERE api_url = %s
                """,
                [api_url],
            )
        else:
            # A call of before the circuit opened proves nothing about now.
            cr.execute(
                """
                UPDATE mixpay_endpoint
                   SET failures = 0
                 WHERE api_url = %s AND failures > 0 AND open_until IS NULL
                """,
                [api_url],
            )

    def _is_first_refusal(self, api_url):
        """Tell whether managers are to be told that MixPay has refused a call: once in a day."""
        with read_committed(self.env) as cr:
            cr.execute(
                """
                UPDATE mixpay_endpoint
                   SET refused_at = clock_timestamp() AT TIME ZONE 'UTC'
                 WHERE api_url = %(api_url)s
                   AND (refused_at IS NULL
                        OR refused_at < clock_timestamp() AT TIME ZONE 'UTC'
                                        - %(seconds)s * interval '1 second'
                        OR refused_at > clock_timestamp() AT TIME ZONE 'UTC'
                                        + %(ahead)s * interval '1 second')
                """,
                {"api_url": api_url, "seconds": REFUSAL_TOLD_SECONDS, "ahead": AHEAD_SECONDS},
            )
            return cr.rowcount > 0

    def _note_failed_call(self, cr, api_url, error, is_probe):
        failures, times_opened, is_open = self._locked(cr, api_url)
        if is_open and not is_probe:
            return  # of before the circuit opened
        failures += 1
        seconds = None
        if backoff.opens(error, failures, is_probe=is_probe):
            times_opened += 1
            seconds = backoff.pause(error, times_opened, random.random())
        cr.execute(
            """
            UPDATE mixpay_endpoint
               SET failures = %(failures)s,
                   times_opened = %(times_opened)s,
                   open_until = clock_timestamp() AT TIME ZONE 'UTC'
                                + %(seconds)s * interval '1 second',
                   probe_until = NULL
             WHERE api_url = %(api_url)s
            """,
            {
                "failures": failures,
                "times_opened": times_opened,
                "seconds": seconds,
                "api_url": api_url,
            },
        )

    def _locked(self, cr, api_url):
        """Lock the address's row, made if need be; return its numbers and whether it is open."""
        cr.execute(
            "INSERT INTO mixpay_endpoint (api_url) VALUES (%s) ON CONFLICT DO NOTHING", [api_url]
        )
        cr.execute(
            """
            SELECT coalesce(failures, 0), coalesce(times_opened, 0), open_until IS NOT NULL
              FROM mixpay_endpoint
             WHERE api_url = %s
               FOR NO KEY UPDATE
            """,
            [api_url],
        )
        return cr.fetchone()
