"""Command ``audiences``: who to speak to, one CSV per target, phase and band, and ``index.csv`` beside them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from features.atomic import replacing
from features.errors import InputError
from features.pseudonyms import unspaced
from models.audiences import BandLift, band_lifts, bands_of
from models.evaluation_files import read_segments
from models.metrics import shortest_lift
from models.scoring import BANDS, Reference
from models.target import PROBABILITIES
from pipelines.exports.spreadsheet_safe import neutral
from pipelines.params import load_params
from pipelines.paths import Project
from pipelines.score_actions import consent

CONSENT = "personalisation"
#: Columns of an audience.
COLUMNS = ["customer_id", "id_space", "probability", "percentile"]
#: Columns of the index, one row per audience.
INDEX = [
    "file", "target", "phase", "band", "as_of", "customers", "refused", "no_statement", "mean_probability",
    "judged_rows", "observed_rate", "lift", "lift_low", "lift_high", "note", "phase_metric", "phase_lift",
    "phase_lift_low", "phase_lift_high", "model_version", "data_hash",
]  # fmt: skip


def run(root: Path, out: Path | None = None) -> str:
    """Write the audiences of the newest scores and say in words what came of it.

    Parameters
    ----------
    root : Path
        Project folder, after the stages ``score`` and ``evaluate``.
    out : Path or None
        Folder to write into, replaced as a whole; left out: ``audiences`` in the project.

    Raises
    ------
    InputError
        If there are no scores, or ``out`` is a file or a folder with something else in it.
    """
    params, project = load_params(root), Project(root)
    out = out or root / "audiences"
    _check(out)
    if not project.scores.is_file():
        raise InputError(f"{project.scores} is missing; run `klantreis score` first (or `dvc repro`)")
    scores = _with_consent(project, pq.read_table(project.scores).to_pandas())
    segments = read_segments(project.reports / "segment_lift.parquet")
    rows: list[dict[str, object]] = []
    with replacing(out) as beside:
        beside.mkdir()
        for target in PROBABILITIES:
            judged = pq.read_table(project.artifacts(target.name) / "out_of_time.parquet").to_pandas()
            reference = Reference.read(project.artifacts(target.name), {})
            at = scores.assign(
                probability=scores[target.score],
                percentile=reference.percentile(scores[target.score].to_numpy(dtype=np.float64)),
            )
            at.loc[at["probability"].isna(), "percentile"] = np.nan
            at["band"] = bands_of(at["percentile"].to_numpy(), params.score.bands)
            known = bands_of(reference.percentile(judged["p"].to_numpy()), params.score.bands)
            lifts = band_lifts(judged, known, params.evaluation)
            told = segments[(segments["target"] == target.name) & (segments["segment_kind"] == "phase")]
            rows += [_row(target.name, one, lifts, told, beside) for one in _groups(at)]
        index = pd.DataFrame(rows, columns=INDEX)
        index.to_csv(beside / "index.csv", index=False, float_format="%.6g", lineterminator="\n")
    refused = int(index["refused"].sum())
    return f"{out}: {len(index)} audiences, {int(index['customers'].sum())} rows; {refused} left out: refused {CONSENT}"


def _check(out: Path) -> None:
    """Refuse to replace what is no folder of audiences."""
    if out.is_file() or (out.is_dir() and any(out.iterdir()) and not (out / "index.csv").is_file()):
        raise InputError(
            f"--out {out} holds something else than audiences; give a folder that is not there yet"
        )


def _with_consent(project: Project, scores: pd.DataFrame) -> pd.DataFrame:
    """Add whether each customer agreed to personalisation: true, false, or None where nothing was stated."""
    ids = pq.read_table(project.ids)
    bare, space = unspaced(ids["source_id"]).to_pandas(), ids["id_space"].to_pandas()
    named = pd.DataFrame({"customer_id": bare, "id_space": space, "pseudonym": ids["customer_id"].to_numpy()})
    joined = scores[["customer_id", "id_space"]].merge(named, on=["customer_id", "id_space"], how="left")
    if len(joined) != len(scores) or joined["pseudonym"].isna().any():
        raise InputError(f"{project.scores} and {project.ids} are of different runs; run `dvc repro`")
    stated = consent(project, joined["pseudonym"].to_numpy(dtype=np.int64))
    return scores.assign(consent=stated.get(CONSENT, np.full(len(scores), None, dtype=object)))


def _groups(scores: pd.DataFrame) -> list[tuple[str, str, pd.DataFrame]]:
    """Give the customers of each phase and band, most likely first; equals by id."""
    ranked = scores[scores["band"].notna()].sort_values(
        ["probability", "customer_id", "id_space"], ascending=[False, True, True]
    )
    return [
        (phase, band, some)
        for phase in sorted(set(ranked["phase"].astype(str)))
        for band in reversed(BANDS)
        if len(some := ranked[(ranked["phase"].astype(str) == phase) & (ranked["band"] == band)])
    ]


def _row(
    target: str, group: tuple[str, str, pd.DataFrame], lifts: dict[tuple[str, str], BandLift], told: pd.DataFrame,
    folder: Path,
) -> dict[str, object]:  # fmt: skip
    """Write one audience and give its row of the index."""
    phase, band, everybody = group
    agreed = everybody[~np.array([one is False for one in everybody["consent"]], dtype=bool)]
    name = f"{target}_{phase}_{band}.csv"
    listed = agreed[COLUMNS].assign(
        customer_id=neutral(pa.array(agreed["customer_id"], pa.string())).to_pandas().to_numpy()
    )
    listed.to_csv(folder / name, index=False, float_format="%.6g", lineterminator="\n")
    lift = lifts.get((phase, band), BandLift(0, note="no test cutoff has matured"))
    of_phase = told[told["segment"] == phase]
    metric = shortest_lift(of_phase["metric"])
    beside = of_phase[of_phase["metric"] == metric].to_dict("records")
    first = everybody.iloc[0]
    return {
        "file": name, "target": target, "phase": phase, "band": band, "as_of": first["as_of"],
        "customers": len(agreed), "refused": len(everybody) - len(agreed),
        "no_statement": int(agreed["consent"].isna().sum()), "mean_probability": float(agreed["probability"].mean()),
        "judged_rows": lift.judged, "observed_rate": lift.rate, "lift": lift.lift, "lift_low": lift.low,
        "lift_high": lift.high, "note": lift.note, "phase_metric": metric,
        **{f"phase_{key}": beside[0][column] if beside else None
           for key, column in (("lift", "value"), ("lift_low", "low"), ("lift_high", "high"))},
        "model_version": first["model_version"], "data_hash": first["data_hash"],
    }  # fmt: skip
