from . import mixpay_decide
from . import mixpay_enter_value
from . import mixpay_look_up
from . import mixpay_pay_refund
from . import mixpay_set_code
from . import mixpay_set_up_books
