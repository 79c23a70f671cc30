"""mAED lives on Ethereum; databases were set up with another network for it."""


def migrate(cr, version):
    """Correct it, since a refresh never moves a coin that is in use to another network."""
    if not version:
        return
    cr.execute(
        """
        UPDATE mixpay_asset
           SET name = 'Meta AED', network = 'Ethereum (ERC20)'
         WHERE asset_id = 'b5289c48-ec3a-3cdb-b2c4-0913d1812cd5' AND network = 'Mixin'
        """
    )
