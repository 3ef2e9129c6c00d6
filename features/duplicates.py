"""Which staged rows are copies of others: SQL over the staged tables, by the rules of the adapters.

Duplicates are looked for within a part of a source: the same event in two overlapping daily files, or in a file
that was exported twice, stands once in the canonical tables.
"""

from __future__ import annotations

from collections.abc import Mapping

from features.contract import DECISIONS
from features.sources._base import Source
from features.sources._batches import STAGED_EVENTS

#: Every column of a staged event that its raw row decided.
_CONTENT = ("customer_id", *(name for name in STAGED_EVENTS.names if name != "source_id"))


def event_copies(staged: str, parts: Mapping[str, Source], *, extra: bool) -> str:
    """Say which copies of an event are dropped (``_dropped``), or what id each copy gets.

    First and further events of raw rows are looked at apart: a later export of a row may tell more of it (the
    ticket was closed since), which must not go with the copy of its beginning.

    Parameters
    ----------
    staged : str
        The staged events, as SQL may name them.
    parts : mapping of str to Source
        The parts of the source; each says which of its events are the same and what is done with copies.
    extra : bool
        Whether any raw row tells of further events.
    """
    rules: dict[tuple[tuple[str, ...], bool, str], list[str]] = {}
    for name, part in parts.items():
        rules.setdefault((part.identity, part.whole_row, part.duplicates), []).append(name)
    chosen = []
    for rule, names in rules.items():
        own = staged if len(rules) == 1 else f"(select * from {staged} where source in ({_words(names)}))"
        chosen += [
            _by_rule(f"(select * from {own} where {which} _extra)", rule)
            for which in ("not", "")[: 1 + extra]
        ]
    return " union all ".join(chosen)


def _by_rule(staged: str, rule: tuple[tuple[str, ...], bool, str]) -> str:
    identity, whole_row, duplicates = rule
    key = ("source", *identity)
    content = "" if whole_row else "".join(f"{name}, " for name in _CONTENT if name not in identity)
    # Nearly every event stands once: only the others need to be put in order.
    twice = f"(select {', '.join(key)} from {staged} group by all having count(*) > 1)"
    same = " and ".join(f"staged.{name} is not distinct from twice.{name}" for name in key)
    copies = (
        f"select *, 0 as _copy from {staged} as staged anti join {twice} as twice on {same} union all "
        f"select *, row_number() over (partition by {', '.join(key)} order by {content}_file, _row) - 1 as _copy "
        f"from {staged} as staged semi join {twice} as twice on {same}"
    )
    if duplicates == "drop":
        return f"select * exclude (_copy), _copy > 0 as _dropped from ({copies})"
    # The copy's number goes into its id, so that ids stay unique and no order of rows matters.
    numbered = "(md5_number_lower(event_id::varchar || ':' || _copy::varchar) >> 1)::bigint"
    return (
        "select * exclude (_copy) "
        f"replace (case when _copy = 0 then event_id else {numbered} end as event_id), "
        f"false as _dropped from ({copies})"
    )


def decision_copies(staged: str) -> str:
    """Mark decisions that were logged twice (``_dropped``): one id of one part is one decision."""
    content = ", ".join(name for name in DECISIONS.names if name != "decision_id")
    return (
        "select *, row_number() over "
        f"(partition by source, decision_id order by {content}, _file) > 1 as _dropped from {staged}"
    )


def repeated_rows(staged: str) -> str:
    """Mark rows that repeat another row of their table as a whole (``_dropped``): those without ``_raw`` never."""
    copy = "row_number() over (partition by source, _raw order by _file)"
    return f"select *, _raw is not null and {copy} > 1 as _dropped from {staged}"


def cost_copies(staged: str) -> str:
    """Mark costs that are told again (``_dropped``): in a row that is repeated whole, or in another file.

    Two rows of one file that are equal but for what we do not read (impressions) are two amounts.
    """
    key = "source, day_us, channel, campaign, amount"
    whole = f"select * exclude (_dropped), _dropped as _repeated from ({repeated_rows(staged)})"
    numbered = f"select *, row_number() over (partition by {key}, _file, _repeated) as _copy from ({whole})"
    return (
        "select * exclude (_copy, _repeated), _repeated or "
        f"row_number() over (partition by {key}, _copy, _repeated order by _file) > 1 as _dropped "
        f"from ({numbered})"
    )


def _words(names: list[str]) -> str:
    return ", ".join("'" + name.replace("'", "''") + "'" for name in names)
