"""Tests with the other modules of the Point of Sale installed, all of them at once.

`tools/test compat` runs them in a database with restaurant, loyalty, sale, hr, self-order, online
payment, discount and event (and what these bring along), with demo data; no other layer loads them.

* A file `test_<subject>.py` here, and its line in the list below.
* Its classes are decorated with `common.compat`, which is Odoo's `tagged`; they may import and
  inherit from the other modules' own test classes.
* Tours are in `static/tests/compat/<subject>_tour.js`, and may import the other modules' helpers;
  names begin with `MixpayCompat`. Those of customers, who have other pages than a register, are in
  its folder `customer`. `common.CompatTours` puts them on the pages, and has a shop.
* Run one with `tools/test compat --tags pos_mixpay_compat:TestX`, or
  `--tags pos_mixpay_compat:TestX.test_y`.
"""

from . import test_closing
from . import test_employee
from . import test_event
from . import test_finishing
from . import test_loyalty
from . import test_moving
from . import test_online_payment
from . import test_quotation
from . import test_restaurant
from . import test_sale
from . import test_self_order
from . import test_shops
