"""The words of the journey: touchpoints, KPIs, pains and chances, with their numbers filled in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from models.reporting.words import Words

#: How a KPI is written, by unit: digits, and whether its sign is shown.
DIGITS = {"count": 0, "money": 2, "seconds": 0, "hours": 1, "per_year": 1, "points": 1, "stars": 2, "tone": 2}
SIGNED = ("points", "tone")
#: Where fewer stays than this end in silence at once, what came last says little about a phase.
LAST_TOLD = 0.01


class JourneyWords:
    """Texts about what ``reports/journey.json`` holds.

    Parameters
    ----------
    words : Words
        Texts and labels of one language.
    currency : str
        Of money.

    Examples
    --------
    >>> said = JourneyWords(Words("nl"), "EUR")
    >>> said.touch("email_open", "email"), said.touch("purchase", "store"), said.amount(0.125, "share")
    ('E-mail geopend', 'Aankoop · Winkel', '12,5%')
    """

    def __init__(self, words: Words, currency: str) -> None:
        self.words, self.currency = words, currency

    def touch(self, kind: str, channel: str | None) -> str:
        """Name a touchpoint: what, and where unless that is said already."""
        name = self.words.known(f"event_kind_{kind}", kind.replace("_", " "))
        if (
            channel is None
            or kind.startswith(channel)
            or (kind, channel) in (("chat", "chat"), ("page_view", "web"))
        ):
            return name
        return f"{name} · {self.words.segment('channel', channel)}"

    @staticmethod
    def touches(found: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
        """Leave out touchpoints that only say that something happened, unless there is nothing else."""
        return [one for one in found if one["kind"] != "other"] or list(found)

    def amount(self, value: float | None, unit: str) -> str:
        """Write a number in its unit; a dash where there is none."""
        if value is None:
            return self.words("not_known")
        if unit == "share":
            return self.words.percent(value, 1)
        if unit == "money":
            return self.money(value)
        written = self.words.number(value, DIGITS.get(unit, 1), signed=unit in SIGNED)
        return (
            self.words(f"unit_{unit}", value=written) if unit in ("seconds", "hours", "per_year") else written
        )

    def money(self, value: float, digits: int | None = None) -> str:
        """Write money, unless said otherwise without cents from a hundred on."""
        sign = {"EUR": "€", "USD": "$", "GBP": "£"}.get(self.currency, self.currency)
        return f"{sign}\u00a0{self.words.number(value, (0 if abs(value) >= 100 else 2) if digits is None else digits)}"

    def interval(self, found: Mapping[str, Any], unit: str) -> str:
        """Write the interval of an estimate; empty where there is none."""
        low, high = found.get("low"), found.get("high")
        if low is None or high is None:
            return ""
        if unit in DIGITS and unit != "money":
            return self.words.interval(dict(found), DIGITS[unit], signed=unit in SIGNED)
        return self.words("range", low=self.amount(low, unit), high=self.amount(high, unit))

    def finding(self, one: Mapping[str, Any], stem: str = "finding_") -> str:
        """Say a pain, a chance or a note; a key without words is shown as it is."""
        text = self.words.known(f"{stem}{one['key']}", one["key"].replace("_", " "))
        filled = text.format(**{key: self.figure(key, value) for key, value in one["figures"].items()})
        return filled[:1].upper() + filled[1:]

    def figure(self, key: str, value: Any) -> str:
        """Write one figure of a finding; the end of its name says what it is."""
        ending = key.rsplit("_", 1)[-1]
        if value is None:
            return self.words("not_known")
        if ending in ("phase", "channel", "kind"):
            return self._named(ending, str(value))
        if isinstance(value, str):
            return value
        if ending == "share":
            return self.words.percent(value)
        if ending == "money":
            return self.money(value)
        if ending in ("tone", "change"):
            return self.words.number(value, 2, signed=True)
        whole = float(value).is_integer() or abs(value) >= 100
        return self.words.number(value, 0 if whole else 1)

    def _named(self, what: str, value: str) -> str:
        if what == "phase":
            return self.words.phase(value)
        name = self.words.segment("channel", value) if what == "channel" else self.touch(value, None)
        return name[:1].lower() + name[1:] if not name[:2].isupper() else name


def drop_of(
    phase: Mapping[str, Any], said: JourneyWords
) -> tuple[Mapping[str, Any], str, list[tuple[str, str]]]:
    """Give the drop-off of a phase: the estimate, what it says, and what was seen last (touchpoint, share).

    Who is silent eight weeks later, whatever way they went; in a log too short for that, the stays that end
    in silence. Nothing where neither is known.

    Parameters
    ----------
    phase : mapping
        A phase of ``reports/journey.json``.
    said : JourneyWords
        Texts.
    """
    words, ahead, direct = said.words, phase.get("lost_within"), phase["drop_off"]
    touches = [
        (said.touch(one["kind"], one["channel"]), words.percent(one["share"]))
        for one in said.touches(direct["last_touches"])
        if (direct["value"] or 0.0) >= LAST_TOLD
    ] if direct else []  # fmt: skip
    if ahead and ahead["value"] is not None:
        return ahead, words("silent_later", weeks=words.number(ahead["days"] / 7)), touches
    if direct and direct["value"] is not None:
        text = words("lost", n=words.number(direct["n"]), lost=words.number(direct["lost"]))
        return direct, text, touches
    return {}, "", []
