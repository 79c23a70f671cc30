import importlib.util
import uuid

from odoo.tests import tagged
from odoo.tools import file_path, sql

from odoo.addons.point_of_sale.tests.common import TestPoSCommon

from .common import MixpayShopCase

VERSION = "19.0.1.2.0"


def script(name, version=VERSION):
    """Return a version's migration script as a module."""
    path = file_path(f"pos_mixpay/migrations/{version}/{name}.py")
    spec = importlib.util.spec_from_file_location(name.replace("-", "_"), path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@tagged("post_install", "-at_install")
class TestMixpayNamesMigration(MixpayShopCase, TestPoSCommon):
    """The names of 19.0.1.1.0 are given back to the database, and then migrated."""

    def setUp(self):
        super().setUp()
        self.names = script("pre-names")

    def migrate(self):
        self.names.migrate(self.env.cr, "19.0.1.1.0")
        self.env.invalidate_all()
        self.env.registry.clear_cache()

    def undo(self):
        """Have the database as the version before left it."""
        self.env.flush_all()
        for model, names in self.names.FIELDS.items():
            table = model.replace(".", "_")
            for old, new in reversed(names.items()):
                sql.rename_column(self.env.cr, table, new, old)
                self.env.cr.execute(
                    "UPDATE ir_model_fields SET name = %s WHERE model = %s AND name = %s",
                    [old, model, new],
                )
        for old, new in self.names.MODELS.items():
            old_table, table = old.replace(".", "_"), new.replace(".", "_")
            self.env.cr.execute(f"ALTER TABLE {table} RENAME TO {old_table}")
            self.env.cr.execute(f"ALTER SEQUENCE {table}_id_seq RENAME TO {old_table}_id_seq")
            self.env.cr.execute("UPDATE ir_model SET model = %s WHERE model = %s", [old, new])
            self.env.cr.execute(
                "UPDATE ir_model_fields SET model = %s WHERE model = %s", [old, new]
            )
        for old, new in self.names.XML_IDS.items():
            self.env.cr.execute(
                "UPDATE ir_model_data SET name = %s WHERE module = 'pos_mixpay' AND name = %s",
                [old, new],
            )

    def test_what_is_known_of_a_payment_stays_known(self):
        """Rule 6: what waits for its order, or for a person, waits under the new names too."""
        paid, waiting = self.paid(), self.record(payment_uuid=str(uuid.uuid4()))
        waiting.env["mixpay.decision"]._confirm_manually(waiting, "seen on the phone", "a manager")
        self.env["mixpay.job"]._enqueue(waiting)
        values = ["finish_at", "notified_at", "funds_detected", "confirmed_at", "confirmed_by"]
        old = (paid | waiting).read(values)
        job = self.env["mixpay.job"].search([("payment_id", "=", waiting.id)])
        due_at = job.due_at
        jobs = [self.env.ref(f"pos_mixpay.{name}") for name in self.names.XML_IDS.values()]
        self.undo()
        self.env.cr.execute(
            "UPDATE mixpay_payment SET issue = 'override_failed', decided_issue = 'failed_seen'"
            " WHERE id = %s",
            [paid.id],
        )
        self.migrate()
        self.assertEqual((paid | waiting).read(values), old)
        self.assertEqual(paid.issue, "confirmed_failed")
        self.assertEqual(paid.decided_issue, "failed_with_funds")
        self.assertEqual(job.due_at, due_at)
        found = [self.env.ref(f"pos_mixpay.{name}") for name in self.names.XML_IDS.values()]
        self.assertEqual(found, jobs)
        self.assertFalse(sql.table_exists(self.env.cr, "mixpay_watch"))

    def test_doing_it_twice_changes_nothing(self):
        self.undo()
        self.migrate()
        self.migrate()
        for model, names in self.names.FIELDS.items():
            columns = sql.table_columns(self.env.cr, model.replace(".", "_"))
            self.assertLessEqual(set(names.values()), columns.keys(), model)

    def test_jobs_call_what_there_is(self):
        jobs = script("post-jobs")
        for name in jobs.JOBS:
            self.env.ref(f"pos_mixpay.{name}").code = "model._gone()"
        jobs.migrate(self.env.cr, "19.0.1.1.0")
        for name, (model, code) in jobs.JOBS.items():
            job = self.env.ref(f"pos_mixpay.{name}")
            self.assertEqual((job.model_id.model, job.code), (model, code))
            method = code.removeprefix("model.").removesuffix("()")
            self.assertTrue(callable(getattr(self.env[model], method)))

    def test_tables_of_slots_are_made_anew(self):
        slots = script("pre-slots")
        slots.migrate(self.env.cr, "19.0.1.2.0")
        self.assertTrue(sql.column_exists(self.env.cr, "mixpay_slot", "purpose"), "kept")
        self.env.cr.execute("CREATE TABLE mixpay_lane (id serial, busy_until timestamp)")
        self.env.cr.execute("ALTER TABLE mixpay_slot DROP COLUMN purpose")
        slots.migrate(self.env.cr, "19.0.1.1.0")
        self.assertFalse(sql.table_exists(self.env.cr, "mixpay_lane"))
        self.assertFalse(sql.table_exists(self.env.cr, "mixpay_slot"))

    def test_jobs_are_called_what_they_do(self):
        jobs = script("post-jobs")
        asset = self.env.ref("pos_mixpay.ir_cron_mixpay_asset_refresh")
        remind = self.env.ref("pos_mixpay.ir_cron_mixpay_remind")
        asset.name = "MixPay: refresh the list of assets"
        remind.name = "Our own name"
        jobs.migrate(self.env.cr, "19.0.1.1.0")
        self.assertEqual(asset.name, "MixPay: Refresh assets")
        self.assertEqual(remind.name, "Our own name", "what an administrator chose stays")


@tagged("post_install", "-at_install")
class TestMixpayPictureMigration(MixpayShopCase, TestPoSCommon):
    def test_methods_get_a_picture_while_a_session_is_open(self):
        """Also one that is archived; other methods stay as they are, and so does a picture."""
        archived = self.create_mixpay_method(name="Old", active=False)
        card = self.env["pos.payment.method"].create({"name": "Card"})
        own = self.create_mixpay_method(name="Own")
        (self.method | archived).image = False
        own.image = (
            b"iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNk+A8AAQUBAScY42YA"
            b"AAAASUVORK5CYII="
        )
        before = own.image
        migrate = script("post-picture", "19.0.1.4.0").migrate
        migrate(self.env.cr, "19.0.1.3.0")
        self.assertTrue(self.method.image)
        self.assertTrue(archived.image)
        self.assertFalse(card.image)
        self.assertEqual(own.image, before)
        self.method.image = False
        migrate(self.env.cr, None)
        self.assertFalse(self.method.image, "a new installation has nothing to migrate")


@tagged("post_install", "-at_install")
class TestMixpayCoinsMigration(MixpayShopCase, TestPoSCommon):
    def test_a_coin_is_shown_on_the_network_it_lives_on(self):
        """It was set up with another; a network that MixPay's list has brought stays."""
        maed = self.env.ref("pos_mixpay.mixpay_asset_maed_mixin")
        migrate = script("post-coins", "19.0.1.4.0").migrate
        for before, after in [("Mixin", "mAED (Ethereum)"), ("Base", "mAED (Base)")]:
            maed.network = before
            maed.flush_recordset()
            migrate(self.env.cr, "19.0.1.3.0")
            maed.invalidate_recordset()
            self.assertEqual(maed.display_name, after)


@tagged("post_install", "-at_install")
class TestMixpayCountedMigration(MixpayShopCase, TestPoSCommon):
    def test_what_the_script_fills_is_what_the_server_finds(self):
        self.paid(is_test=False)
        self.sync(self.order_data())
        self.paid(payment_uuid=str(uuid.uuid4()))
        late = self.record(payment_uuid=str(uuid.uuid4()), is_test=False)
        late.env["mixpay.answer"]._transition(late, "failed", {"failure_code": "40000"})
        late.write({"recovered_at": "2025-10-16 12:00:00"})
        payments = self.env["mixpay.payment"].search([])
        known = payments.read(["counted_at", "paid_amount"])
        self.assertEqual(len(payments.filtered("counted_at")), 2)
        self.env.flush_all()
        self.env.cr.execute("ALTER TABLE mixpay_payment DROP COLUMN counted_at")
        self.env.cr.execute("ALTER TABLE mixpay_payment DROP COLUMN paid_amount")
        self.migrate("19.0.1.3.0")
        self.assertEqual(payments.read(["counted_at", "paid_amount"]), known)
        # Versions before know of less.
        before = payments.filtered("counted_at")
        for column in ("counted_at", "recovered_at"):
            self.env.cr.execute(f"ALTER TABLE mixpay_payment DROP COLUMN {column}")
        self.migrate("19.0.1.1.0")
        self.assertEqual(payments.filtered("counted_at"), before - late)

    def test_what_the_first_version_s_orders_rely_on_counts(self):
        """Which payments cover an order is found by the scripts of the version after it."""
        self.paid(is_test=False)
        self.sync(self.order_data())
        payment = self.env["mixpay.payment"].search([("covered_at", "!=", False)])
        self.assertEqual(len(payment), 1)
        self.env.flush_all()
        # A manager had marked it as paid.
        self.env.cr.execute(
            "UPDATE mixpay_payment SET state = 'unpaid', finished_at = NULL, confirmed_at = now()"
            " WHERE id = %s",
            [payment.id],
        )
        for column in ("counted_at", "paid_amount", "covered_at", "recovered_at"):
            self.env.cr.execute(f"ALTER TABLE mixpay_payment DROP COLUMN {column}")
        self.migrate("19.0.1.0.0")
        self.assertEqual(payment.counted_at, payment.confirmed_at)
        self.assertEqual(payment.paid_amount, payment.amount)

    def migrate(self, version):
        """Migrate from a version that lacks the columns, in the order in which Odoo does that."""
        script("pre-counted", "19.0.1.4.0").migrate(self.env.cr, version)
        if version < "19.0.1.1.0":
            script("post-coverage", "19.0.1.1.0").migrate(self.env.cr, version)
        script("post-counted", "19.0.1.4.0").migrate(self.env.cr, version)
        self.env.invalidate_all()

    def test_who_writes_invoices_sees_payments_after_an_upgrade_too(self):
        group = self.env.ref("account.group_account_invoice")
        bookkeepers = script("post-bookkeepers", "19.0.1.4.0")
        rules = [self.env.ref(f"pos_mixpay.{name}") for name in bookkeepers.RULES]
        for rule in rules:
            rule.groups -= group
        bookkeepers.migrate(self.env.cr, "19.0.1.3.0")
        for rule in rules:
            self.assertIn(group, rule.groups)
