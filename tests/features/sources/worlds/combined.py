"""Two exports of one shop: order lines, and links of browsers to customers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

EXPECTED = {"rows_in": 11, "kept": 7, "quarantined": 3, "deduplicated": 1}

COLUMNS = {"customer": "who", "occurred": "when", "value": "much"}


def write(raw: Path) -> dict[str, Any]:
    for folder in ("shop", "web", "links"):
        (raw / folder).mkdir()
    (raw / "shop" / "orders.csv").write_text(
        "who,when,much\na,2024-01-02,1\na,2024-01-02,1\nb,never,2\nc,2024-01-05,3\n"
    )
    (raw / "web" / "visits.csv").write_text("who,when\nbrowser:1,2024-01-01\na,2024-01-02\n,2024-01-02\n")
    links = [
        "browser,1,customer,a,2024-01-03",
        "email,a@shop.nl,customer,a,2024-01-03",
        "customer,a,browser,1,2024-01-04",
        "email,A@shop.nl,customer,c,2024-01-05",
    ]
    (raw / "links" / "matches.csv").write_text(
        "\n".join(["from_space,from_id,to_space,to_id,known_at", *links]) + "\n"
    )
    shop = {"files": "*.csv", "columns": COLUMNS, "constants": {"kind": "purchase", "channel": "web"}}
    web = {
        "files": "*.csv", "columns": {"customer": "who", "occurred": "when"}, "constants": {"kind": "page_view"},
        "duplicates": "keep",
    }  # fmt: skip
    parts = {
        "shop": {"kind": "table", "folder": "shop", "options": shop},
        "web": {"kind": "table", "folder": "web", "options": web},
        "matches": {"kind": "links", "folder": "links"},
        "absent": {"kind": "links", "folder": "nowhere", "optional": True},
    }
    return {"options": {"parts": parts}}
