from . import backend
#% for entity in entities
from . import {{ entity.name }}_binding
#% endfor
#% for line in line_models
from . import {{ line.file }}
#% endfor
