"""What a word list of one language holds, and how it is written down."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property, lru_cache

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
    def _phrases_of(self) -> dict[str, re.Pattern[str]]:
        """Per first word the phrases that begin with it as one regular expression, the longest first."""
        found: dict[str, list[str]] = {}
        for phrase in sorted(self.phrases, key=lambda one: (-len(one.split()), -len(one), one)):
            found.setdefault(phrase.split()[0], []).append(phrase)
        return {word: re.compile("|".join(map(_pattern, phrases))) for word, phrases in found.items()}

    @cached_property
    def _open_phrases(self) -> list[tuple[re.Pattern[str], float]]:
        found = sorted((one for one in self.phrases if "*" in one), key=lambda one: (-len(one.split()), one))
        return [(re.compile(_pattern(phrase)), self.phrases[phrase]) for phrase in found]

    def phrase_at(self, text: str, word: str, start: int) -> str | None:
        """Give the phrase that stands at ``start``, where ``word`` does, as it is written; None if none does."""
        pattern = self._phrases_of.get(word)
        match = pattern.match(text, start) if pattern else None
        return match.group() if match else None

    def phrase_weight(self, text: str) -> float:
        """Give the weight of a text that `phrase_at` found."""
        plain = re.sub(r"\s+", " ", text)
        if plain in self.phrases:
            return self.phrases[plain]
        return next(weight for pattern, weight in self._open_phrases if pattern.fullmatch(text))

    def word_weight(self, word: str) -> float | None:
        """Give the weight of a word or of what it is a form of; None if unknown."""
        return self._looked_up(word)

    @cached_property
    def _looked_up(self) -> Callable[[str], float | None]:
        """Look words up once each: texts repeat them."""

        @lru_cache(maxsize=1 << 16)
        def look_up(word: str) -> float | None:
            if word in self.words:
                return self.words[word]
            return next((self.words[stem] for stem in self.stems(word) if stem in self.words), None)

        return look_up


def weights(by_weight: dict[float, str]) -> dict[str, float]:
    """Spell out words written together per weight; a word named twice is an error.

    Examples
    --------
    >>> weights({2: "goed fijn", -2: "slecht"})
    {'goed': 2, 'fijn': 2, 'slecht': -2}
    """
    return _spelled(by_weight, lambda text: text.split())


def word_set(text: str) -> frozenset[str]:
    """Spell out words written together.

    Examples
    --------
    >>> sorted(word_set("niet geen"))
    ['geen', 'niet']
    """
    return frozenset(text.split())


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
