"""A few links beside a shop: links alone are no log."""

from __future__ import annotations

from pathlib import Path
from typing import Any

#: Of the links two are kept; the shop has one row.
EXPECTED = {"rows_in": 9, "kept": 3, "quarantined": 6, "deduplicated": 0}

LINKS = (
    "browser;1;customer;a;2024-01-03",
    "customer;a;customer;a;2024-01-03T12:00:00Z",
    "shop;1;customer;a;2024-01-03",
    "card;;customer;a;2024-01-03",
    "email;nobody;customer;a;2024-01-03",
    "customer;a;email;a@shop.nl;2024-01-03",
    "card;1;customer;a;never",
    "card;1;customer;a;2099-01-01",
)


def write(raw: Path) -> dict[str, Any]:
    (raw / "matches.csv").write_text("\n".join(["from_space;from;to_space;to_id;known_at", *LINKS]) + "\n")
    (raw / "orders.csv").write_text("who,when\nbrowser:1,2024-01-02\n")
    shop = {
        "files": "orders.csv",
        "columns": {"customer": "who", "occurred": "when"},
        "constants": {"kind": "page_view"},
    }
    matches = {"files": "matches.csv", "columns": {"from_id": "from"}}
    parts = {"shop": {"kind": "table", "options": shop}, "matches": {"kind": "links", "options": matches}}
    return {"kind": "combined", "options": {"parts": parts}}
