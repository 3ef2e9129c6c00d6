"""Find records of one person by resemblance, with splink, and write them as a file of links.

Deterministic links (a login, an order with an e-mail address) need none of this. What is written is read back by the
kind of source ``links``: look at it before you use it, a wrong match joins the journeys of two people.

How it decides: splink compares names, address, postcode, year of birth and phone number of two records (Fellegi and
Sunter's model). How often strangers agree is estimated from the list; how often two records of one person agree is
what splink takes by itself, for a list with few doubles cannot teach it. People of one household share the rest, so
a pair with another first name or another year of birth is never a match, however probable.

References
----------
Fellegi & Sunter (1969), A theory for record linkage, JASA 64. Linacre et al. (2022), Splink, IJPDS 7(1).
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.csv as pacsv

from features.atomic import replacing
from features.contract import ID_SPACES
from features.errors import InputError
from features.sources._moments import to_micros
from pipelines.contacts import read_contacts

#: What two records must agree on, exactly, to be compared at all.
BLOCKS = (
    ("email",), ("phone",), ("postcode", "birth_year"), ("surname", "birth_year"), ("surname", "postcode"),
)  # fmt: skip
#: Agreement that is taken as proof when splink estimates how many pairs there are, and how much of them it finds.
PROOF, RECALL = (("email", "given"), ("phone", "given"), ("surname", "given", "postcode")), 0.8
_SEED, _SAMPLE = 7, 1e6
#: First names (Jaro-Winkler similarity) below this are different names; years may differ in one digit.
ALIKE = 0.88

# A pair leads from the lower space to the higher, within a space from the later id to the earlier; an id has one
# link, to whom it resembles most.
_CHOOSE = """
with ranked as (select *, list_position($spaces, id_space) as place from contacts),
pairs as (
    select a.id_space as from_space, a.id as from_id, b.id_space as to_space, b.id as to_id, b.place,
        round(match_probability, 6) as match_probability
    from found join ranked a on a.row in (row_l, row_r) join ranked b on b.row in (row_l, row_r)
    where (a.place < b.place or (a.place = b.place and a.id > b.id))
        and coalesce(jaro_winkler_similarity(a.given, b.given) >= $alike, true)
        and coalesce(levenshtein(a.birth_year, b.birth_year) <= 1, true)
)
select from_space, from_id, to_space, to_id, $known_at as known_at, match_probability from pairs
qualify row_number() over (
    partition by from_space, from_id order by match_probability desc, place desc, to_id
) = 1
order by from_space, from_id
"""


def run(
    contacts: Sequence[Path],
    out: Path,
    *,
    known_at: str,
    threshold: float = 0.95,
    columns: Mapping[str, str] | None = None,
    spaces: Sequence[str] = ("customer",),
) -> int:
    """Find records of one person and write them as links.

    Parameters
    ----------
    contacts : sequence of Path
        CSV files of contacts (see `read_contacts`, also for ``columns`` and ``spaces``).
    out : Path
        The file of links to write.
    known_at : str
        From when the links hold (ISO 8601, local time): the day of the export. Nobody knew of a match before.
    threshold : float
        Least probability of a match, above 0 and at most 1.

    Returns
    -------
    int
        How many links were written.

    Raises
    ------
    InputError
        If splink is not installed, or a file or value is not as agreed.
    """
    splink = _splink()  # first: without it nothing else matters
    if not 0 < threshold <= 1:
        raise InputError(f"--threshold is {threshold}; it must lie above 0 and be at most 1")
    if to_micros(pa.array([known_at]), None, "Europe/Amsterdam", where="known_at")[1].any():
        raise InputError(f"--known-at {known_at!r} cannot be read; write it as YYYY-MM-DD")
    table = read_contacts(contacts, columns or {}, spaces)
    with duckdb.connect(config={"threads": 1}) as db:
        found = _pairs(splink, db, table, threshold)
        db.register("contacts", table)
        db.register("found", found)
        values = {"spaces": list(ID_SPACES), "known_at": known_at, "alike": ALIKE}
        links: pa.Table = db.sql(_CHOOSE, params=values).to_arrow_table()
    with replacing(out) as beside:
        pacsv.write_csv(links, beside)
    return int(links.num_rows)


def _splink() -> Any:
    try:
        import splink
        import splink.comparison_library
    except ImportError as error:
        raise InputError(
            "klantreis match needs splink, which is not installed; run: "
            'python -m pip install "splink>=5" (the extra fuzzy of klantreis)'
        ) from error
    return splink


def _pairs(splink: Any, db: duckdb.DuckDBPyConnection, table: pa.Table, threshold: float) -> pa.Table:
    """Give the pairs of rows that are one person: ``row_l``, ``row_r``, ``match_probability``."""
    told = {name for name in table.column_names[3:] if len(table) - table[name].null_count > 1}
    blocks = [block for block in BLOCKS if told.issuperset(block)]
    if not blocks or len(told) < 2:
        raise InputError(
            f"too little to compare: {', '.join(sorted(told)) or 'no column'} has values; two records are compared "
            "by name, email, postcode, birth_year and phone; say with --column which headers they are"
        )
    rules = [splink.block_on(*block) for block in blocks]
    settings = splink.SettingsCreator(
        link_type="dedupe_only",
        unique_id_column_name="row",
        comparisons=_comparisons(splink.comparison_library, told),
        blocking_rules_to_generate_predictions=rules,
        retain_matching_columns=False,
    )
    linker = splink.Linker(splink.DuckDBAPI(db).register(table), settings, log_level=logging.ERROR)
    proof = [splink.block_on(*block) for block in PROOF if told.issuperset(block)]
    if proof and _agree(table):
        linker.training.estimate_probability_two_random_records_match(proof, recall=RECALL)
    linker.training.estimate_u_using_random_sampling(max_pairs=_SAMPLE, seed=_SEED)
    found = linker.inference.predict(threshold_match_probability=threshold, warning_mode="never")
    return db.sql(f"select row_l, row_r, match_probability from {found.physical_name}").to_arrow_table()


def _comparisons(library: Any, told: set[str]) -> list[Any]:
    """Say how each column is compared: equal, nearly equal, or not."""
    ways = {
        "given": library.JaroWinklerAtThresholds("given", [ALIKE]),
        "surname": library.JaroWinklerAtThresholds("surname", [0.92]).configure(
            term_frequency_adjustments=True
        ),
        "email": library.EmailComparison("email"),
        "postcode": library.LevenshteinAtThresholds("postcode", [1]),
        "birth_year": library.LevenshteinAtThresholds("birth_year", [1]),
        "phone": library.LevenshteinAtThresholds("phone", [1]),
    }
    return [way for name, way in ways.items() if name in told]


def _agree(table: pa.Table) -> bool:
    """Tell whether any two rows agree on what is taken as proof; else their number cannot be estimated."""
    for block in PROOF:
        whole = table.select(list(block)).drop_null()
        if len(whole) > len(whole.group_by(list(block)).aggregate([])):
            return True
    return False
