"""What becomes of work that finds somebody else at its rows."""

from unittest.mock import Mock, patch

from psycopg2 import errors as pg_errors

from odoo.tests import TransactionCase, tagged

from .. import transactions


@tagged("post_install", "-at_install")
class TestMixpayTransactions(TransactionCase):
    """The ways of `transactions.py`, as far as nothing else shows them."""

    def setUp(self):
        super().setUp()
        self.sleep = self.startPatcher(patch.object(transactions.time, "sleep"))

    def test_what_is_busy_is_tried_again(self):
        for error, pauses in (
            (pg_errors.SerializationFailure, 0),
            (pg_errors.DeadlockDetected, 0),
            (pg_errors.LockNotAvailable, 2),
        ):
            with self.subTest(error=error.__name__):
                self.sleep.reset_mock()
                apply = Mock(side_effect=[error(), error(), False])
                self.assertIs(transactions.repeat_while_busy(apply), False)
                self.assertEqual(self.sleep.call_count, pauses)

    def test_it_is_given_up_after_a_few_attempts(self):
        apply = Mock(side_effect=pg_errors.LockNotAvailable())
        with self.assertRaises(pg_errors.LockNotAvailable):
            transactions.repeat_while_busy(apply)
        self.assertEqual(apply.call_count, transactions.APPLY_ATTEMPTS)

    def test_what_fails_otherwise_fails_at_once(self):
        apply = Mock(side_effect=ZeroDivisionError())
        with self.assertRaises(ZeroDivisionError):
            transactions.repeat_while_busy(apply)
        apply.assert_called_once_with()
