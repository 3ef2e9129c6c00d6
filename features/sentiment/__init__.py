"""Sentiment of feedback text, -1..1; one file per method, each defines ``SENTIMENT``.

A method is a function of distinct texts and their languages; here texts are made distinct before it is called, so
that a method may be slow. The texts themselves stay with the adapter that read them: only the number goes on.
"""

from __future__ import annotations

import sys
from functools import cache
from typing import Any, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc


class Sentiment(Protocol):
    """What every method is: texts and languages (``nl``, ``en``, as written, or null) to -1..1 or null."""

    def __call__(self, texts: pa.Array, languages: pa.Array) -> pa.Array:
        """Give one number per text; null where the method is not sure."""
        ...


@cache
def methods() -> dict[str, Any]:
    """Find the methods: one file in this folder each.

    Examples
    --------
    >>> "lexicon" in methods()
    True
    """
    from features.discovery import discover

    return discover(sys.modules[__name__], "SENTIMENT")


def sentiments(
    method: str,
    texts: pa.Array | pa.ChunkedArray,
    languages: pa.Array | pa.ChunkedArray | None = None,
) -> pa.Array:
    """Give the sentiment of every text.

    Parameters
    ----------
    method : str
        Name of a file in this folder, without ``.py``.
    texts : array of string
        One text per row; null where there is none.
    languages : array of string, optional
        Its language as the source says it; null or no column: the method guesses.

    Returns
    -------
    array of float64
        -1 (angry) .. 1 (delighted) per row; null without a text and where the method is not sure.

    Raises
    ------
    ValueError
        If there is no such method.

    Examples
    --------
    >>> found = sentiments("lexicon", pa.array(["Heel blij mee!", "Waar is mijn pakket?", None]))
    >>> found[0].as_py() > 0.5, found[1].as_py(), found[2].as_py()
    (True, None, None)
    """
    known: dict[str, Sentiment] = methods()
    if method not in known:
        raise ValueError(f"there is no sentiment method {method!r}; allowed: {', '.join(known)}")
    rows = len(texts)
    words = pa.nulls(rows, pa.string()) if languages is None else languages.cast(pa.string())
    pairs = pa.table({"text": texts.cast(pa.string()), "language": words})
    pairs = pairs.append_column("row", pa.array(np.arange(rows, dtype=np.int64)))
    pairs = pairs.filter(pc.is_valid(pairs["text"]))
    if pairs.num_rows == 0:
        return pa.nulls(rows, pa.float64())
    text, language = (
        pc.dictionary_encode(pairs[name].combine_chunks(), "encode") for name in pairs.column_names[:2]
    )
    both = text.indices.to_numpy().astype(np.int64) * len(language.dictionary) + language.indices.to_numpy()
    distinct, place = np.unique(both, return_inverse=True)
    found = known[method](
        text.dictionary.take(pa.array(distinct // len(language.dictionary))),
        language.dictionary.take(pa.array(distinct % len(language.dictionary))),
    )
    scores = np.full(rows, np.nan)
    scores[pairs["row"].to_numpy()] = found.to_numpy(zero_copy_only=False)[place]
    return pa.array(scores, pa.float64(), from_pandas=True)
