"""The gain benchmark: exact, reproducible, and able to see a rule that harms."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

import benchmarks.next_action.gain as gain
from benchmarks.next_action.__main__ import main
from benchmarks.next_action.simulator import FRESH, make_decisions


def test_the_benchmark_writes_the_share_of_the_gain(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gain, "JUDGES", 5_000)
    given = ["--seeds", "1", "--rows", "8000", "--phases", "consideration", "service", "--json"]
    main([*given, str(tmp_path / "a.json")])
    found = json.loads((tmp_path / "a.json").read_text())
    rows = {(row["world"], row["phase"]): row["gain_share"] for row in found["rows"]}
    assert len(rows) == 4
    shares = [rows["near_linear", phase] for phase in ("consideration", "service")]
    assert found["gain_share_mean"] == pytest.approx(np.mean(shares))
    assert found["gain_share_worst"] == min(shares) > 0.3
    assert found["gain_share_worst_interactions"] == min(
        rows["interactions", phase] for phase in ("consideration", "service")
    )
    assert max(rows.values()) < 1
    main([*given, str(tmp_path / "b.json")])
    assert (tmp_path / "a.json").read_bytes() == (tmp_path / "b.json").read_bytes()


def test_the_share_is_exact_for_known_policies() -> None:
    fresh = make_decisions("service", 20_000, FRESH + 1)
    constant = int(fresh.value.mean(axis=0).argmax())
    assert fresh.gain_share(np.full(20_000, constant)) == pytest.approx(0, abs=1e-12)
    assert fresh.gain_share(fresh.value.argmax(axis=1)) == pytest.approx(1)
    assert fresh.gain_share(fresh.value.argmin(axis=1)) < 0
