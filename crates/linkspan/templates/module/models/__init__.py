from . import backend
#% for entity in entities
from . import {{ entity.name }}_binding
#% endfor
#% for extension in extensions
from . import {{ extension.file }}
#% endfor
