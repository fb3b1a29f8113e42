"""Evaluates expressions with CPython: one JSON pair [expression, record] a line, one outcome a line."""

import builtins
import json
import sys

sys.path.insert(0, sys.argv[1])
import linkspan_expr  # noqa: E402

BUILTINS = (
    "abs all any bool dict enumerate float int isinstance len list max min next range reversed round sorted str"
    " sum tuple zip"
)
HELPERS = "date datetime decimal digest html_to_text join merge round_half_up"
# strftime() imports the module time.
NAMES = {"__builtins__": {"__import__": __import__}}
NAMES |= {name: getattr(builtins, name) for name in BUILTINS.split()}
NAMES |= {name: getattr(linkspan_expr, name) for name in HELPERS.split()}


def outcome(text, record):
    """The type and repr of the value, or the exception's name."""
    try:
        value = eval(text, {**NAMES, "record": record})
    except Exception as error:
        return ["error", type(error).__name__, str(error)]
    kind = type(value)
    name = kind.__name__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__name__}"
    return ["value", name, repr(value)]


for line in sys.stdin:
    text, record = json.loads(line)
    sys.stdout.write(json.dumps(outcome(text, json.loads(record))) + "\n")
