"""The panel: features and one target side by side, one row per customer and cutoff."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from features.errors import InputError
from features.plan import PLAN_DIGEST
from models.newest_rows import schema_of

KEYS = ("customer_id", "cutoff_us", "phase")
PHASE_PREFIX = "journey__is_"


@dataclass(frozen=True)
class Panel:
    """What the models learn from and predict on.

    Parameters
    ----------
    customer_id, cutoff_us : int64 array, shape (n,)
        The grain: one row per customer and cutoff (microseconds since 1970, UTC midnight).
    phase : int16 array, shape (n,)
        Position in ``phases``.
    phases : tuple of str
        Names of the phases in journey order, ``dormant`` last.
    x : float32 array, shape (n, k)
        One column per name in ``columns``.
    columns : tuple of str
        Feature columns, then one ``journey__is_<phase>`` column (0 or 1) per phase.
    y : float32 array, shape (n,)
        1, 0, or NaN where the label has not matured or cannot be known.
    population : bool array, shape (n,)
        Who is at risk under the label contract.
    """

    customer_id: npt.NDArray[np.int64]
    cutoff_us: npt.NDArray[np.int64]
    phase: npt.NDArray[np.int16]
    phases: tuple[str, ...]
    x: npt.NDArray[np.float32]
    columns: tuple[str, ...]
    y: npt.NDArray[np.float32]
    population: npt.NDArray[np.bool_]

    def __len__(self) -> int:
        """Give the number of rows."""
        return len(self.customer_id)

    def take(self, mask: npt.NDArray[np.bool_]) -> Panel:
        """Keep the rows where ``mask`` (bool, shape (n,)) is true, in their order."""
        return replace(
            self,
            customer_id=self.customer_id[mask],
            cutoff_us=self.cutoff_us[mask],
            phase=self.phase[mask],
            x=self.x[mask],
            y=self.y[mask],
            population=self.population[mask],
        )

    def drawn(self, max_rows: int, seed: int) -> Panel:
        """Keep about ``max_rows`` rows at most: all rows of customers drawn by ``seed``."""
        if len(self) <= max_rows:
            return self
        customers = np.unique(self.customer_id)
        wanted = max(1, int(len(customers) * max_rows / len(self)))
        chosen = np.random.default_rng(seed).permutation(len(customers))[:wanted]
        return self.take(np.isin(self.customer_id, customers[chosen]))

    def in_phase(self, name: str) -> npt.NDArray[np.bool_]:
        """Say for each row whether its customer was in phase ``name``; no row if the journey lacks it."""
        code = self.phases.index(name) if name in self.phases else -1
        return np.asarray(self.phase == code, dtype=np.bool_)

    def column(self, name: str) -> npt.NDArray[np.float32]:
        """Give one column by name.

        Raises
        ------
        InputError
            If the panel has no such column.
        """
        if name not in self.columns:
            raise InputError(
                f"the feature table has no column {name!r}; it comes from family {name.split('__')[0]!r}: "
                f"add that to features.families in params.yaml"
            )
        return self.x[:, self.columns.index(name)]


def panel_of(features: pa.Table, labels: pa.Table | None, target: str, phases: Sequence[str]) -> Panel:
    """Join a feature table and a label table, row by row, into the panel of one target.

    Parameters
    ----------
    features : pyarrow.Table
        One row per customer and cutoff: ``customer_id``, ``cutoff_us``, ``phase``, then numeric columns.
    labels : pyarrow.Table or None
        The same rows in the same order, with ``<target>__population`` and ``<target>__label``. None when only
        predictions are wanted: then nobody is labelled and everybody is in the population.
    target : str
        For example ``"churn"``.
    phases : sequence of str
        Every phase of the journey, in order.

    Returns
    -------
    Panel
        One row per customer and cutoff.

    Raises
    ------
    InputError
        If the two tables do not have the same rows, or a phase is not of this journey.

    Examples
    --------
    >>> import pyarrow as pa
    >>> keys = {"customer_id": [1, 2], "cutoff_us": [0, 0]}
    >>> table = pa.table({**keys, "phase": ["decision", "dormant"], "recency__orders": [3.0, 90.0]})
    >>> labels = pa.table({**keys, "churn__population": [True, False], "churn__label": [1.0, None]})
    >>> panel = panel_of(table, labels, "churn", ("decision", "dormant"))
    >>> panel.columns
    ('recency__orders', 'journey__is_decision', 'journey__is_dormant')
    >>> panel.y.tolist()
    [1.0, nan]
    """
    names = tuple(name for name in features.column_names if name not in KEYS)
    customer, cutoff = (_int64(features, key) for key in KEYS[:2])
    codes = _phase_codes(features["phase"], tuple(phases))
    x = np.empty((features.num_rows, len(names) + len(phases)), dtype=np.float32)
    for position, name in enumerate(names):
        x[:, position] = features[name].to_numpy()
    x[:, len(names) :] = codes[:, None] == np.arange(len(phases))[None, :]
    y = np.full(len(customer), np.nan, dtype=np.float32)
    population = np.ones(len(customer), dtype=np.bool_)
    if labels is not None:
        if not (
            np.array_equal(customer, _int64(labels, KEYS[0]))
            and np.array_equal(cutoff, _int64(labels, KEYS[1]))
        ):
            raise InputError(
                f"the label table ({labels.num_rows} rows) and the feature table ({features.num_rows} rows) "
                f"must have the same customers and cutoffs in the same order; run the features stage again"
            )
        y, population = _target_columns(labels, target)
    columns = (*names, *(PHASE_PREFIX + phase for phase in phases))
    return Panel(customer, cutoff, codes, tuple(phases), x, columns, y, population)


def load_panel(
    features: Path, labels: Path | None, target: str, phases: Sequence[str], plan_digest: str | None = None
) -> Panel:
    """Read ``features.parquet`` and ``labels.parquet`` into the panel of one target.

    Parameters
    ----------
    features, labels : Path
        As written by the features stage; ``labels`` None when only predictions are wanted.
    target : str
        For example ``"churn"``.
    phases : sequence of str
        Every phase of the journey, in order.
    plan_digest : str, optional
        ``Plan.digest`` of the plan at hand.

    Returns
    -------
    Panel
        One row per customer and cutoff.

    Raises
    ------
    InputError
        If the two files were built from another plan than each other or than the one at hand (a features
        stage that was cut short), have other rows, or lack the columns of the target.
    """
    require_one_plan([features] if labels is None else [features, labels], plan_digest)
    table = None
    if labels is not None:
        wanted = [*KEYS[:2], f"{target}__population", f"{target}__label"]
        found = schema_of(labels).names
        table = pq.read_table(labels, columns=[name for name in wanted if name in found])
    return panel_of(pq.read_table(features), table, target, phases)


def require_one_plan(tables: Sequence[Path], plan_digest: str | None = None) -> None:
    """Refuse tables that the features stage did not build together.

    Parameters
    ----------
    tables : sequence of Path
        ``features.parquet``, ``labels.parquet`` or both.
    plan_digest : str, optional
        ``Plan.digest`` of the plan at hand; without it the tables are compared with each other only.

    Raises
    ------
    InputError
        Naming the tables.
    """
    carried = [(schema_of(path).metadata or {}).get(PLAN_DIGEST, b"").decode() for path in tables]
    if len({*carried} if plan_digest is None else {*carried, plan_digest}) > 1:
        names = " and ".join(path.name for path in tables)
        found = ", ".join(digest[:12] or "none" for digest in carried)
        wanted = "" if plan_digest is None else f"; data/plan.json has {plan_digest[:12]}"
        raise InputError(
            f"{names} were not built by one run of the features stage (digest of their plan: {found}{wanted}); "
            f"run the features stage again: klantreis features (or dvc repro)"
        )


def _int64(table: pa.Table, name: str) -> npt.NDArray[np.int64]:
    if name not in table.column_names:
        raise InputError(f"column {name!r} is missing; found: {', '.join(table.column_names[:10])}, ...")
    return np.asarray(table[name].to_numpy(), dtype=np.int64)


def _phase_codes(column: pa.ChunkedArray, phases: tuple[str, ...]) -> npt.NDArray[np.int16]:
    names = column.cast(pa.string())
    codes = pc.index_in(names, value_set=pa.array(phases, pa.string()))
    if codes.null_count:
        unknown = sorted({str(name) for name in pc.unique(names).to_pylist()} - set(phases))
        raise InputError(
            f"the feature table holds phase {unknown[0]!r}, which is not in the journey; allowed: "
            f"{', '.join(phases)}; run the features stage again after changing journey in params.yaml"
        )
    return np.asarray(codes.to_numpy(), dtype=np.int16)


def _target_columns(labels: pa.Table, target: str) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.bool_]]:
    for name in (f"{target}__label", f"{target}__population"):
        if name not in labels.column_names:
            raise InputError(
                f"the label table lacks {name!r}; run the features stage again with target {target!r}"
            )
    y = np.asarray(labels[f"{target}__label"].cast(pa.float32()).to_numpy(), dtype=np.float32)
    population = labels[f"{target}__population"].cast(pa.bool_()).to_numpy()
    return y, np.asarray(population, dtype=np.bool_)
