#% if has_cases
from . import test_import
#% endif
from . import test_backend
#% if has_exports
from . import test_export
#% endif
#% if backend.topics
from . import test_webhook
#% endif
#% if has_imports
from . import test_wizard
#% endif
