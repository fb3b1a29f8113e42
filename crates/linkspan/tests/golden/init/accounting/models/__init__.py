from . import backend
from . import partner_binding
from . import invoice_binding
from . import payment_binding
from . import account_move
from . import account_move_line
from . import account_payment
from . import res_partner
