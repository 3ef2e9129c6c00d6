"""Command ``export``: a score file as one tool takes it, without those who refused or cannot be matched."""

from __future__ import annotations

import csv
from itertools import count
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

import pipelines.exports.destinations
from features.atomic import replacing
from features.discovery import discover
from features.errors import InputError
from features.pseudonyms import id_key
from pipelines.customer_list import CustomerList
from pipelines.exports.csv_out import write_csv
from pipelines.exports.destinations._base import SCORES, Destination
from pipelines.exports.read_scores import read_scores
from pipelines.exports.spreadsheet_safe import neutral
from pipelines.params import load_params, load_source
from pipelines.paths import Project
from pipelines.plan import load_plan
from pipelines.score_actions import consent
from pipelines.whose_ids import who, written_out

#: Probabilities and money are written to so many digits.
DIGITS = 4
REFUSED = "refused {}"
RISKY = "an id that a spreadsheet would run as a formula"
AGAIN = "the same key once more: the first row stays"


def destinations() -> dict[str, Destination]:
    """Find every destination by file name."""
    return discover(pipelines.exports.destinations, "DESTINATION")


def run(root: Path, name: str, scores: Path | None, out: Path | None, key: str | None) -> str:
    """Write a score file for a tool and say in words what came of it.

    Parameters
    ----------
    root : Path
        Project folder; consent is read there.
    name : str
        One of `destinations`.
    scores : Path or None
        A score file; None: ``data/scores.parquet``.
    out : Path or None
        A ``.csv``; None: ``<scores>_<name>.csv`` beside a list's scores, ``reports`` for those of the stage.
    key : str or None
        Name of the column that rows are matched on; None: the usual one of the tool.

    Raises
    ------
    InputError
        If there is no such tool, the score file is none, or ``out`` is no ``.csv``, a folder, or the score file.
    """
    known = destinations()
    if name not in known:
        raise InputError(f"no destination {name!r}; allowed: {', '.join(known)}")
    to, project = known[name], Project(root)
    usual = (
        project.reports / f"scores_{name}.csv"
        if scores is None
        else scores.with_name(f"{scores.stem}_{name}.csv")
    )
    out = out or usual
    if out.suffix.lower() != ".csv":
        raise InputError(f"--out {out}: {to.title} takes .csv; found {out.suffix or 'no ending'!r}")
    if out.is_dir():
        raise InputError(f"--out {out} is a folder; name a file")
    if out.resolve() == (scores or project.scores).resolve():
        raise InputError(f"--out {out} is the score file itself; name another file")
    table = read_scores(scores or project.scores)
    rows, left_out = _allowed(root, table, to, key or to.key)
    files = _written(rows, to, key or to.key, out)
    said = [f"{', '.join(str(file) for file in files)}: {rows.num_rows} customers for {to.title}"]
    said += [f"{number} left out: {reason}" for reason, number in left_out.items() if number]
    return "\n  ".join(said)


def _allowed(root: Path, table: pa.Table, to: Destination, key: str) -> tuple[pa.Table, dict[str, int]]:
    """Keep who was scored, can be matched and has not refused; count the others by the first reason that holds."""
    ids, spaces = (table[column].combine_chunks() for column in ("customer_id", "id_space"))
    keys = to.keys_of(ids, spaces, key)
    harmless = pc.or_(pc.equal(neutral(keys), keys), pc.match_substring_regex(keys, r"^[+-]?[0-9]+$"))
    tests = {"no scores: unknown, or no history yet": table["phase"].combine_chunks().is_null()}
    tests |= _refusals(root, written_out(ids, spaces), to)
    tests |= {to.no_key: keys.is_null(), RISKY: pc.invert(pc.fill_null(harmless, True))}
    stays, left_out = np.ones(len(ids), dtype=np.bool_), {}
    for reason, test in tests.items():
        hit = np.asarray(pc.fill_null(test, False).to_numpy(zero_copy_only=False), dtype=np.bool_) & stays
        left_out[reason] = int(hit.sum())
        stays &= ~hit
    again = np.flatnonzero(stays)[_repeated(keys.filter(pa.array(stays)))]
    stays[again], left_out[AGAIN] = False, len(again)
    return table.append_column("key", keys).filter(pa.array(stays)), left_out


def _repeated(keys: pa.Array) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Say which keys stand there before; capitals do not part addresses."""
    same = pc.if_else(pc.match_substring(keys, "@"), pc.utf8_lower(keys), keys)
    number = pc.dictionary_encode(same).indices.to_numpy()
    first = np.zeros(len(number), dtype=np.bool_)
    first[np.unique(number, return_index=True)[1]] = True
    return ~first


def _refusals(root: Path, ids: pa.Array, to: Destination) -> dict[str, pa.Array]:
    """Say per consent whose newest statement is a refusal; ids come with their space (`written_out`)."""
    params, project = load_params(root), Project(root)
    plan = load_plan(project)
    listed = CustomerList(ids, len(ids), 0, 0)
    own = who(project, listed, plan.as_of_us, id_key(root, load_source(params.source, root).id_key))
    stated = consent(project, own["customer_id"].to_numpy())
    return {
        REFUSED.format(one): pa.array(stated[one] == False)  # noqa: E712 - null is no refusal
        for one in to.consents
        if one in stated
    }


def _written(rows: pa.Table, to: Destination, key: str, out: Path) -> list[Path]:
    """Write the rows, in as many files as the tool needs; those of an earlier run that needed others go."""
    table = pa.table(
        {key: rows["key"], **{to.columns[name]: _column(rows[name], kind, to) for name, kind in SCORES}}
    )
    starts = range(0, max(table.num_rows, 1), to.most_rows)
    files = [out] if len(starts) == 1 else [_numbered(out, n + 1) for n in range(len(starts))]
    for file in files:
        if file.is_dir():
            raise InputError(f"{file} is a folder; an export needs this name for a file, move the folder")
    for start, file in zip(starts, files, strict=True):
        with replacing(file) as beside:
            write_csv([table.slice(start, to.most_rows)], beside, to.missing)
    for old in reversed(_left_behind(out, len(files))):
        old.unlink()
    return files


def _numbered(out: Path, number: int) -> Path:
    return out.with_name(f"{out.stem}_{number}.csv")


def _left_behind(out: Path, written: int) -> list[Path]:
    """Find the files of an earlier run that this one did not write, known by their headings: no others are touched."""
    now = out if written == 1 else _numbered(out, 1)
    left = [] if written == 1 else [out]
    for number in count(1 if written == 1 else written + 1):
        if not _numbered(out, number).is_file():
            break
        left.append(_numbered(out, number))
    return [file for file in left if file.is_file() and _headings(file) == _headings(now)]


def _headings(file: Path) -> list[str]:
    """Give the headings after that of the key."""
    with file.open(encoding="utf-8", errors="replace", newline="") as lines:
        return next(csv.reader(lines), [])[1:]


def _column(values: pa.ChunkedArray, kind: str, to: Destination) -> pa.ChunkedArray:
    if kind == "number":
        return pc.round(values, DIGITS)
    if kind == "day":
        return values
    return neutral(pc.utf8_slice_codeunits(values, 0, to.text_limit))
