from . import register
from . import approval
from . import claim
from . import refund
from . import webhook
