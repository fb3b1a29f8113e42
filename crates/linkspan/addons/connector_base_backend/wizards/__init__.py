from . import connector_export_wizard
