from . import models
from . import components
from . import controllers
from . import wizards
