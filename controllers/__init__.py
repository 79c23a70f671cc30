from . import register
from . import approval
from . import webhook
