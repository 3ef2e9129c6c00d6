"""Every text people read, in English and Dutch, and numbers written the way that language writes them."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Literal

from features.contract import DAY_US
from features.settings import DORMANT, JourneySettings
from models.segment_dimensions import registered

Language = Literal["en", "nl"]
MONTHS = {
    "en": ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"),
    "nl": ("jan", "feb", "mrt", "apr", "mei", "jun", "jul", "aug", "sep", "okt", "nov", "dec"),
}


class Words:
    """The texts of one language.

    Parameters
    ----------
    language : str
        ``en`` or ``nl``.
    journey : JourneySettings, optional
        Gives the labels of the phases; without it a phase is shown by its key.

    Examples
    --------
    >>> words = Words("nl")
    >>> words("better_higher"), words.number(1234.5, 1), words.percent(0.125, 1)
    ('hoger is beter', '1.234,5', '12,5%')
    """

    def __init__(self, language: Language, journey: JourneySettings | None = None) -> None:
        self.language = language
        self._texts = {key: text[language] for key, text in dictionary().items()}
        labels = {} if journey is None else {phase.key: phase.label[language] for phase in journey.phases}
        dormant = self._texts["dormant"] if journey is None else journey.dormant[language]
        self._phases = {"all": self._texts["all"], **labels, DORMANT: dormant}

    def __call__(self, key: str, **values: object) -> str:
        """Give a text with its blanks filled; an unknown key is an error."""
        return self._texts[key].format(**values)

    def known(self, key: str, otherwise: str) -> str:
        """Give a text if there is one, for names that come from the data."""
        return self._texts.get(key, otherwise)

    def number(self, value: float | None, digits: int = 0, signed: bool = False) -> str:
        """Write a number; a dash where there is none."""
        if value is None or not math.isfinite(value):
            return self._texts["not_known"]
        written = f"{value:{'+' if signed else ''},.{digits}f}".replace("-", "−")
        if self.language == "nl":
            written = written.translate(str.maketrans(",.", ".,"))
        return written

    def percent(self, share: float | None, digits: int = 0) -> str:
        """Write a share as a percentage."""
        if share is None or not math.isfinite(share):
            return self._texts["not_known"]
        return f"{self.number(100 * share, digits)}%"

    def interval(self, found: dict[str, Any], digits: int, signed: bool = False) -> str:
        """Write the ``low`` and ``high`` of a result; empty where there is no interval."""
        low, high = found.get("low"), found.get("high")
        if low is None or high is None or not (math.isfinite(low) and math.isfinite(high)):
            return ""
        return self("range", low=self.number(low, digits, signed), high=self.number(high, digits, signed))

    def day(self, moment_us: int) -> str:
        """Write the day of a moment (UTC)."""
        return self.date(_iso(moment_us))

    def date(self, iso: str) -> str:
        """Write a date given as ``YYYY-MM-DD``.

        Examples
        --------
        >>> Words("nl").date("2017-03-06")
        '6 mrt 2017'
        """
        year, month, day = iso.split("-")
        return f"{int(day)} {MONTHS[self.language][int(month) - 1]} {year}"

    def phase(self, key: str) -> str:
        """Give the label of a phase."""
        return self._phases.get(key, key)

    def kind(self, kind: str) -> str:
        """Give the label of a kind of segment; any but the registered ones is an attribute to audit with."""
        if kind in registered():
            return registered()[kind].name[self.language]
        name = self.known(f"kind_{kind}", kind.replace("_", " ").capitalize())
        return name if kind in ("phase", "all") else self("audit_only", attribute=name)

    def segment(self, kind: str, segment: str) -> str:
        """Give the label of one segment; values of attributes are shown as the source has them."""
        if kind in ("phase", "all"):
            return self.phase(segment)
        if segment == "unknown":
            return self._texts["unknown"]
        if kind == "persona":
            return self.persona(segment)
        said = registered()[kind].words.get(segment) if kind in registered() else None
        return said[self.language] if said else segment

    def persona(self, name: str) -> str:
        """Give the name of a persona from its id.

        Examples
        --------
        >>> Words("en").persona("regulars+store"), Words("nl").persona("lookers")
        ('Regulars, more often in the store', 'Kijkers')
        """
        kind, _, trait = name.partition("+")
        said = self.known(f"persona_{kind}", kind)
        if not trait:
            return said
        channel = registered()["channel"].words.get(trait)
        if channel:
            return self(
                "persona_channel",
                kind=said,
                channel=self.known(f"persona_in_{trait}", channel[self.language]),
            )
        return f"{said}, {self.known(f'persona_with_{trait}', trait)}"

    def place(self, kind: str, segment: str) -> tuple[float, int, str]:
        """Say where a segment stands in its kind: journey order, best band first, numbers up, unknown last.

        Examples
        --------
        >>> incomes = ["unknown", "100-124K", "15-24K", "Under 15K"]
        >>> sorted(incomes, key=lambda income: Words("en").place("income", income))
        ['Under 15K', '15-24K', '100-124K', 'unknown']
        """
        order = list(self._phases) if kind == "phase" else []
        if kind in registered():
            order = list(registered()[kind].words)
        if segment in order:
            return float(order.index(segment)), 0, segment
        if segment == "unknown":
            return math.inf, 0, segment
        number = re.search(r"\d+", segment)
        return float(number.group()) if number else 1e9, 0 if segment[:1].isalpha() else 1, segment

    def metric(self, name: str, family: str, k: float | None) -> str:
        """Give the label of a metric."""
        text = self.known(f"metric_{family}", name)
        return text if k is None else text.format(k=self.percent(k))

    def in_order(self, phases: Mapping[str, Any]) -> list[tuple[str, Any]]:
        """Give the items of a mapping by phase in journey order, ``all`` first."""
        return sorted(phases.items(), key=lambda item: self.place("phase", item[0]))

    def listed(self, parts: list[str]) -> str:
        """Join names into a phrase: ``a, b and c``."""
        if len(parts) < 2:
            return "".join(parts)
        return f"{', '.join(parts[:-1])} {self._texts['and']} {parts[-1]}"


@cache
def dictionary() -> dict[str, dict[str, str]]:
    """Read every text in both languages: one file per part of the report, and what the journey is about."""
    here = Path(__file__).parent
    texts: dict[str, dict[str, str]] = {}
    for path in sorted(
        [*(here / "templates").glob("words*.json"), *(here.parent / "journey").glob("words*.json")]
    ):
        more = json.loads(path.read_text(encoding="utf-8"))
        twice = sorted(set(texts) & set(more))
        if twice:
            raise ValueError(f"{path.name} repeats texts of another file of words: {', '.join(twice)}")
        texts |= more
    return texts


def _iso(moment_us: int) -> str:
    import numpy as np

    return str(np.datetime64(int(moment_us) // DAY_US, "D"))
