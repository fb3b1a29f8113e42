from . import models
from . import components
#% if has_topics
from . import controllers
#% endif
#% if has_imports
from . import wizards
#% endif
