"""Read score files of any age: kept ones, ``data/scores.parquet``, and those that `klantreis score` wrote."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from features.cutoffs import day_of, midnight_us
from features.errors import InputError
from features.plan import Plan
from features.pseudonyms import id_key
from features.sources._files import first_line
from models.monitoring.checks._check import Said, said
from models.target import PROBABILITIES
from pipelines.customer_list import CustomerList, _header, check_format
from pipelines.kept_scores import FOLDER, KeptNote, key_digest, learnt_until, predicted_contracts
from pipelines.params import load_params, load_source
from pipelines.paths import Project
from pipelines.score import model_version
from pipelines.whose_ids import who

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
            refused = said(
                "kept under another key of the pseudonyms, so nobody can be found",
                "bewaard onder een andere sleutel van de pseudoniemen, dus niemand is te vinden",
            )
            return ScoreFile(name, note.as_of, note.model_version, frame.iloc[:0], len(frame), refused)
        refused_ = _refused(note, plan, note.as_of)
        return ScoreFile(name, note.as_of, note.model_version, frame, len(frame), refused_)
    as_of, journey, version = (_one(path, frame, column) for column in ("as_of", "journey", "model_version"))
    made = _made_under(project, plan, journey, version)
    if made is None:
        refused = said(
            f"made by models {version}, of which this project does not know what they predicted: run "
            "`klantreis monitor` "
            "after each scoring, it keeps that",
            f"gemaakt door modellen {version}, waarvan dit project niet weet wat ze voorspelden: draai na "
            "elke keer scoren "
            "`klantreis monitor`, dat bewaart het",
        )
        return ScoreFile(name, as_of, version, frame.iloc[:0], len(frame), refused)
    known = pseudonymous(project, frame, as_of)
    return ScoreFile(name, as_of, version, known, len(frame), _refused(made, plan, as_of))


def pseudonymous(project: Project, frame: pd.DataFrame, as_of: str) -> pd.DataFrame:
    """Replace ids as the source gave them by pseudonyms; who is not known, or stands there twice, is left out."""
    ids = frame["customer_id"].astype(str)
    spaced = ids
    if "id_space" in frame:
        # Who is in no log has no space.
        space = frame["id_space"]
        spaced = ids.where(space.isna(), space.astype(str) + ":" + ids)
    unique = spaced.drop_duplicates()
    wanted = CustomerList(tuple(unique), len(frame), len(frame) - len(unique), 0)
    key = id_key(project.root, load_source(load_params(project.root).source, project.root).id_key)
    found = who(project, wanted, midnight_us(date.fromisoformat(as_of)), key).set_index("source_id")
    mine = found.loc[spaced.to_numpy(dtype=object)]
    out = frame.assign(customer_id=mine["customer_id"].to_numpy())[mine["known"].to_numpy()]
    return pd.DataFrame(out.drop_duplicates("customer_id", ignore_index=True))


def _frame(path: Path) -> pd.DataFrame:
    try:
        if path.suffix.lower() == ".parquet":
            frame: pd.DataFrame = pq.read_table(path).to_pandas()
        else:
            names, delimiter = _header(path)
            kinds = {name: str for name in names if name.strip() in TEXTS}
            frame = pd.read_csv(path, sep=delimiter, dtype=kinds, encoding="utf-8-sig")
    except (pa.ArrowException, OSError, ValueError) as error:
        raise InputError(f"{path}: not a whole score file ({first_line(error)}); write it again") from None
    scores = [target.score for target in PROBABILITIES]
    missing = [name for name in ("customer_id", "phase") if name not in frame]
    if missing or not any(name in frame for name in scores):
        raise InputError(
            f"{path}: no score file: it must have customer_id, phase and {' or '.join(scores)}; found "
            f"{', '.join(map(str, frame.columns[:12]))}"
        )
    return frame


def _one(path: Path, frame: pd.DataFrame, column: str) -> str:
    values = sorted(frame[column].dropna().astype(str).unique()) if column in frame else []
    if len(values) != 1:
        raise InputError(
            f"{path}: column {column!r} must hold one value for all rows, found {', '.join(values[:3]) or 'none'}; "
            "a score file is of one moment and one set of models"
        )
    return str(values[0])


def _made_under(project: Project, plan: Plan, journey: str, version: str) -> KeptNote | None:
    """Find what models of this version predicted: from kept scores, or because they are the models at hand."""
    for path in sorted((project.root / FOLDER).glob(f"*_{version}.parquet")):
        note = KeptNote.of(path)
        if note is not None:
            return note
    if version == model_version(project):
        return KeptNote("", journey, version, "", learnt_until(project), predicted_contracts(plan))
    return None


def _refused(note: KeptNote, plan: Plan, as_of: str) -> Said | None:
    known = day_of(note.known_us).isoformat()
    if known > as_of:
        return said(
            f"scored for {as_of} by models that know the log up to {known}: they have seen what happened; "
            "judge the past "
            "with `klantreis backtest`",
            f"gescoord voor {as_of} door modellen die het log kennen tot {known}: zij hebben gezien wat er "
            "gebeurde; beoordeel "
            "het verleden met `klantreis backtest`",
        )
    now = {one.target: one for one in predicted_contracts(plan)}
    for one in note.contracts:
        other = now.get(one.target)
        if other != one:
            was, has = _contract_words(one), _contract_words(other) if other else "none"
            return said(
                f"made under another label contract of {one.target}: {was}; the project now asks {has}",
                f"gemaakt onder een ander labelcontract van {one.target}: {was}; het project vraagt nu {has}",
            )
    return None


def _contract_words(contract: object) -> str:
    told = {
        name: getattr(contract, name)
        for name in ("event", "active_event", "horizon_days", "active_days", "gap_days", "phases")
    }
    return ", ".join(f"{name} {value}" for name, value in told.items() if value is not None)
