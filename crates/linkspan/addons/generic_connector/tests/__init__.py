from . import test_lib
from . import test_convert
from . import test_compare
from . import test_formats
