# In `odoo-bin shell`, after `SHOP = "http://..."`: imports the shop as the module's jobs do, one by one.
import json

backend = env["woocommerce.backend"].create(
    {
        "name": "Shop",
        "store_url": SHOP,
        "username": "ck_sandbox",
        "password": "cs_sandbox",
        "rate_limit": 0,
    }
)
env.cr.commit()
answer = backend.action_test_connection()["params"]
assert answer["type"] == "success", answer
entities = {
    "categories": "woocommerce.product.category",
    "customers": "woocommerce.res.partner",
    "products": "woocommerce.product.product",
    "orders": "woocommerce.sale.order",
}
failed = []
for entity in backend._sync_entities():
    with backend.work_on(entities[entity]) as work:
        adapter = work.component(usage="backend.adapter")
        page = adapter.list_page()
        listed = list(page.records)
        while page.next_cursor is not None:
            page = adapter.list_page(cursor=page.next_cursor)
            listed += page.records
    for record in listed:
        try:
            with env.cr.savepoint():
                env[entities[entity]].import_record(backend, str(record["id"]))
        except Exception as error:
            failed.append(f"{entity} {record['id']}: {error}")
    env.cr.commit()
for model in env["generic.binding"]._inherit_children:
    if model.startswith("woocommerce."):
        for binding in env[model].search([("sync_state", "!=", "synced")]):
            failed.append(f"{model} {binding.external_id}: {binding.last_error}")
print("ANSWER " + json.dumps(failed))
