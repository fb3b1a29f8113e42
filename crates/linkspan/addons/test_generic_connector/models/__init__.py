from . import test_connector_backend
from . import test_connector_category
from . import test_connector_partner
from . import res_partner_bank
