"""What to do when MixPay calls: a callback only triggers a request of ours."""

import time
from datetime import timedelta

from odoo import models
from odoo.tools import SQL

from ..mixpay import polling, priority, states
from ..transactions import commit

# How long MixPay's callback waits for the lease, or for whoever has it.
CALLBACK_PATIENCE = polling.URGENT_INTERVAL + 0.5
CALLBACK_TRIES = 3
# For how long after a payment's last word a callback counts as having come, if late.
CALLBACK_DELAY = timedelta(minutes=1)
# How old MixPay's last report about a payment that has ended must be to ask again for a callback.
FOLLOW_UP_INTERVAL = timedelta(hours=1)


class MixpayCallback(models.AbstractModel):
    """What to do when MixPay calls: a callback only triggers a request of ours."""

    _name = "mixpay.callback"
    _description = "MixPay's callbacks"

    def _on_callback(self, token):
        """MixPay says that something happened; what it was, MixPay is asked.

        :param str token: from the address that MixPay called
        :return: whether the payment is up to date, so that MixPay need not come back; None when
            the token is no payment's
        :rtype: bool | None
        """
        # Somebody waits for the outcome: no more is read than this takes.
        payment = (
            self.env["mixpay.payment"]
            .sudo()
            .search_fetch(
                [("callback_token", "=", token)],
                ["state", "finished_at", "reported_at", "api_url"],
                limit=1,
            )
        )
        if not payment:
            return None
        endpoint = self.env["mixpay.endpoint"]
        if payment._is_final():
            if not self.env["mixpay.payment"]._has_passed(payment.finished_at, CALLBACK_DELAY):
                # A poll was faster, but it came: callbacks are to be relied on after all.
                endpoint._note_callback(payment.api_url)
            self._follow_up(payment)
            return True
        state, api_url = payment.state, payment.api_url
        moment = self.env["mixpay.job"]._ensure(payment)  # nobody may have asked for days
        commit(self.env)
        is_known = payment.env["mixpay.callback"]._catch_up(payment, moment)
        payment.invalidate_recordset(["state"])
        payment.fetch(["state"])  # and nothing else
        if payment.state != state:
            # Only one that had something to tell: whoever knows a payer's link can call.
            endpoint._note_callback(api_url)
        return is_known

    def _follow_up(self, payment):
        """Have MixPay asked what it has called about, though the payment's end is known.

        Settlement, or money that came later. Whoever knows a payer's link can call as well, so it
        is asked behind everything else, and once an hour at most.
        """
        heard_at = max(filter(None, (payment.finished_at, payment.reported_at)), default=None)
        if not heard_at or payment._has_passed(heard_at, FOLLOW_UP_INTERVAL):
            self.env["mixpay.followup"]._bring_forward(payment, 0)

    def _catch_up(self, payment, moment):
        """Know what MixPay knew at a moment just past, from a request of ours or of somebody else.

        :param datetime moment: by the database's clock
        :return: whether it is known now; if not, a register's poll asks as soon as may be
        :rtype: bool
        """
        job, sync = self.env["mixpay.job"], self.env["mixpay.sync"]
        if sync._sync(payment, priority.URGENT):
            return True
        with self.env["mixpay.limiter"]._single_waiter(payment.id) as may_wait:
            ends = time.monotonic() + CALLBACK_PATIENCE
            tries = 1
            # A lease that is being taken at this moment is not to be seen yet: try again.
            while may_wait and tries < CALLBACK_TRIES and time.monotonic() < ends:
                time.sleep(polling.RETRY_PAUSE)
                is_leased = job._is_leased(payment.id, within=polling.URGENT_INTERVAL)
                if self._is_synced_since(payment, moment):
                    return True
                if not is_leased:
                    if sync._sync(payment, priority.URGENT):
                        return True
                    tries += 1
        job._make_due(payment.id, moment)
        return False

    def _is_synced_since(self, payment, moment):
        """Tell whether what MixPay knew at a moment is known, from whose request ever."""
        is_synced = self.env["mixpay.job"]._synced_since(payment.id, moment)
        # Of a final payment, the last word is known.
        self.env.cr.execute(
            SQL(
                "SELECT %s OR EXISTS (SELECT 1 FROM mixpay_payment WHERE id = %s AND state IN %s)",
                is_synced,
                payment.id,
                states.FINAL,
            )
        )
        is_known = self.env.cr.fetchone()[0]
        commit(self.env)  # what others find out is in no snapshot of ours
        return is_known
