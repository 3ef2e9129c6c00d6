"""Sentiment by word lists: Dutch and English, negation, boosters, "maar"/"but", emoji; null when unsure.

Chosen over a library because none that is small and kept up covers both languages. Sarcasm is beyond it.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise

import pyarrow as pa

from features.sentiment._language import LEXICONS, guessed_language, named_language
from features.sentiment._words import Lexicon

#: Only the beginning of a text is read: feedback says what it means at once, and a pasted log must cost nothing.
LONGEST = 5000
EMOTICONS = {
    **dict.fromkeys([":)", ":-)", "(:", ":d", ":-d", "=)", ";)", ";-)", "<3", "xd", ":p"], 2.0),
    **dict.fromkeys([":(", ":-(", "):", ":'(", "=(", ":/", ":-/", ">:(", "d:"], -2.0),
}
EMOJI = {
    **dict.fromkeys("😀😃😄😁😆😊🙂😍🥰😘😎🤩🥳👍👏🙌❤💚💙🧡💛💜🎉🙏⭐🌟✨💯👌💪😻☺", 2.0),
    **dict.fromkeys("😐😶🤷", 0.0),
    **dict.fromkeys("😠😡🤬😢😭😞😔😟🙁☹👎😤😒🙄💩😩😫😖😣🤮🤢😾💔😕", -2.0),
}
#: A negation reaches this many words ahead, or back to a verb that may stand before it.
_REACH, _REACH_BACK = 4, 3
#: What is left of a weight when it is turned: "niet slecht" praises less than "goed".
_TURNED_PRAISE, _TURNED_BLAME = -0.8, -0.5
_BEFORE_CONTRAST, _AFTER_CONTRAST = 0.5, 1.5
#: Praise and blame contradict each other when the smaller is at least this share of the larger.
_CONTRADICTION = 0.6
#: A text that says little about much: weight per word below which we are not sure.
_THIN = 0.025
#: How fast the sum of weights nears -1 or 1 (VADER uses 15 with weights up to 4).
_SOFTNESS = 6.0
_ENDS = frozenset(".,;:!?()\n")
#: How letters begin: "Beste klantenservice," praises nobody.
_SALUTATION = re.compile(r"^\s*(?:beste|lieve|geachte|dear|good|goede)\b[^.,!?\n]{0,40}[,\n]")
_FACES = "|".join(re.escape(face) for face in sorted(EMOTICONS, key=len, reverse=True))
_SCANNER = re.compile(
    rf"(?P<face>(?<!\w)(?:{_FACES})(?!\w)|[{''.join(EMOJI)}])"
    rf"|(?P<word>[^\W\d_]+(?:['-][^\W\d_]+)*)|(?P<mark>[{re.escape(''.join(sorted(_ENDS)))}])"
)
_JOINS = frozenset({"or", "nor", "noch", "of"})


@dataclass
class _Reading:
    """What has been read of a text so far: the weights found, and what acts on the next one."""

    found: list[tuple[int, str, float]] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
    factor: float = 1.0
    boost: float = 1.0
    negated: int = 0
    turned: bool = False
    pending: bool = False

    def add(self, text: str, weight: float) -> None:
        """Note a weight, turned and boosted as what came before it says."""
        weight *= self.boost
        self.turned = self.negated > 0
        if self.turned:
            weight *= _TURNED_PRAISE if weight > 0 else _TURNED_BLAME
        self.found.append((len(self.words), text, weight * self.factor))
        self.boost, self.negated, self.pending = 1.0, 0, False

    def contrast(self) -> None:
        """Weigh what follows more than what went before; until a weight does follow, the point is not made."""
        self.found = [(place, text, weight * _BEFORE_CONTRAST) for place, text, weight in self.found]
        self.factor, self.boost, self.negated, self.pending = _AFTER_CONTRAST, 1.0, 0, True

    def turn_back(self, turned_after: frozenset[str]) -> None:
        """Turn a verb shortly before a negation: "werkt gewoon niet"."""
        for at in range(len(self.found) - 1, -1, -1):
            place, text, weight = self.found[at]
            if len(self.words) - place > _REACH_BACK:
                return
            if text in turned_after and weight > 0:
                self.found[at] = (place, text, -2.0 * self.factor)
                return


def lexicon_sentiment(texts: pa.Array, languages: pa.Array) -> pa.Array:
    """Give the sentiment of texts by word lists.

    Parameters
    ----------
    texts : array of string
        Distinct texts, none null.
    languages : array of string
        What the source says of their language; null: guessed.

    Returns
    -------
    array of float64
        -1..1; null where the text is too short, holds no known word, contradicts itself, or is of a language
        that is neither Dutch nor English.

    References
    ----------
    Hutto, Gilbert (2014), VADER: A parsimonious rule-based model for sentiment analysis of social media text.

    Examples
    --------
    >>> texts = pa.array(["niet tevreden, veel te laat", "great service!", "goed maar slecht en goed en slecht"])
    >>> [score and round(score, 1) for score in lexicon_sentiment(texts, pa.nulls(3, pa.string())).to_pylist()]
    [-0.8, 0.6, None]
    """
    pairs = zip(texts.to_pylist(), languages.to_pylist(), strict=True)
    return pa.array([_score(text, language) for text, language in pairs], pa.float64())


def _score(text: str, language: str | None) -> float | None:
    plain = text[:LONGEST].lower().replace("’", "'").replace("`", "'")
    plain = _SALUTATION.sub(" ", plain, count=1)
    name = named_language(language) or guessed_language(re.findall(r"[^\W\d_]+", plain))
    if name == "other":
        return None
    if name is not None:
        return _weigh(_read(plain, LEXICONS[name]))
    # Nothing tells the language: sure only if both word lists say the same.
    scores = [score for one in LEXICONS.values() if (score := _weigh(_read(plain, one))) is not None]
    if not scores or min(scores) < 0 < max(scores):
        return None
    return min(scores, key=abs)


def _read(text: str, lexicon: Lexicon) -> _Reading:
    """Go through a text once."""
    reading = _Reading()
    for (kind, token), after in pairwise([*_tokens(text, lexicon), ("mark", ".")]):
        if kind == "mark":
            reading.boost, reading.negated, reading.turned = 1.0, 0, False
        elif kind == "face":
            reading.negated = 0
            reading.add(token, EMOTICONS[token] if token in EMOTICONS else EMOJI[token])
        elif kind == "phrase":
            _phrase(reading, token, lexicon)
        else:
            reading.words.append(token)
            _word(reading, token, lexicon, lifts=_has_weight(after, lexicon))
    return reading


def _has_weight(token: tuple[str, str], lexicon: Lexicon) -> bool:
    """Whether a booster before this token has something to boost."""
    kind, text = token
    if kind == "phrase":
        return lexicon.phrase_weight(text) != 0
    return kind == "word" and (text in lexicon.boosters or lexicon.word_weight(text) is not None)


def _phrase(reading: _Reading, phrase: str, lexicon: Lexicon) -> None:
    """Take a phrase as a whole; one without weight only keeps its words from counting."""
    words = phrase.split()
    if words[0] in lexicon.negations:
        # Its negation is its own, and turns a verb before it: "werkt niet goed".
        reading.turn_back(lexicon.turned_after)
        reading.negated = 0
    reading.words.extend(words)
    if weight := lexicon.phrase_weight(phrase):
        reading.add(phrase, weight)


def _word(reading: _Reading, word: str, lexicon: Lexicon, *, lifts: bool) -> None:
    if word in lexicon.contrasts:
        reading.contrast()
    elif word in lexicon.negations:
        reading.turn_back(lexicon.turned_after)
        reading.negated = _REACH
    elif word in lexicon.boosters and (lifts or word not in lexicon.words):
        reading.boost = lexicon.boosters[word]
    elif (weight := lexicon.word_weight(word)) is not None:
        reading.add(word, weight)
    elif word in _JOINS and reading.turned:
        reading.negated = _REACH
    else:
        reading.boost, reading.turned = 1.0, False
        reading.negated = max(reading.negated - 1, 0)


def _weigh(reading: _Reading) -> float | None:
    """Sum up what was found; None where that is not sure."""
    values = [weight for _, _, weight in reading.found]
    if not values or reading.pending:  # "looks nice, but" and then words we do not know
        return None
    praise = sum(weight for weight in values if weight > 0)
    blame = -sum(weight for weight in values if weight < 0)
    larger, smaller = max(praise, blame), min(praise, blame)
    too_short = len(values) == 1 == len(reading.words) and larger < 2.0
    if too_short or (larger > 0 and smaller >= _CONTRADICTION * larger):
        return None
    if 0 < larger < _THIN * len(reading.words):
        return None
    total = praise - blame
    return round(total / math.sqrt(total * total + _SOFTNESS), 4)


def _tokens(text: str, lexicon: Lexicon) -> Iterator[tuple[str, str]]:
    """Cut a text into words, phrases, faces (emoticons, emoji) and marks that end a clause."""
    position = 0
    while match := _SCANNER.search(text, position):
        kind, token = str(match.lastgroup), match.group()
        if kind == "word" and (phrase := lexicon.phrase_at(text, token, match.start())):
            kind, token = "phrase", phrase
        position = match.start() + len(token)
        yield kind, token


SENTIMENT = lexicon_sentiment
