"""The champion on cutoffs that it was never judged on, but only where it cannot know the outcomes."""

from __future__ import annotations

import logging
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from features.errors import InputError
from features.settings import DORMANT
from models.bundle import PhaseModel, load
from models.json_files import read_json
from models.newest_rows import newest_rows
from models.panel import PHASE_PREFIX, panel_of
from models.promotion.simplicity import learnt_until_us

logger = logging.getLogger(__name__)


def champion_today(folder: Path, features: Path, rows: pd.DataFrame) -> pd.DataFrame:
    """Predict rows by a saved model, only at cutoffs by which all it learnt from had already happened.

    A model that has seen the outcomes of a cutoff would be flattered there; such cutoffs are left out.

    Parameters
    ----------
    folder : Path
        A saved phase model.
    features : Path
        The feature table of this project.
    rows : DataFrame
        One row per customer and cutoff: ``customer_id``, ``cutoff_us``, ``y``.

    Returns
    -------
    DataFrame
        ``customer_id``, ``cutoff_us``, ``y``, ``p`` of the rows that could be predicted; none where this project
        does not make the columns that the model needs.
    """
    model, found = load(folder), []
    until = learnt_until_us(read_json(folder / "model.json"))
    for cutoff in sorted({int(one) for one in rows["cutoff_us"]}):
        if cutoff < until:
            continue
        try:
            found.append(_at(model, newest_rows(features, cutoff), rows[rows["cutoff_us"] == cutoff]))
        except InputError as error:
            logger.info("the champion cannot be judged on newer cutoffs: %s", error)
            break
    return pd.concat(found, ignore_index=True) if found else rows.iloc[:0].assign(p=np.zeros(0))


def _at(model: PhaseModel, table: pa.Table, wanted: pd.DataFrame) -> pd.DataFrame:
    """Predict the customers of one cutoff; who is not in the feature table is left out."""
    place = pd.Index(table["customer_id"].to_numpy()).get_indexer(wanted["customer_id"])
    some = table.take(place[place >= 0])
    own = [name.removeprefix(PHASE_PREFIX) for name in model.columns if name.startswith(PHASE_PREFIX)]
    phases = dict.fromkeys([*own, *some["phase"].cast("string").unique().to_pylist(), DORMANT])
    panel = panel_of(some, None, model.contract.target, tuple(phases))
    found: pd.DataFrame = wanted[place >= 0].assign(p=model.predict(panel.x, panel.columns))
    return found
