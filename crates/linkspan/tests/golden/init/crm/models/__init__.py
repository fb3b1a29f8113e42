from . import backend
from . import contact_binding
from . import lead_binding
from . import meeting_binding
from . import calendar_event
from . import crm_lead
from . import res_partner
