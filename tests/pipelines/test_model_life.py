"""Commands ``staleness`` and ``learning-curve``: a report and a picture, the same bytes twice."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from features.errors import InputError
from pipelines import learning_curve, staleness

#: The command, its report and its picture.
COMMANDS: list[tuple[Callable[..., list[str]], str, str]] = [
    (partial(staleness.run, ages=1), "staleness.json", "staleness.png"),
    (learning_curve.run, "learning_curve.json", "learning_curve_churn.png"),
]


@pytest.mark.parametrize(("run", "report", "picture"), COMMANDS)
def test_a_report_and_a_picture_the_same_twice(
    shop: Path, run: Callable[..., list[str]], report: str, picture: str
) -> None:
    told = run(shop, "churn", rows=500)
    written = {name: (shop / "reports" / name).read_bytes() for name in (report, picture)}
    assert run(shop, "churn", rows=500) == told
    assert written == {name: (shop / "reports" / name).read_bytes() for name in written}
    content: dict[str, Any] = json.loads(written[report])
    assert content["targets"]["churn"]["judged"] is True
    assert told[0].startswith("Churn")


@pytest.mark.parametrize("run", [one[0] for one in COMMANDS])
def test_an_unknown_target_is_said(shop: Path, run: Callable[..., list[str]]) -> None:
    with pytest.raises(InputError, match="churn, readiness"):
        run(shop, "exits")
