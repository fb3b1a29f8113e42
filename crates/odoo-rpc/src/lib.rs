//! odoo-rpc
