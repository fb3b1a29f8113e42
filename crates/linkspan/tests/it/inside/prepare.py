# In `odoo-bin shell`: currencies of the sandbox shop.
currencies = env["res.currency"].with_context(active_test=False)
currencies.search([("active", "=", False)]).write({"active": True})
env.cr.commit()
