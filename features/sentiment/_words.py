"""What a word list of one language holds, and how it is written down."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property

#: Between the words of a phrase ``*`` stands for at most this many words.
_GAP = r"(?:\W+\w+){0,4}?"


@dataclass(frozen=True)
class Lexicon:
    """The words of one language.

    ``words`` and ``phrases`` have a weight: -3 (the worst) .. 3, 0 for words that say "so so". A phrase counts as a
    whole: its words do not. ``negations`` turn what follows, and ``turned_after`` words are turned by a negation
    that follows them too ("werkt niet"). ``boosters`` multiply what comes next. ``contrasts`` weigh what follows
    more than what went before. ``common`` words tell the language. ``stems`` gives what a word may be a form of.
    """

    words: dict[str, float]
    phrases: dict[str, float]
    negations: frozenset[str]
    turned_after: frozenset[str]
    boosters: dict[str, float]
    contrasts: frozenset[str]
    common: frozenset[str]
    stems: Callable[[str], Iterable[str]]

    @cached_property
    def _longest_first(self) -> list[str]:
        return sorted(self.phrases, key=lambda phrase: (-len(phrase.split()), -len(phrase), phrase))

    @cached_property
    def phrase_pattern(self) -> str:
        """All phrases as one regular expression, the longest first."""
        return "|".join(_pattern(phrase) for phrase in self._longest_first)

    @cached_property
    def _open_phrases(self) -> list[tuple[re.Pattern[str], float]]:
        found = [phrase for phrase in self._longest_first if "*" in phrase]
        return [(re.compile(_pattern(phrase)), self.phrases[phrase]) for phrase in found]

    def phrase_weight(self, text: str) -> float:
        """Give the weight of a text that `phrase_pattern` matched."""
        plain = re.sub(r"\s+", " ", text)
        if plain in self.phrases:
            return self.phrases[plain]
        return next(weight for pattern, weight in self._open_phrases if pattern.fullmatch(text))

    def word_weight(self, word: str) -> float | None:
        """Give the weight of a word or of what it is a form of; None if unknown."""
        if word in self.words:
            return self.words[word]
        return next((self.words[stem] for stem in self.stems(word) if stem in self.words), None)


def weights(by_weight: dict[float, str]) -> dict[str, float]:
    """Spell out words written together per weight; a word named twice is an error.

    Examples
    --------
    >>> weights({2: "goed fijn", -2: "slecht"})
    {'goed': 2, 'fijn': 2, 'slecht': -2}
    """
    return _spelled(by_weight, lambda text: text.split())


def phrase_weights(by_weight: dict[float, str]) -> dict[str, float]:
    """Spell out phrases written with commas between them per weight.

    Examples
    --------
    >>> phrase_weights({-2: "te laat, niet ontvangen"})
    {'te laat': -2, 'niet ontvangen': -2}
    """
    return _spelled(by_weight, lambda text: [" ".join(one.split()) for one in text.split(",") if one.strip()])


def _spelled(by_weight: dict[float, str], split: Callable[[str], list[str]]) -> dict[str, float]:
    found: dict[str, float] = {}
    for weight, text in by_weight.items():
        for one in split(text):
            if one in found:
                raise ValueError(f"{one!r} has two weights: {found[one]} and {weight}")
            found[one] = weight
    return found


def _pattern(phrase: str) -> str:
    words = [_GAP if word == "*" else re.escape(word) for word in phrase.split()]
    text = words[0]
    for word in words[1:]:
        text += word if word == _GAP else rf"\s+{word}"
    return rf"(?<!\w){text}(?!\w)"
