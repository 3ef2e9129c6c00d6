"""Which language a short text is in, by its commonest words; none where nothing tells."""

from __future__ import annotations

from features.sentiment._dutch import DUTCH
from features.sentiment._english import ENGLISH
from features.sentiment._words import Lexicon, word_set

LEXICONS: dict[str, Lexicon] = {"nl": DUTCH, "en": ENGLISH}
#: What sources call these languages, without regard to capitals; ``nl-NL`` and ``en_GB`` are read too.
NAMES = {
    "nl": "nl", "nld": "nl", "dut": "nl", "dutch": "nl", "nederlands": "nl", "vlaams": "nl",
    "en": "en", "eng": "en", "english": "en", "engels": "en",
}  # fmt: skip
#: Words of the neighbours that are not Dutch or English: such a text is left alone.
OTHERS = word_set(
    """
    aber auch auf avec che con das der des ein eine el est et für gracias ich il ist je la las le les los
    mais merci mit molto muy nicht non nous para pas per pero pour sehr sie sono très und une vous war wir è
    """
)


def named_language(name: str | None) -> str | None:
    """Read the language a source names: ``nl``, ``en``, ``other``, or None if it names none.

    Examples
    --------
    >>> named_language("nl-NL"), named_language("English"), named_language("de"), named_language(" ")
    ('nl', 'en', 'other', None)
    """
    plain = (name or "").strip().lower().replace("_", "-")
    return NAMES.get(plain.split("-")[0], "other") if plain else None


def guessed_language(words: list[str]) -> str | None:
    """Guess the language of the words of a text: ``nl``, ``en``, ``other``, or None if it cannot be told.

    Examples
    --------
    >>> guessed_language("het pakket is te laat".split()), guessed_language("it was great".split())
    ('nl', 'en')
    >>> guessed_language("das ist sehr gut".split()), guessed_language(["super"])
    ('other', None)
    """
    votes = {name: sum(word in one.common for word in words) for name, one in LEXICONS.items()}
    if sum(word in OTHERS for word in words) > max(votes.values()):
        return "other"
    for name, one in LEXICONS.items():
        votes[name] += sum(one.word_weight(word) is not None for word in words)
    if votes["nl"] == votes["en"]:
        return None
    return "nl" if votes["nl"] > votes["en"] else "en"
