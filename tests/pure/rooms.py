"""The addon's rooms in layers, the lowest first; `test_rooms` holds the code against this table.

Run as a program it prints what is wrong, and the verbs of each room that others use by now.
"""

from __future__ import annotations

from pathlib import Path

import layers
import layers_python
import layers_scripts
from layers import Room, Table

ROOT = Path(__file__).resolve().parents[2]
MOST_EXCEPTIONS = 1


def _plain(*names: str) -> tuple[Room, ...]:
    return tuple(map(Room, names))


PYTHON = Table(
    layers=(
        # What Odoo is not needed for.
        _plain("mixpay/errors.py", "mixpay/clean.py", "mixpay/ids.py", "mixpay/qr.py"),
        _plain("mixpay/explorers.py"),
        _plain("mixpay/states.py", "mixpay/issues.py", "mixpay/priority.py", "mixpay/bookings.py"),
        _plain(
            "mixpay/finishing.py",
            "mixpay/money.py",
            "mixpay/links.py",
            "mixpay/jsonb.py",
            "mixpay/backoff.py",
        ),
        _plain("mixpay/keccak.py"),
        _plain("mixpay/refunds.py"),
        _plain("mixpay/claim.py", "mixpay/cells.py", "mixpay/periods.py", "mixpay/facts.py"),
        _plain("mixpay/http.py", "mixpay/catalogue.py", "mixpay/polling.py", "mixpay/standing.py"),
        _plain("mixpay/result.py", "mixpay/forecast.py", "mixpay/settlement.py"),
        _plain("mixpay/transfers.py"),
        _plain("mixpay/evaluate.py", "mixpay/client.py", "mixpay/unconfirmed.py"),
        _plain("mixpay/request.py"),
        # Transactions, failures of our own, values of Odoo's models, what all records share.
        _plain(
            "transactions.py",
            "failures.py",
            "core_values.py",
            "locales.py",
            "mixpay.defaults.mixin",
        ),
        (Room("mixpay.evidence.mixin", verbs=("_end_activities", "_have_done", "_lock")),),
        # Calls to MixPay: where to, how many, and what for.
        (
            Room(
                "mixpay.settings",
                verbs=(
                    "_addresses",
                    "_adopt_database",
                    "_check_may_call",
                    "_check_test_mode_allowed",
                    "_is_copy",
                    "_is_neutralized",
                    "_is_test_mode_allowed",
                    "_may_call",
                    "_values",
                ),
            ),
        ),
        (
            Room(
                "mixpay.slot",
                verbs=(
                    "_has_free",
                    "_leave_free",
                    "_made",
                    "_release_slot",
                    "_take_slot",
                ),
            ),
            Room(
                "mixpay.endpoint",
                verbs=(
                    "_is_circuit_open",
                    "_is_first_refusal",
                    "_is_probe",
                    "_note_call",
                ),
            ),
        ),
        (Room("mixpay.limiter", verbs=("_call", "_has_free_slot", "_take_hint")),),
        (
            Room(
                "mixpay.job",
                verbs=(
                    "_add_leased",
                    "_bring_forward",
                    "_count_due",
                    "_enqueue",
                    "_ensure",
                    "_finish_attempt",
                    "_has_processing_failed",
                    "_is_leased",
                    "_is_polled",
                    "_last_attempt_failed",
                    "_lease_first",
                    "_lease_one",
                    "_lock_jobs",
                    "_make_due",
                    "_postpone_failed",
                    "_release_lease",
                    "_retry_soon",
                    "_synced_since",
                ),
            ),
        ),
        (
            Room(
                "mixpay.followup",
                verbs=(
                    "_bring_follow_up_forward",
                    "_due_addresses",
                    "_lease_first",
                    "_lease_one",
                    "_release_follow_up",
                    "_schedule",
                ),
            ),
        ),
        # People of a company, and mail to them.
        (
            Room(
                "models/res_company.py",
                verbs=(
                    "_mixpay_administrators",
                    "_mixpay_check_codes_enabled",
                    "_mixpay_mail",
                    "_mixpay_managers",
                ),
            ),
            Room("models/res_company_books.py", verbs=("_mixpay_tz",)),
        ),
        # Records.
        (
            Room("mixpay.asset", verbs=("_coin_name", "_for_currency", "_takes")),
            Room("models/mixpay_event.py", verbs=("_record",)),
            Room("mixpay.transfer", verbs=("_add_transfers",)),
            Room(
                "models/mixpay_event_setting.py",
                verbs=("_in_words", "_record_changes", "_shown_value", "_since"),
            ),
        ),
        (
            Room(
                "mixpay.payee",
                verbs=("_effective", "_follow", "_is_of_company", "_pending"),
            ),
        ),
        (
            Room(
                "models/mixpay_payment.py",
                verbs=(
                    "_abandon",
                    "_currency_of",
                    "_has_our_money",
                    "_has_passed",
                    "_is_being_checked",
                    "_is_final",
                    "_is_payable",
                    "_needs_link",
                    "_now",
                    "_recheck_seconds",
                    "_seconds_since_other_terms",
                    "_terms",
                    "_terms_of_method",
                    "_values_of_state",
                ),
            ),
        ),
        (
            Room(
                "models/mixpay_payment_review.py",
                verbs=(
                    "_can_confirm_manually",
                    "_decided_so_far",
                    "_is_awaiting_detected_funds",
                    "_is_confirmable",
                    "_is_over",
                    "_is_unconfirmed",
                    "_is_written_off",
                ),
            ),
        ),
        (
            Room(
                "models/mixpay_payment_settlement.py",
                verbs=("_followed", "_is_unsettled", "_settled_since"),
            ),
        ),
        (
            Room(
                "models/mixpay_payment_coverage.py",
                verbs=(
                    "_accepted_since",
                    "_backs",
                    "_can_decide",
                    "_can_force_cancel",
                    "_coin",
                    "_coins",
                    "_counts_as_money",
                    "_cover",
                    "_covering",
                    "_covers",
                    "_has_arrived",
                    "_is_accepted",
                    "_is_booked",
                    "_is_for_order",
                    "_is_held",
                    "_is_movable",
                    "_is_too_late",
                    "_is_unbooked",
                    "_keeps_order",
                    "_line_uuid",
                    "_link",
                    "_move_to_order",
                    "_of_lines",
                    "_order_uuid",
                ),
            ),
        ),
        (
            Room("models/mixpay_payment_finishing.py", verbs=("_finish_reason_text",)),
            Room("models/mixpay_payment_counted.py"),
        ),
        # What the books have of a payment, and the accounts that they have it on.
        (
            Room(
                "mixpay.booking",
                verbs=(
                    "_about",
                    "_add_entry",
                    "_add_payout_entry",
                    "_check_accountant",
                    "_checked",
                    "_due",
                    "_follow_value",
                    "_hold",
                    "_lock_if_free",
                    "_look_again",
                    "_make_entries_due",
                    "_mark_entered",
                    "_other",
                    "_plan_entries",
                    "_record_done",
                ),
            ),
        ),
        (
            Room(
                "models/pos_payment_method_books.py",
                verbs=("_mixpay_accounts_problem",),
            ),
        ),
        (
            Room(
                "models/mixpay_code_attempt.py",
                verbs=(
                    "_add_attempt",
                    "_check_caps",
                    "_check_count",
                    "_recent_attempts",
                ),
            ),
        ),
        (
            Room(
                "models/mixpay_code.py",
                verbs=(
                    "_is_usable",
                    "_of",
                    "_prove",
                    "_revoke",
                    "_revoke_by_link",
                    "_revoke_path",
                    "_set",
                ),
            ),
        ),
        (
            Room(
                "mixpay.approver",
                verbs=(
                    "_amount_in_company",
                    "_checked_person",
                    "_choices",
                    "_may_approve",
                    "_users_to_ask",
                ),
            ),
        ),
        (
            Room(
                "models/mixpay_approval.py",
                verbs=(
                    "_add_approval",
                    "_add_payout_approval",
                    "_approval_to_register",
                    "_end_expired",
                    "_is_as_shown",
                    "_is_open",
                    "_note_outcome",
                    "_record_approval",
                    "_requests",
                    "_selection_text",
                    "_standing_of",
                ),
            ),
        ),
        # Money given back in coins, and which line it covers.
        (
            Room(
                "models/mixpay_refund.py",
                verbs=(
                    "_create_payout",
                    "_exact_amount",
                    "_left",
                    "_lock_originals",
                    "_notify_shop",
                    "_originals",
                    "_record_step",
                ),
            ),
        ),
        (
            Room(
                "models/mixpay_refund_coverage.py",
                verbs=(
                    "_check_lines_kept",
                    "_check_orders_kept",
                    "_check_returned",
                    "_cover",
                    "_evidence",
                    "_is_granted",
                    "_of_lines",
                    "_of_order",
                    "_of_orders",
                    "_reason_uncovered",
                    "_store_evidence",
                ),
            ),
        ),
        # Odoo's own lines and orders, as MixPay sees them.
        (
            Room(
                "models/pos_payment_reading.py",
                verbs=(
                    "_is_mixpay",
                    "_mixpay_covering",
                    "_mixpay_own",
                    "_mixpay_payment",
                    "_mixpay_payments",
                ),
            ),
        ),
        (
            Room(
                "models/pos_order_reading.py",
                verbs=(
                    "_mixpay_awaiting_money",
                    "_mixpay_check_gives_no_change",
                    "_mixpay_held",
                    "_mixpay_is_given_up",
                    "_mixpay_is_in_session",
                    "_mixpay_name",
                    "_mixpay_payments",
                    "_mixpay_present",
                    "_mixpay_refunds",
                    "_mixpay_restorable",
                    "_mixpay_total",
                    "_mixpay_waits_beside_online",
                ),
            ),
        ),
        # What people are told.
        _plain("texts.py"),
        _plain("receipts.py"),
        (
            Room(
                "mixpay.claim",
                verbs=(
                    "_find_payment",
                    "_find_refund",
                    "_language",
                    "_moment",
                    "_refund_url",
                    "_url",
                ),
            ),
        ),
        _plain("claims.py"),
        _plain("payouts.py"),
        (
            Room(
                "mixpay.snapshot",
                verbs=("_by_id", "_drop_functions", "_of_draft", "_of_session"),
            ),
        ),
        (
            Room(
                "mixpay.presenter",
                verbs=(
                    "_each_for_closing",
                    "_each_recent",
                    "_each_report_line",
                    "_each_to_finish",
                    "_each_to_register",
                    "_notify_registers",
                    "_of_records",
                    "_read_status",
                    "_recent_to_register",
                    "_send_code",
                    "_summary_or_id",
                    "_to_register",
                    "_to_registers",
                ),
            ),
        ),
        # Where its sale goes on, and which payment covers which line of an order.
        (
            Room(
                "mixpay.move",
                verbs=(
                    "_are_one_shop",
                    "_continue_in",
                    "_draft_order",
                    "_follow_line",
                    "_with_draft_orders",
                    "_with_lines",
                ),
            ),
        ),
        (
            Room(
                "mixpay.coverage",
                verbs=(
                    "_blocking",
                    "_check_not_held",
                    "_check_not_renamed",
                    "_checked_amount",
                    "_cover_if_paid",
                    "_cover_line",
                    "_link_lines",
                    "_link_to_pos_payment",
                    "_uncovered",
                ),
            ),
        ),
        # What is wrong, and what becomes of it.
        (Room("mixpay.review", verbs=("_follow_surplus", "_note_refusal", "_review")),),
        (
            Room(
                "mixpay.retry",
                verbs=(
                    "_end_failure",
                    "_list_failure",
                    "_note_failure",
                    "_set_aside",
                ),
            ),
        ),
        (
            Room(
                "mixpay.liveness",
                verbs=("_answer", "_awaited", "_configs", "_is_unattended", "_is_unsaved"),
            ),
            Room(
                "mixpay.completion",
                verbs=(
                    "_finish_order",
                    "_is_total_outdated",
                    "_may_confirm",
                    "_may_save",
                    "_obstacle",
                ),
            ),
        ),
        (Room("models/pos_order_finishing.py", verbs=("_mixpay_finish_obstacle",)),),
        (
            Room(
                "mixpay.fulfilment",
                verbs=(
                    "_abandon_unneeded",
                    "_attach",
                    "_complete",
                    "_due_of",
                    "_ensure_open_session",
                    "_mark_notified",
                    "_note_end",
                    "_plan_finishing",
                    "_restore_order",
                    "_would_complete",
                ),
            ),
        ),
        _plain("models/pos_payment.py"),
        (Room("models/pos_order.py", verbs=("_mixpay_check_can_be_saved",)),),
        (
            Room(
                "mixpay.decision",
                verbs=("_acknowledge", "_confirm_manually", "_decide", "_force_cancel"),
            ),
        ),
        (
            Room(
                "mixpay.unconfirmed",
                verbs=(
                    "_accept",
                    "_record_end",
                ),
            ),
        ),
        # From MixPay's answer to a new state.
        (Room("mixpay.answer", verbs=("_apply",)),),
        (Room("mixpay.sync", verbs=("_build_request", "_sync", "_sync_due")),),
        (
            Room(
                "mixpay.settlement",
                verbs=(
                    "_record_report",
                    "_request_report",
                ),
            ),
        ),
        (Room("mixpay.callback", verbs=("_on_callback",)),),
        (Room("models/mixpay_lookup.py", verbs=("_form_of", "_look_up")),),
        (
            Room(
                "models/mixpay_lookup_register.py",
                verbs=("_check_before_code", "_look_up_for_register", "_note_unknown", "_verdict"),
            ),
        ),
        # Payment methods, and what a register asks.
        (
            Room("models/pos_payment_method_unconfirmed.py"),
            Room("models/pos_payment_method_refunds.py"),
            Room("models/pos_payment_method_register.py"),
            Room(
                "models/pos_payment_method.py",
                verbs=(
                    "_check_mixpay_ready",
                    "_mixpay_config_names",
                    "_mixpay_effective_payee",
                    "_mixpay_named",
                    "_mixpay_open_payments",
                    "_mixpay_record_settings",
                ),
            ),
        ),
        (
            Room(
                "mixpay.checkout",
                verbs=(
                    "_cancel",
                    "_lock_line",
                    "_open",
                    "_poll",
                ),
            ),
            Room("mixpay.resumption", verbs=("_find_for_line",)),
            Room(
                "mixpay.recent",
                verbs=(
                    "_find_recent",
                    "_look_up_for_customer",
                ),
            ),
        ),
        # Approvals.
        (
            Room(
                "models/mixpay_approval_notification.py",
                verbs=("_mail_use", "_notify_asked", "_notify_owner"),
            ),
        ),
        (
            Room(
                "models/mixpay_approval_decision.py",
                verbs=(
                    "_approve_at_till",
                    "_approve_in_office",
                    "_check_action",
                    "_check_possible",
                    "_checked_reason",
                    "_decide_on_device",
                    "_why_not",
                    "_without_effect_text",
                ),
            ),
        ),
        (
            Room("models/mixpay_approval_request.py", verbs=("_request",)),
            Room("models/mixpay_approval_page.py"),
        ),
        # Refunds in coins: asked for, approved, where they go; paid out.
        (
            Room(
                "models/mixpay_refund_request.py",
                verbs=(
                    "_approve",
                    "_approve_payout_at_till",
                    "_assets",
                    "_cancel_payout",
                    "_check_state",
                    "_request_payout",
                    "_set_address",
                ),
            ),
        ),
        (
            Room(
                "models/mixpay_refund_payout.py",
                verbs=("_give_back_otherwise", "_pay", "_start"),
            ),
        ),
        # Entries in the books: made, due, gathered, compared.
        (
            Room(
                "mixpay.entry",
                verbs=(
                    "_counter_entry",
                    "_day",
                    "_match",
                    "_prepare_entry",
                    "_refund_lines",
                    "_session_line",
                    "_share",
                    "_statement_line",
                ),
            ),
        ),
        (
            Room("mixpay.books"),
            Room("mixpay.cash.out"),
            Room("mixpay.daily.statement", verbs=("_gather",)),
        ),
        (Room("mixpay.comparison"),),
        # What Odoo calls.
        (
            Room(
                "models/pos_session.py",
                verbs=(
                    "_mixpay_defer_orders",
                    "_mixpay_deferred_orders",
                    "_mixpay_log",
                    "_mixpay_never_failing",
                    "_mixpay_orders_to_defer",
                    "_mixpay_orders_to_finish",
                    "_mixpay_session_payments",
                    "_mixpay_to_show_at_closing",
                ),
            ),
        ),
        # What accountants and shops are told of a period, and what is kept of it.
        (
            Room("models/res_company_limit.py"),
            Room("models/mixpay_export_books.py", verbs=("_changed_since", "_facts", "_spent")),
        ),
        _plain("exports.py"),
        (
            Room(
                "models/mixpay_export_facts.py",
                verbs=(
                    "_facts_of_orders",
                    "_of_payments",
                    "_place",
                    "_tax_labels",
                ),
            ),
            Room(
                "models/mixpay_export_line.py",
                verbs=(
                    "_add_lines",
                    "_latest",
                    "_rows",
                ),
            ),
        ),
        (
            Room("models/mixpay_export.py", verbs=("_renew_files",)),
            Room("models/mixpay_export_pack.py", verbs=("_received", "_tables")),
        ),
        (
            Room(
                "models/mixpay_export_refunds.py",
                verbs=(
                    "_facts_of_refunds",
                    "_found_refunds",
                ),
            ),
        ),
        (Room("models/mixpay_export_content.py", verbs=("_fill",)),),
        (
            Room("models/mixpay_export_freezing.py"),
            Room("mixpay.evening"),
            Room("mixpay.retention"),
        ),
        (
            Room("models/pos_session_books.py"),
            Room("account.move"),
            Room("account.bank.statement.line"),
            Room("pos.config"),
            Room("report.*"),
            Room("res.config.settings"),
            Room("models/res_users.py", verbs=("_mixpay_set_approval_code",)),
            Room("ir.*"),
            Room(
                "mixpay.uninstall",
                verbs=(
                    "_check",
                    "_prepare_uninstall",
                ),
            ),
        ),
        (
            Room("mixpay.decide"),
            Room("mixpay.enter.value"),
            Room("mixpay.look.up"),
            Room("mixpay.pay.refund"),
            Room("mixpay.set.up.books"),
            Room("wizard/mixpay_set_code.py", verbs=("_open_dialog",)),
        ),
        _plain("controllers/register.py"),
        (
            Room("controllers/webhook.py", uses=("mixpay.callback",)),
            Room("controllers/approval.py"),
            Room("controllers/claim.py", uses=("claims.py", "mixpay.claim", "mixpay.presenter")),
            Room("__init__.py", uses=("mixpay.settings", "mixpay.uninstall")),
        ),
        _plain("controllers/refund.py"),
    ),
    banned={"mixpay/": ("odoo",)},
)

_APP = "static/src/app"
SCRIPTS = Table(
    layers=(
        _plain(f"{_APP}/messages.js"),
        _plain(f"{_APP}/loader.js"),
        _plain(f"{_APP}/services/*"),
        _plain(*(f"{_APP}/{n}.js" for n in ("lines", "screens", "saving", "orders", "popup"))),
        _plain(f"{_APP}/attempts.js"),
        _plain(f"{_APP}/payment_mixpay.js", f"{_APP}/mixpay_register.js"),
        _plain(f"{_APP}/patches/*"),
        _plain("static/src/lazy/*"),
        _plain("static/src/claim/*"),
        _plain("static/src/customer_display/*"),
    ),
    exceptions={
        (f"{_APP}/loader.js", "static/src/lazy/main.js"): "loads it when it is needed",
    },
)


def trees() -> tuple[tuple[layers.Tree, Table], ...]:
    """Return the addon's code as it stands, and what it should be, by language."""
    return (layers_python.read(ROOT), PYTHON), (layers_scripts.read(ROOT), SCRIPTS)


def main() -> None:
    """Print all faults, and verbs in use."""
    for tree, table in trees():
        print(*layers.check(tree, table), sep="\n")
        for path, verbs in layers.verbs_in_use(tree).items():
            print(f"verbs in use: {path} {verbs}")


if __name__ == "__main__":
    main()
