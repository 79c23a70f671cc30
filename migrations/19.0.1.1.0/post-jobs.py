"""The jobs of earlier versions: one did two things, and one stood on the company."""

from odoo import SUPERUSER_ID, api

JOBS = {
    "pos_mixpay.ir_cron_mixpay_sync": "model._cron_sync()",
    "pos_mixpay.ir_cron_mixpay_remind": "model._cron_remind()",
}


def migrate(cr, version):
    """Have the jobs call what there is now; their intervals and whether they run stay."""
    if not version:
        return
    env = api.Environment(cr, SUPERUSER_ID, {})
    model = env["ir.model"]._get("mixpay.payment")
    for xml_id, code in JOBS.items():
        job = env.ref(xml_id, raise_if_not_found=False)
        if job:
            job.ir_actions_server_id.write({"model_id": model.id, "code": code})
