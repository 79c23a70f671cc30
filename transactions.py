"""Where transactions end and begin: nowhere else in this addon, and each time for a stated reason.

Odoo gives every request one transaction, REPEATABLE READ, and commits it at the end. That is not
enough in four cases, each with its own function:

- `commit`: something must be kept for good before the request goes on, or what others have done
  since must be seen;
- `roll_back`: PostgreSQL refuses to go on with a transaction, and it can be tried again;
- `own_transaction`: something is kept, or dropped, whatever becomes of the caller's transaction;
- `read_committed`: all workers reach for the same rows, and must wait for each other, not fail.

Work that finds somebody else at its rows is done again by `repeat_while_busy`.
"""

import time
from contextlib import contextmanager

from psycopg2 import errors as pg_errors

from odoo import SUPERUSER_ID, api, sql_db

from .mixpay import polling

# Somebody else is working on the same rows: no failure, it is only done later.
BUSY = (pg_errors.SerializationFailure, pg_errors.DeadlockDetected, pg_errors.LockNotAvailable)
APPLY_ATTEMPTS = 5


def commit(env):
    """Commit what was done so far, and end the snapshot that was read from.

    Two money rules demand it: a payment is recorded for good before MixPay hears of it, and no
    transaction is open while MixPay is called. An answer that was written meanwhile would not be
    seen in the old snapshot, or end in a serialization failure. For the same reason an approval
    ends its transaction once the code is compared, which takes a while.
    """
    # See above: money rules 1 and 2, and rule 8's approvals.
    env.cr.commit()  # pylint: disable=invalid-commit


def roll_back(env):
    """Give up a transaction that PostgreSQL refuses to go on with, so that it can be tried again.

    Nothing else may have been written in it.
    """
    env.cr.rollback()


@contextmanager
def own_transaction(records, *, keeps_login=False):
    """Return a context with records in a transaction of their own, as superuser without context.

    It is committed at the end, and rolled back on an error. It does not see what the caller has
    not committed yet, and must not touch rows that the caller has changed.

    :param keeps_login: whether login and context stay those of the records
    """
    with records.env.registry.cursor() as cr:
        env = records.env(cr=cr) if keeps_login else api.Environment(cr, SUPERUSER_ID, {})
        yield records.with_env(env)


@contextmanager
def read_committed(env):
    """Return a context with a READ COMMITTED cursor of its own, committed at the end.

    For rows that all workers and servers share: under Odoo's REPEATABLE READ, two that reach for
    one row would end in a serialization failure; here the later one waits and goes on. What is
    written counts whatever becomes of the caller's transaction, also in Odoo's tests.
    """
    with sql_db.db_connect(env.registry.db_name).cursor() as cr:
        cr.execute("SET TRANSACTION ISOLATION LEVEL READ COMMITTED")
        yield cr


def repeat_while_busy(apply):
    """Call a function until nobody else is at its rows; give up after a few attempts.

    What has changed under its snapshot is looked at again at once. Who holds a lock may take long,
    as a closing does: to wait for it would hold a worker.

    :param apply: without arguments; works in a transaction of its own
    :return: what it returns
    :raises psycopg2.Error: one of `BUSY`, when they are busy for longer
    """
    for _attempt in range(1, APPLY_ATTEMPTS):
        try:
            return apply()
        except BUSY as error:
            if isinstance(error, pg_errors.LockNotAvailable):
                time.sleep(polling.RETRY_PAUSE)
    return apply()
