"""What the scripts that are fed to `odoo shell` share."""

USDT_TRON = "b91e18ff-a9ae-3dc7-8679-e935d9a4b34b"


def create_method(env, payee_id, journal):
    """Create a MixPay payment method at the simulator, as a merchant fills in its form.

    :param payee_id: any UUID will do, the simulator pays everybody
    :param journal: `account.journal`
    """
    asset = env["mixpay.asset"].search([("asset_id", "=", USDT_TRON)], limit=1)
    return env["pos.payment.method"].create(
        {
            "name": "MixPay",
            "journal_id": journal.id,
            "payment_method_type": "terminal",
            "use_payment_terminal": "mixpay",
            "mixpay_payee_id": payee_id,
            "mixpay_settlement_asset_id": asset.id,
            "mixpay_test_mode": True,
        }
    )
