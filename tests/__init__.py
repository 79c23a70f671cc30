from odoo.tools import config

from . import test_auditor
from . import test_back_office
from . import test_books
from . import test_books_attacks
from . import test_books_closings
from . import test_books_rights
from . import test_claim
from . import test_closing
from . import test_companies
from . import test_frontend
from . import test_locales
from . import test_migration
from . import test_mixpay_answers
from . import test_mixpay_approval
from . import test_mixpay_asset
from . import test_mixpay_decisions
from . import test_mixpay_evening
from . import test_mixpay_export
from . import test_mixpay_export_books
from . import test_mixpay_finishing
from . import test_mixpay_jobs
from . import test_mixpay_lookup
from . import test_mixpay_payee
from . import test_mixpay_payment
from . import test_mixpay_recent
from . import test_mixpay_resumption
from . import test_mixpay_retention
from . import test_mixpay_settings
from . import test_mixpay_settlement
from . import test_moving
from . import test_neutralize
from . import test_pos_order
from . import test_pos_payment_method
from . import test_receipts
from . import test_refund_books
from . import test_refund_attacks
from . import test_refunds
from . import test_routes
from . import test_transactions
from . import test_translations
from . import test_unconfirmed
from . import test_views

# These need other modules of the Point of Sale, with which a layer of their own is run.
if "pos_mixpay_compat" in (config["test_tags"] or ""):
    from .compat import *  # noqa: F403
