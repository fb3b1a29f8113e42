from . import models
from . import components
from .hooks import uninstall_hook
#% if has_topics
from . import controllers
#% endif
#% if has_imports
from . import wizards
#% endif
