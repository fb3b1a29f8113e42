# Copyright 2026 Linkspan
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).

"""Who changed a value that both sides hold.

Told from what both held when they were last in step, so that a change of one side is
never taken for a difference of opinion.
"""

from decimal import Decimal

from . import expr

# Both hold the same. Odoo's value is to go out. The other side's is to come in. Both
# changed it. Nobody changed it, although both hold different things.
SAME, OURS, THEIRS, BOTH, NOBODY = "same", "ours", "theirs", "both", "nobody"


class Number(str):
    """A number on its way out, as text: it is compared as a number."""


def canonical(value, number=False):
    """The form in which values are compared.

    Numbers are numbers however they are written. Empty text is nothing, because Odoo
    does not tell the two apart.

    :param number: text is a number too
    """
    if value is None or value == "":
        return None
    is_number = isinstance(value, (int, float, Decimal)) and not isinstance(value, bool)
    if not is_number and not (number and isinstance(value, str)):
        return value
    try:
        text = format(expr.decimal(value.strip() if number and not is_number else value), "f")
    except ValueError:
        return value
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return "0" if text == "-0" else text


def _is_number(value):
    is_number = isinstance(value, (Number, int, float, Decimal))
    return is_number and not isinstance(value, bool)


def pair(ours, theirs):
    """Both values in the form in which they are compared and kept.

    :param ours: None where Odoo has nothing to say of it
    """
    number = _is_number(ours)
    return [canonical(ours, number), canonical(theirs, number)]


def unsaid(mapper, outgoing, record):
    """Path -> what is kept of what both may change while Odoo has nothing to say of it.

    What Odoo says of it later is a change then.
    """
    paths = set(mapper._shared) - set(outgoing)
    return {path: pair(None, mapper.held(record, path)) for path in paths}


def since(base, ours):
    """What is kept, as ``pair`` would have made it of a value such as ours.

    Nobody could tell that the other side's value is a number while Odoo had none.
    """
    number = _is_number(ours)
    return base and [canonical(value, number) for value in base]


def changed_by(now, base, shared):
    """Who changed a value.

    :param now: ``pair`` as it is now
    :param base: ``pair`` when both sides were last in step; None: never seen
    :param shared: both sides may change it; otherwise Odoo alone
    """
    if now[0] == now[1]:
        return SAME
    if base is None:
        # Of what both may change, the other side's value stands.
        return NOBODY if shared else OURS
    ours, theirs = now[0] != base[0], now[1] != base[1]
    if not ours and not theirs:
        return NOBODY
    if not shared:
        return OURS
    if ours and theirs:
        return BOTH
    return OURS if ours else THEIRS
