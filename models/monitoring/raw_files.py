"""How the raw files of a source are written: columns, types, the shape of values, words of closed vocabularies."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from features.sources._base import Source
from features.sources._batches import RawFile

#: The newest rows of a file say how it is written now.
TAIL = 1000
#: A column with at most so many words is a vocabulary; a word counts if it stands there so often.
WORDS, OFTEN = 15, 10
#: A shape is that of a column if so large a share of its values has it.
DOMINANT = 0.95
_WORD = re.compile(r"^[^\W\d_][^\W\d]*([ \-/][^\W\d]+)*$")


def raw_schema(source: Source) -> dict[str, dict[str, Any]]:
    """Describe every raw table of a source by the end of its newest file.

    Parameters
    ----------
    source : Source
        Opened; each file of the newest name per table is read once.

    Returns
    -------
    dict
        ``<part>/<table>`` to ``file`` (name), ``files`` (number), ``rows`` (looked at) and ``columns``: per column
        ``type``, ``empty`` (share), ``shape`` (how nearly every value is written: ``A999`` for a letter and digits;
        None: in several ways, or as a few words) and ``words`` (counts of a closed vocabulary; None: it is none).
        Values of other columns are never kept.
    """
    newest: dict[str, RawFile] = {}
    number: Counter[str] = Counter()
    for file in source.raw_files():
        key = f"{file.part or source.name}/{file.table}"
        number[key] += 1
        # A file without rows says nothing: the one before it does.
        if file.path.stat().st_size and (key not in newest or file.name >= newest[key].name):
            newest[key] = file
    return {
        key: {"file": file.name, "files": number[key], **_described(_tail(source, file))}
        for key, file in sorted(newest.items())
    }


def _tail(source: Source, file: RawFile) -> pa.Table:
    kept: pa.Table | None = None
    for batch in source.batches(file):
        joined = (
            batch.data
            if kept is None or kept.schema != batch.data.schema
            else pa.concat_tables([kept, batch.data])
        )
        kept = joined.slice(max(0, len(joined) - TAIL))
    return kept if kept is not None else pa.table({})


def _described(tail: pa.Table) -> dict[str, Any]:
    columns = {name: _column(tail[name]) for name in tail.column_names}
    return {"rows": len(tail), "columns": columns}


def _column(values: pa.ChunkedArray) -> dict[str, Any]:
    kind = values.type
    found: dict[str, Any] = {"type": str(kind), "empty": 1.0, "shape": None, "words": None}
    if not len(values):
        return found
    if not (pa.types.is_string(kind) or pa.types.is_large_string(kind)):
        return found | {"empty": values.null_count / len(values)}
    text = pc.utf8_trim_whitespace(pc.fill_null(values, ""))
    given = text.filter(pc.not_equal(text, ""))
    found["empty"] = 1 - len(given) / len(text)
    if not len(given):
        return found
    shapes = Counter(given.to_pylist())
    counted: Counter[str] = Counter()
    for value, times in shapes.items():
        counted[shape_of(value)] += times
    shape, times = min(counted.items(), key=lambda item: (-item[1], item[0]))
    # A few words over and over, such as names of campaigns, are no format; a few days or amounts are.
    formatted = len(shapes) > WORDS or shape.startswith("9")
    found["shape"] = shape if formatted and times >= DOMINANT * len(given) else None
    if len(shapes) <= WORDS and all(_WORD.match(value) for value in shapes):
        found["words"] = {word: times for word, times in sorted(shapes.items()) if times >= OFTEN} or None
    return found


def shape_of(value: str) -> str:
    """Write a value down by its shape: digits are 9, letters A; what is longer than 24 signs has none of its own.

    Examples
    --------
    >>> shape_of("K004532"), shape_of("2024-01-01T15:35:50"), shape_of("12,50")
    ('A999999', '9999-99-99A99:99:99', '99,99')
    """
    if len(value) > 24:
        return "long"
    return re.sub(r"[^\W\d_]+", "A", re.sub(r"\d", "9", value))
