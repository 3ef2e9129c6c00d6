"""Tables of a run, laid out for the table view of MLflow: the first column names the row, the second compares."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    from models.tracking.content import ModelContent, RunContent

#: What names a row, where a table has these columns. MLflow groups by the first column of a table.
NAMES = (
    "target", "segment_kind", "segment", "phase", "kpi", "from", "to", "policy", "action", "measure", "metric",
)  # fmt: skip
#: What to compare first: MLflow shows the second column. Its interval stands beside it.
FIRST = ("value", "effect", "low", "high")


def tables_of(content: RunContent) -> dict[str, pd.DataFrame]:
    """Give every table of a run by name; ``forecasts`` sorts first, so the table view opens with it.

    Parameters
    ----------
    content : RunContent
        The run.
    """
    tables = {name: pd.DataFrame(rows) for name, rows in content.tables.items()}
    if content.table is not None:
        tables[content.table.stem] = pd.read_csv(content.table)
    named = {name: with_names(table) for name, table in tables.items()}
    return {"forecasts": forecasts(content.models), **named}


def with_names(table: pd.DataFrame) -> pd.DataFrame:
    """Put a column that names the row in front, and what to compare behind it; what the name is made of goes last.

    Examples
    --------
    >>> found = with_names(pd.DataFrame({"phase": ["decision"], "policy": ["mail"], "n": [9], "value": [1.5]}))
    >>> list(found), found["row"][0]
    (['row', 'value', 'n', 'phase', 'policy'], 'decision · mail')
    """
    names = [name for name in NAMES if name in table]
    if not names or table.empty:
        return table
    parts = table[names].astype(object).where(table[names].notna(), "").astype(str)
    told = [" \N{MIDDLE DOT} ".join(one) for one in parts.itertuples(index=False)]
    row = pd.Series(told, index=table.index, name="row")
    first = [name for name in FIRST if name in table]
    rest = [name for name in table if name not in (*first, *names)]
    return pd.concat([row, table[first + rest + names].map(_short)], axis=1)


def _short(value: object) -> object:
    """Give a number as in the reports: four digits, whole ones whole."""
    if not isinstance(value, float) or not math.isfinite(value):
        return value
    return float(f"{value:.4g}") if abs(value) < 1000 else float(round(value))


def forecasts(models: Sequence[ModelContent]) -> pd.DataFrame:
    """Give one row per model: how well it foresees, in one text to read side by side, and in numbers.

    Parameters
    ----------
    models : sequence of ModelContent
        The models of a run.
    """
    rows = [
        {
            "row": f"{model.target} \N{MIDDLE DOT} {model.phase}",
            "result": ", ".join(f"{name} {value:.4g}" for name, value in model.metrics.items())
            or "not judged",
            "served by": model.candidate,
            "eligible": model.eligible,
            "why": model.reason,
            **model.metrics,
        }
        for model in models
    ]
    return pd.DataFrame(rows)
