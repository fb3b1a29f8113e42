from . import connector_sync_wizard
