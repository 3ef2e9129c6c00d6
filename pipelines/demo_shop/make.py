"""Make the demo shop: simulate, write the raw exports, and the truth beside them."""

from __future__ import annotations

import hashlib
import json
import logging
from pathlib import Path

from features.atomic import replacing
from pipelines.demo_shop.exports.baskets import baskets_of
from pipelines.demo_shop.exports.crm import write_contacts, write_deals, write_merges
from pipelines.demo_shop.exports.decisions import write_costs, write_decisions
from pipelines.demo_shop.exports.files import Exports
from pipelines.demo_shop.exports.ga4 import write_ga4
from pipelines.demo_shop.exports.mail import write_mail_log
from pipelines.demo_shop.exports.people import people_of
from pipelines.demo_shop.exports.service import write_chats, write_reviews, write_surveys, write_tickets
from pipelines.demo_shop.exports.shop import write_loyalty, write_orders, write_receipts
from pipelines.demo_shop.log import keep_log
from pipelines.demo_shop.settings import DemoSettings
from pipelines.demo_shop.truth import write_truth

SPEC = "spec.json"

logger = logging.getLogger(__name__)


def make_demo(settings: DemoSettings, raw: Path, truth: Path) -> bool:
    """Make the exports and the truth, unless the same settings and the same code made what is there.

    Parameters
    ----------
    settings : DemoSettings
        Block ``demo`` of ``params.yaml``.
    raw, truth : Path
        Folders; each is made beside and moved into place.

    Returns
    -------
    bool
        Whether they were made.
    """
    spec = json.dumps({"code": _code(), "settings": settings.model_dump()}, indent=1, sort_keys=True) + "\n"
    if all(
        (folder / SPEC).is_file() and (folder / SPEC).read_text("utf-8") == spec for folder in (raw, truth)
    ):
        return False
    with replacing(truth) as truth_beside, replacing(raw) as raw_beside:
        _make(settings, raw_beside, truth_beside)
        for folder in (raw_beside, truth_beside):
            # Written last: without it a folder counts as half made.
            (folder / SPEC).write_text(spec, encoding="utf-8")
    return True


def _make(settings: DemoSettings, raw: Path, truth: Path) -> None:
    log = keep_log(settings)
    logger.info(
        "demo shop: %d people, %d weeks, %d orders",
        settings.customers,
        settings.weeks,
        len(log.orders["day"]),
    )
    people = people_of(log, settings)
    baskets = baskets_of(log, people, settings)
    out = Exports(raw, settings.seed)
    write_orders(log, people, baskets, out)
    write_receipts(log, people, baskets, settings, out)
    write_loyalty(log, people, baskets, settings, out)
    write_contacts(log, people, settings, out)
    write_deals(log, people, settings, out)
    write_merges(people, settings, out)
    write_mail_log(log, people, out)
    write_tickets(log, people, settings, out)
    write_chats(log, people, out)
    write_surveys(log, people, settings, out)
    write_reviews(log, people, out)
    write_decisions(log, people, out)
    write_costs(log, settings, out)
    write_ga4(log, people, baskets, settings, out)
    write_truth(log, people, settings, out.faults, truth)


def _code() -> str:
    """Digest of the simulator's own source: another simulator makes other data."""
    digest = hashlib.sha256()
    for path in sorted(Path(__file__).parent.rglob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]
