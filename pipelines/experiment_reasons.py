"""Why customers take no part, in the language of the reader; the keys in the JSON files stay as they are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

PHASE = "another phase"
NOT_KNOWN = "phase of which the outcome is not known"
CONTROL = "in the standing control group"
MAY_NOT = "may not get "
NOT_NEEDED = "not needed"
NEVER_DRAWN = "in the table, but never drawn"
ABSENT = "drawn, but not in the table"
TWICE = "ids of one customer in the project, drawn twice"
NOT_OVER = "their outcome window is not over yet"
UNKNOWN = "the project has no such customer"

_DUTCH = {
    PHASE: "een andere fase",
    NOT_KNOWN: "fase waarvan de uitkomst niet bekend is",
    CONTROL: "in de vaste controlegroep",
    NOT_NEEDED: "niet nodig",
    NEVER_DRAWN: "in de tabel, maar nooit geloot",
    ABSENT: "geloot, maar niet in de tabel",
    TWICE: "nummers van één klant in het project, tweemaal geloot",
    NOT_OVER: "hun uitkomstvenster is nog niet voorbij",
    UNKNOWN: "het project kent zo'n klant niet",
}


def left_out_lines(left_out: Mapping[str, int], language: Literal["en", "nl"]) -> list[str]:
    """Say how many are left out, and why.

    Examples
    --------
    >>> left_out_lines({"another phase": 3, "may not get coupon": 2}, "nl")
    ['3 niet meegedaan: een andere fase', '2 niet meegedaan: mag geen coupon krijgen']
    """
    if language == "en":
        return [f"{number} left out: {reason}" for reason, number in left_out.items()]
    return [f"{number} niet meegedaan: {_dutch(reason)}" for reason, number in left_out.items()]


def _dutch(reason: str) -> str:
    if reason.startswith(MAY_NOT):
        return f"mag geen {reason.removeprefix(MAY_NOT)} krijgen"
    return _DUTCH.get(reason, reason)
