"""Jobs call what there is now: they are not updated by themselves."""

from odoo import SUPERUSER_ID, api

# XML id → model, code. Intervals, and whether they run, stay as an administrator has set them.
JOBS = {
    "ir_cron_mixpay_sync": ("mixpay.sync", "model._cron_sync()"),
    "ir_cron_mixpay_finish_orders": ("mixpay.fulfilment", "model._cron_finish_orders()"),
    "ir_cron_mixpay_asset_refresh": ("mixpay.asset", "model._cron_refresh()"),
    "ir_cron_mixpay_remind": ("mixpay.review", "model._cron_remind()"),
}
# The names of before → those of now. A name that an administrator has chosen stays.
NAMES = {
    "MixPay: ask about payments that no register waits for": (
        "MixPay: Poll payments that no register waits for"
    ),
    "MixPay: finish paid sales that no register finishes": "MixPay: Finish paid orders",
    "MixPay: refresh the list of assets": "MixPay: Refresh assets",
    "MixPay: remind managers of payments to decide about": (
        "MixPay: Remind managers of payments to review"
    ),
}


def migrate(cr, version):
    """Have the jobs call the rooms that do their work, under names in words."""
    env = api.Environment(cr, SUPERUSER_ID, {})
    for name, (model, code) in JOBS.items():
        job = env.ref(f"pos_mixpay.{name}", raise_if_not_found=False)
        if job:
            model_id = env["ir.model"]._get_id(model)
            job.ir_actions_server_id.write(
                {"model_id": model_id, "code": code, "name": NAMES.get(job.name, job.name)}
            )
