# In `odoo-bin shell`, after `FIELDS = "{...}"` and `BINDINGS = "..."`: what the mapped fields show, as one line of
# JSON. BINDINGS is what `linkspan bindings list --json` printed, or null to read the module's bindings.
import json

env = env(context=dict(env.context, active_test=False))
fields, bindings = json.loads(FIELDS), json.loads(BINDINGS)
ids = {entity: {} for entity in fields}
if bindings is None:
    for entity, (binding_model, _model, _fields, _lines) in fields.items():
        for binding in env[binding_model].search([]):
            ids[entity][binding.external_id] = binding.odoo_id.id
else:
    for binding in bindings["bindings"]:
        ids[binding["entity"]][binding["external_id"]] = binding["odoo_id"]
names = {}
for entity, known in ids.items():
    for external_id, odoo_id in known.items():
        key = (fields[entity][1], odoo_id)
        names.setdefault(key, []).append(f"{entity} {external_id}")


def shown(record, name):
    """Records by what they are called on the other side, so that both databases can be compared."""
    value, field = record[name], record._fields[name]
    if field.relational:
        return sorted(
            " = ".join(sorted(names.get((field.comodel_name, other.id), [other.display_name])))
            for other in value
        )
    if field.type in ("float", "monetary"):
        return round(value, 6)
    return None if value is False and field.type != "boolean" else str(value)


records = {}
for entity, known in ids.items():
    _binding_model, model, mapped, lines = fields[entity]
    for external_id, odoo_id in known.items():
        record = env[model].browse(odoo_id)
        values = {name: shown(record, name) for name in mapped}
        for name, columns in lines.items():
            rows = [{column: shown(line, column) for column in columns} for line in record[name]]
            values[name] = sorted(rows, key=json.dumps)
        records[f"{entity} {external_id}"] = values
print("ANSWER " + json.dumps(records))
