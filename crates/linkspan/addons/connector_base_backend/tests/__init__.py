from . import test_connector_base_backend
