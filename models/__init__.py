from . import mixpay_asset
from . import mixpay_gateway
from . import mixpay_slot
from . import mixpay_payment
from . import mixpay_watch
from . import pos_order
from . import pos_payment
from . import pos_payment_method
