"""Read score files of any age: kept ones, ``data/scores.parquet``, and those that `klantreis score` wrote."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from features.cutoffs import midnight_us
from features.errors import InputError
from features.plan import Plan
from features.pseudonyms import id_key
from features.sources._files import first_line
from models.monitoring.checks._check import Said, said
from models.target import PROBABILITIES
from pipelines.customer_list import CustomerList, _header, check_format
from pipelines.exports.excel import cell_text, first_sheet
from pipelines.exports.spreadsheet_safe import restored
from pipelines.kept_scores import FOLDER, KeptNote, key_digest
from pipelines.made_under import made_under, of_note, refused
from pipelines.params import load_params, load_source
from pipelines.paths import Project
from pipelines.whose_ids import who, written_out

TEXTS = ("customer_id", "id_space", "phase", "as_of", "journey", "model_version", "action")


@dataclass(frozen=True)
class ScoreFile:
    """Scores of one moment.

    Attributes
    ----------
    name, as_of, model_version : str
        As shown.
    scores : DataFrame
        ``customer_id`` (pseudonym), ``phase`` and the predictions, one row per customer that is known.
    rows : int
        Rows of the file.
    refused : mapping or None
        Why these scores cannot be judged.
    """

    name: str
    as_of: str
    model_version: str
    scores: pd.DataFrame
    rows: int
    refused: Said | None = None

    @property
    def moment_us(self) -> int:
        """Midnight of the moment of scoring."""
        return midnight_us(date.fromisoformat(self.as_of))


def files_of(project: Project, given: list[Path]) -> list[Path]:
    """Give the files to judge: those named, else every kept one and ``data/scores.parquet`` where it is not kept.

    Raises
    ------
    InputError
        If one is absent, or there is none.
    """
    if given:
        for path in given:
            if not path.is_file():
                raise InputError(f"{path}: no such file; name score files of `klantreis score`")
            check_format(path, f"{path}: a score file")
        return given
    kept = sorted((project.root / FOLDER).glob("*.parquet"), reverse=True)
    if kept:
        return kept
    if not project.scores.is_file():
        raise InputError(
            "there are no scores: run `klantreis score` (or dvc repro) first, or name a score file"
        )
    return [project.scores]


def read_scores(project: Project, plan: Plan, path: Path) -> ScoreFile:
    """Read one file; who is in it is found as known at its moment.

    Raises
    ------
    InputError
        If it is no score file.
    """
    whole, root = path.resolve(), project.root.resolve()
    name = whole.relative_to(root).as_posix() if whole.is_relative_to(root) else path.name
    note = KeptNote.of(path)
    frame = _frame(path)
    if note is not None:
        if note.key != key_digest(project):
            why = said(
                "kept under another key of the pseudonyms, so nobody can be found",
                "bewaard onder een andere sleutel van de pseudoniemen, dus niemand is te vinden",
            )
            return ScoreFile(name, note.as_of, note.model_version, frame.iloc[:0], len(frame), why)
        judged = refused(of_note(note), plan, note.as_of)
        return ScoreFile(name, note.as_of, note.model_version, frame, len(frame), judged)
    as_of, version = (_one(path, frame, column) for column in ("as_of", "model_version"))
    _check_day(path, as_of)
    made = made_under(project, plan, path, version)
    if made is None:
        return ScoreFile(name, as_of, version, frame.iloc[:0], len(frame), _unknown(version))
    known = pseudonymous(project, frame, as_of)
    if not made.timing:
        known = known.drop(columns=[name for name in known if str(name).startswith("p_order_")])
    return ScoreFile(name, as_of, version, known, len(frame), refused(made, plan, as_of))


def _unknown(version: str) -> Said:
    return said(
        f"made by models {version}, of which nothing is known any more: keep the record (.json) beside a score file, "
        "and run `klantreis mature` or `klantreis monitor` after stage score, they keep its scores",
        f"gemaakt door modellen {version}, waarvan niets meer bekend is: bewaar het verslag (.json) naast een "
        "scorebestand, en draai na de stap score `klantreis mature` of `klantreis monitor`, die bewaren de scores",
    )


def pseudonymous(project: Project, frame: pd.DataFrame, as_of: str) -> pd.DataFrame:
    """Replace ids as the source gave them by pseudonyms; who is not known, or stands there twice, is left out."""
    spaced = frame["customer_id"].astype(str)
    if "id_space" in frame:
        ids = pa.array(spaced.astype(object), pa.string())
        space = pa.array(frame["id_space"].astype(object), pa.string(), from_pandas=True)
        spaced = pd.Series(written_out(ids, space).to_pandas(), index=frame.index)
    unique = spaced.drop_duplicates()
    wanted = CustomerList(tuple(unique), len(frame), len(frame) - len(unique), 0)
    key = id_key(project.root, load_source(load_params(project.root).source, project.root).id_key)
    found = who(project, wanted, midnight_us(date.fromisoformat(as_of)), key).set_index(unique)
    mine = found.loc[spaced.to_numpy(dtype=object)]
    out = frame.assign(customer_id=mine["customer_id"].to_numpy())[mine["known"].to_numpy()]
    return pd.DataFrame(out.drop_duplicates("customer_id", ignore_index=True))


def _frame(path: Path) -> pd.DataFrame:
    try:
        frame = _READERS[path.suffix.lower()](path)
    except (pa.ArrowException, OSError, ValueError) as error:
        raise InputError(f"{path}: not a whole score file ({first_line(error)}); write it again") from None
    scores = [target.score for target in PROBABILITIES]
    missing = [name for name in ("customer_id", "phase") if name not in frame]
    if missing or not any(name in frame for name in scores):
        raise InputError(
            f"{path}: no score file: it must have customer_id, phase and {' or '.join(scores)}; found "
            f"{', '.join(map(str, frame.columns[:12]))}"
        )
    return _numbered(path, frame)


def _numbered(path: Path, frame: pd.DataFrame) -> pd.DataFrame:
    """Take the predictions as numbers."""
    for name in [name for name in frame if str(name).startswith("p_")]:
        numbers = pd.to_numeric(frame[name], errors="coerce")
        wrong = frame[name][numbers.isna() & frame[name].notna()]
        if len(wrong):
            raise InputError(
                f"{path}: column {name!r} holds {str(wrong.iloc[0])!r}, which is no number (0.5, or 0,5 where "
                "semicolons part the columns); take the file as klantreis wrote it"
            )
        frame[name] = numbers
    return frame


def _from_parquet(path: Path) -> pd.DataFrame:
    return pd.DataFrame(pq.read_table(path).to_pandas())


def _from_csv(path: Path) -> pd.DataFrame:
    names, delimiter = _header(path)
    kinds = {name: str for name in names if name.strip() in TEXTS}
    # A Dutch or German spreadsheet parts columns by semicolons and writes a comma before the decimals. An id may be NA.
    frame = pd.read_csv(
        path, sep=delimiter, dtype=kinds, encoding="utf-8-sig", keep_default_na=False, na_values=[""],
        decimal="," if delimiter == ";" else ".", true_values=["WAAR"], false_values=["ONWAAR"],
    )  # fmt: skip
    return _plain(frame)


def _from_excel(path: Path) -> pd.DataFrame:
    header, *rows = first_sheet(path)
    frame = pd.DataFrame(rows, columns=[str(name) for name in header], dtype=object)
    frame = frame.where(frame != "")
    for name in frame:
        if name in TEXTS:
            frame[name] = frame[name].map(cell_text, na_action="ignore")
        else:
            frame[name] = frame[name].infer_objects()
    return _plain(frame)


def _plain(frame: pd.DataFrame) -> pd.DataFrame:
    """Take off what keeps a spreadsheet from running a text."""
    for name in TEXTS:
        if name in frame:
            frame[name] = restored(pa.array(frame[name], pa.string(), from_pandas=True)).to_pandas()
    return frame


_READERS = {".parquet": _from_parquet, ".csv": _from_csv, ".xlsx": _from_excel}


def _check_day(path: Path, as_of: str) -> None:
    try:
        same = date.fromisoformat(as_of).isoformat() == as_of
    except ValueError:
        same = False
    if not same:
        raise InputError(
            f"{path}: as_of {as_of!r} is not written YYYY-MM-DD; take the file as klantreis wrote it"
        )


def _one(path: Path, frame: pd.DataFrame, column: str) -> str:
    values = sorted(frame[column].dropna().astype(str).unique()) if column in frame else []
    if len(values) != 1:
        raise InputError(
            f"{path}: column {column!r} must hold one value for all rows, found {', '.join(values[:3]) or 'none'}; "
            "a score file is of one moment and one set of models"
        )
    return str(values[0])
