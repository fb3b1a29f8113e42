from . import models
from . import components
from .hooks import uninstall_hook
