from . import backend
from . import customer_binding
from . import product_binding
from . import order_binding
from . import product_product
from . import res_partner
from . import sale_order
from . import sale_order_line
