"""Command ``export``: a score file as one tool takes it, without those who refused or cannot be matched."""

from __future__ import annotations

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
from pipelines.whose_ids import who

#: Probabilities and money are written to so many digits.
DIGITS = 4
REFUSED = "refused {}"
RISKY = "an id that a spreadsheet would run as a formula"


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
        If there is no such tool, the score file is none, or ``out`` is no ``.csv``.
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
    tests |= _refusals(root, ids, to)
    tests |= {to.no_key: keys.is_null(), RISKY: pc.invert(pc.fill_null(harmless, True))}
    stays, left_out = np.ones(len(ids), dtype=np.bool_), {}
    for reason, test in tests.items():
        hit = np.asarray(pc.fill_null(test, False).to_numpy(zero_copy_only=False), dtype=np.bool_) & stays
        left_out[reason] = int(hit.sum())
        stays &= ~hit
    return table.append_column("key", keys).filter(pa.array(stays)), left_out


def _refusals(root: Path, ids: pa.Array, to: Destination) -> dict[str, pa.Array]:
    """Say per consent whose newest statement is a refusal."""
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
    """Write the rows, in as many files as the tool needs."""
    table = pa.table(
        {key: rows["key"], **{to.columns[name]: _column(rows[name], kind, to) for name, kind in SCORES}}
    )
    starts = range(0, max(table.num_rows, 1), to.most_rows)
    files = [
        out if len(starts) == 1 else out.with_name(f"{out.stem}_{n + 1}.csv") for n in range(len(starts))
    ]
    for start, file in zip(starts, files, strict=True):
        with replacing(file) as beside:
            write_csv([table.slice(start, to.most_rows)], beside, to.missing)
    return files


def _column(values: pa.ChunkedArray, kind: str, to: Destination) -> pa.ChunkedArray:
    if kind == "number":
        return pc.round(values, DIGITS)
    if kind == "day":
        return values
    return neutral(pc.utf8_slice_codeunits(values, 0, to.text_limit))
