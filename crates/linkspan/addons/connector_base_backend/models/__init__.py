from . import connector_secret_mixin
from . import connector_leaf_mixin
from . import connector_base_backend
