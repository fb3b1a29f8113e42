from . import models
from . import components
#% if has_imports
from . import wizards
#% endif
