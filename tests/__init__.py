from . import test_frontend
from . import test_mixpay_asset
from . import test_mixpay_decisions
from . import test_mixpay_payment
from . import test_neutralize
from . import test_pos_order
from . import test_pos_payment_method
from . import test_routes
