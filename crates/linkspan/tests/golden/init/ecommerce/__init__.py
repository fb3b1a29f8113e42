from . import models
from . import components
from .hooks import uninstall_hook
from . import controllers
from . import wizards
