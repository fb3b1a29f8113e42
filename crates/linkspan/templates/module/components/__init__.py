from . import core
from . import binder
from . import adapter
#% for entity in entities
#% if entity.has_import_components
from . import {{ entity.name }}_mapper
from . import {{ entity.name }}_importer
#% endif
#% if entity.exports
from . import {{ entity.name }}_exporter
#% endif
#% endfor
