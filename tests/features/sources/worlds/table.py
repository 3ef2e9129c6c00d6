"""A small CSV log."""

from __future__ import annotations

from pathlib import Path
from typing import Any

EXPECTED = {"rows_in": 5, "kept": 1, "quarantined": 3, "deduplicated": 1}


def write(raw: Path) -> dict[str, Any]:
    rows = ["a,2024-01-02,1", "a,2024-01-02,1", "b,never,2", "c,2024-01-05,-4", "torn"]
    (raw / "orders.csv").write_text("\n".join(["who,when,much", *rows]) + "\n")
    columns = {"customer": "who", "occurred": "when", "value": "much"}
    return {
        "options": {"files": "*.csv", "columns": columns, "constants": {"kind": "purchase", "channel": "web"}}
    }
