from . import mixpay_decide
