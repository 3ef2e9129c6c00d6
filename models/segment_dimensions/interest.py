"""Interest: the product category a customer buys most or, before any order, looks at most."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from models.segment_dimensions._base import KEY, OTHER, Dimension, Known, Segments

#: So many categories stand alone at a cutoff; the rest is ``other``.
NAMED = 8
#: What tells an interest, strongest first.
TELLING = (("purchase",), ("cart_add", "checkout"), ("product_view",))


def _segments(known: Known) -> dict[str, Segments]:
    if known.events is None or not known.events.is_file():
        return {}
    table = interests(known.events, known.rows)
    return {"": known.matched(table)} if len(table) else {}


def interests(events: Path, rows: pd.DataFrame) -> pd.DataFrame:
    """Give the category of most moments per customer and cutoff, by what was known at the cutoff.

    Orders count before baskets, baskets before views. Ties go to the category first by name. The categories
    that stand alone are those of most customers among ``rows`` at the same cutoff.

    Parameters
    ----------
    events : Path
        The canonical events.
    rows : DataFrame
        One row per customer and cutoff: ``customer_id``, ``cutoff_us``.

    Returns
    -------
    DataFrame
        ``customer_id``, ``cutoff_us``, ``segment``; customers without any category are absent.
    """
    import duckdb

    kinds = [kind for group in TELLING for kind in group]
    rank = " ".join(
        f"when kind in ({', '.join(repr(kind) for kind in group)}) then {place}"
        for place, group in enumerate(TELLING)
    )
    query = f"""
        with wanted as (select distinct customer_id, cutoff_us from given),
        counted as (
            select w.customer_id, w.cutoff_us, e.category, case {rank} end as strength,
                   count(distinct e.occurred_us) as moments
            from wanted w join read_parquet($events) e
              on e.customer_id = w.customer_id and e.occurred_us < w.cutoff_us and e.known_us <= w.cutoff_us
             and (e.until_us is null or e.until_us > w.cutoff_us)
            where e.category is not null and e.category <> '' and e.kind in ({", ".join(repr(k) for k in kinds)})
            group by all
        ),
        chosen as (
            select * from counted
            qualify row_number() over (
                partition by customer_id, cutoff_us order by strength, moments desc, category) = 1
        ),
        ranked as (
            select cutoff_us, category, row_number() over (
                partition by cutoff_us order by count(*) desc, category) as place
            from chosen group by cutoff_us, category
        )
        select c.customer_id, c.cutoff_us, case when r.place <= {NAMED} then c.category else '{OTHER}' end as segment
        from chosen c join ranked r using (cutoff_us, category)
        order by c.cutoff_us, c.customer_id"""
    connection = duckdb.connect(config={"threads": 1})
    try:
        connection.register("given", rows[KEY])
        found: pd.DataFrame = connection.execute(query, {"events": str(events)}).df()
    finally:
        connection.close()
    return found


DIMENSION = Dimension(
    _segments,
    name={"en": "Interest", "nl": "Interesse"},
    words={OTHER: {"en": "Other", "nl": "Overig"}},
    place=30,
)
