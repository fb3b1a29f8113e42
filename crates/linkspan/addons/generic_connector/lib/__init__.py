from . import errors
from . import transaction
from . import redact
from . import digest
from . import signature
from . import auth
from . import paging
