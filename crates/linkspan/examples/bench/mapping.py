"""The mapping of connector.toml as a generated Odoo module would hold it: plain Python.

    python3 mapping.py values RECORDS    the values of every record, a line each, for the comparison
    python3 mapping.py time RECORDS      records a second, the median of 5 runs

RECORDS is a file with a record a line; reading it is not part of the time.
"""

import json
import statistics
import sys
import time
from datetime import date, datetime, timezone
from decimal import Decimal

STATES = {"pending": "draft", "paid": "sale", "completed": "sale", "cancelled": "cancel"}
TRUE = ("true", "yes", "1", "on")
FALSE = ("false", "no", "0", "off")
RUNS = 5
RUN_SECS = 0.5
PAGE = 100


def is_blank(value):
    return value is None or (isinstance(value, str) and not value.strip())


def text(value):
    return None if is_blank(value) else str(value)


def trim(value):
    return None if is_blank(value) else str(value).strip()


def lower(value):
    return None if is_blank(value) else str(value).strip().lower()


def required(name, value):
    if value is None:
        raise ValueError(f"{name}: the value is empty but required")
    return value


def decimal(value):
    return None if is_blank(value) else Decimal(value)


def boolean(value):
    if is_blank(value):
        return None
    if isinstance(value, bool):
        return value
    word = str(value).strip().lower()
    if word in TRUE:
        return True
    if word in FALSE:
        return False
    raise ValueError(f"{value!r} is neither true nor false")


def moment(value):
    """A time in UTC without offset, as Odoo stores it; one without offset is UTC already."""
    if is_blank(value):
        return None
    at = datetime.fromisoformat(value)
    return at.astimezone(timezone.utc).replace(tzinfo=None) if at.tzinfo else at


def day(value):
    return None if is_blank(value) else date.fromisoformat(value)


def code(kind, length, value):
    if is_blank(value):
        return None
    found = value.strip().upper()
    if len(found) != length or not found.isalpha():
        raise ValueError(f"{value!r} is no {kind} code of {length} letters")
    return (kind, found)


def map_order(record):
    customer = record["customer"]
    billing = record["billing"]
    values = {
        "name": text(record["number"]),
        "partner_id": ("id", str(customer["id"])),
        "email": required("email", lower(customer["email"])),
        "is_company": boolean(customer["business"]) if "business" in customer else False,
        "street": required("street", text(billing["address_1"])),
        "street2": text(billing["address_2"]),
        "city": required("city", text(billing["city"])),
        "zip": text(billing["postcode"]),
        "country_id": code("country", 2, billing["country"]),
        "currency_id": required("currency_id", code("currency", 3, record["currency"])),
        "amount_total": decimal(record["total"]),
        "amount_tax": decimal(record["total_tax"]),
        "date_order": moment(record["created_at"]),
        "validity_date": day(record["valid_until"]),
        "state": STATES[record["status"]],
        "amount_untaxed": Decimal(record["total"]) - Decimal(record["total_tax"]),
        "priority": "1" if record["status"] == "paid" and Decimal(record["total"]) >= 500 else "0",
        "note": text(record["note"].strip() if record["note"] else None),
    }
    if "reference" in record:
        values["client_order_ref"] = trim(record["reference"])
    if "phone" in customer:
        values["phone"] = trim(customer["phone"])
    return {"external_id": str(record["id"]), "updated": moment(record["changed_at"]), "values": values}


def cell(value):
    """The text that both sides write of a value."""
    if value is None:
        return ""
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S")
    if isinstance(value, tuple):
        return " ".join(value)
    return str(value)


def write_values(lines):
    for line in lines:
        mapped = map_order(json.loads(line))
        cells = [[name, cell(value)] for name, value in sorted(mapped["values"].items())]
        line = [mapped["external_id"], cell(mapped["updated"]), cells]
        print(json.dumps(line, ensure_ascii=False, separators=(",", ":")))


def records_a_second(lines):
    mapping, mapped = 0, 0
    while mapping < RUN_SECS:
        for start in range(0, len(lines), PAGE):
            records = [json.loads(line) for line in lines[start : start + PAGE]]
            started = time.perf_counter()
            for record in records:
                map_order(record)
            mapping += time.perf_counter() - started
            mapped += len(records)
    return mapped / mapping


def main():
    task, path = sys.argv[1:]
    with open(path, encoding="utf-8") as file:
        lines = file.readlines()
    if task == "values":
        sys.stdout.reconfigure(encoding="utf-8")
        write_values(lines)
    else:
        print(round(statistics.median(records_a_second(lines) for _ in range(RUNS))))


if __name__ == "__main__":
    main()
