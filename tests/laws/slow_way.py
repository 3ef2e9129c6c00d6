"""Compares a family with its slow reference, customer by customer, at every cutoff.

The reference of a family is ``tests/laws/references/<family>.py``:

- ``reference(mine, scope, frame, learnt) -> {measure: value}``: of one customer at one cutoff, in plain Python;
  ``mine`` are the rows that may be seen, ``learnt`` is what the family learnt from everybody at that cutoff;
- ``learn(everybody, scope, frame, before) -> table`` where the family learns: what ``learnt`` must be, from the rows
  of every customer.
"""

from __future__ import annotations

import importlib.util
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest

from features.contract import DAY_US
from features.crowd import Learnt
from features.plan import Plan
from features.scope import scope_of
from features.view import Frame
from tests.laws.feature_laws import built, learnt_from
from tests.laws.references._rows import rows_at

REFERENCES = Path(__file__).parent / "references"
#: float32 keeps seven digits.
RELATIVE, ABSOLUTE = 1e-5, 1e-6


def written() -> set[str]:
    """Families that have a reference."""
    return {path.stem for path in REFERENCES.glob("[a-z]*.py")}


@cache
def slow(family: str) -> ModuleType:
    path = REFERENCES / f"{family}.py"
    spec = importlib.util.spec_from_file_location(f"reference_{family}", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def differences(family: str, plan: Plan, log: pd.DataFrame, learnt: Learnt | None = None) -> list[str]:
    """Tell where the kernel and the reference of a family disagree; at most twenty.

    What the family learnt from everybody is learnt from the log, if it is not given.
    """
    plan = plan.model_copy(update={"families": (family,)})
    learnt = learnt_from(log, plan) if learnt is None else learnt
    features, _ = built(log, plan, learnt)
    found: list[str] = []
    for cutoff_us in plan.all_cutoffs:
        table = features.filter(pa.compute.equal(features["cutoff_us"], cutoff_us)).to_pandas()
        table = table.set_index("customer_id").filter(regex=f"^{family}__")
        rows = rows_at(log, cutoff_us, plan.lookback_days)
        assert sorted(rows) == table.index.tolist()
        frame = Frame(1, cutoff_us, plan.windows_days, plan.lookback_days)
        for customer, mine in rows.items():
            wanted = slow(family).reference(mine, scope_of(plan), frame, learnt.at(family, cutoff_us))
            wanted = {f"{family}__{name}": float(value) for name, value in wanted.items()}
            assert set(wanted) == set(table.columns), set(wanted) ^ set(table.columns)
            found += [
                f"{name} of {customer} on day {cutoff_us // DAY_US}: kernel {value}, reference {wanted[name]}"
                for name, value in table.loc[customer].items()
                if value != pytest.approx(wanted[str(name)], rel=RELATIVE, abs=ABSOLUTE)
            ]
    return found[:20]


def learnt_differences(family: str, plan: Plan, log: pd.DataFrame) -> list[str]:
    """Tell where what a family learns from everybody is not what its reference learns."""
    assert hasattr(slow(family), "learn"), f"write learn() in tests/laws/references/{family}.py"
    plan = plan.model_copy(update={"families": (family,)})
    learnt = learnt_from(log, plan)
    found: list[str] = []
    before: Any = None
    for cutoff_us in plan.all_cutoffs:
        frame = Frame(1, cutoff_us, plan.windows_days, plan.lookback_days)
        everybody = rows_at(log, cutoff_us, plan.lookback_days)
        wanted = slow(family).learn(everybody, scope_of(plan), frame, before)
        before = learnt.at(family, cutoff_us)
        assert before.column_names == wanted.column_names
        pairs = zip(before.to_pylist(), wanted.to_pylist(), strict=True)
        found += [
            f"day {cutoff_us // DAY_US}: learnt {one}, reference {other}"
            for one, other in pairs
            if not _alike(one, other)
        ]
    return found[:20]


def _alike(one: dict[str, Any], other: dict[str, Any]) -> bool:
    """Numbers (and lists of them) nearly equal, all else equal."""
    return all(
        value == (other[name] if isinstance(value, str) else pytest.approx(other[name], rel=1e-9, abs=1e-12))
        for name, value in one.items()
    )
