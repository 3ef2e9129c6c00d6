"""Read lists of contacts and write them in one manner, so that two records of one person can be compared."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from features.contract import ID_SPACES
from features.errors import InputError
from features.sources._batches import RawFile
from features.sources._csv import CsvDialect, csv_batches

logger = logging.getLogger(__name__)

#: What a contact may have; only the id must be there.
FIELDS = ("id", "id_space", "name", "email", "postcode", "birth_year", "phone")

# Of a name the first and the last word are compared ("Jansen, Piet" is turned round); an initial says too little.
_TIDY = r"""
with plain as (
    select trim(id) as id, lower(trim(id_space)) as id_space,
        lower(strip_accents(case when name like '%,%'
            then trim(split_part(name, ',', 2)) || ' ' || trim(split_part(name, ',', 1)) else name end)) as name,
        lower(trim(email)) as email, upper(regexp_replace(postcode, '[^0-9A-Za-z]', '', 'g')) as postcode,
        regexp_extract(birth_year, '(18|19|20)[0-9]{2}') as birth_year,
        right(regexp_replace(phone, '[^0-9]', '', 'g'), 9) as phone
    from raw
), words as (
    select *, string_split(trim(regexp_replace(name, '[^a-z]+', ' ', 'g')), ' ') as parts from plain
)
select distinct id, id_space,
    case when len(parts) > 1 and length(parts[1]) > 1 then parts[1] end as given,
    nullif(parts[-1], '') as surname,
    case when regexp_full_match(email, '[^@\s]+@[^@\s]+\.[^@\s]+') then email end as email,
    nullif(postcode, '') as postcode, nullif(birth_year, '') as birth_year,
    case when length(phone) = 9 then phone end as phone
from words where coalesce(id, '') <> ''
order by all
"""


def read_contacts(paths: Sequence[Path], columns: Mapping[str, str], spaces: Sequence[str]) -> pa.Table:
    r"""Read CSV files of contacts.

    Parameters
    ----------
    paths : sequence of Path
        CSV, UTF-8; what separates the fields is found from the header.
    columns : mapping of str to str
        One of `FIELDS` to the header in the files, where it is another. Several headers with ``+`` between are
        joined by a blank (``First Name+Last Name``). Only the id must be in every file.
    spaces : sequence of str
        The space of the ids of each file (or one for all), where there is no column ``id_space``.

    Returns
    -------
    table
        One row per distinct contact, sorted: ``row`` (its number), ``id``, ``id_space``, ``given``, ``surname``,
        ``email``, ``postcode``, ``birth_year``, ``phone``; null where nothing can be read.

    Raises
    ------
    InputError
        If a file or its ids cannot be read, or a space is none.

    Examples
    --------
    >>> import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "crm.csv"
    >>> _ = path.write_text("nr,name,phone\nK7,'Jansen, Piet',06-12345678\n".replace("'", '"'))
    >>> read_contacts([path], {"id": "nr"}, ["customer"]).select(["id", "given", "surname", "phone"]).to_pylist()
    [{'id': 'K7', 'given': 'piet', 'surname': 'jansen', 'phone': '612345678'}]
    """
    unknown = sorted(set(columns) - set(FIELDS))
    if unknown:
        raise InputError(f"--column names {', '.join(unknown)}; allowed: {', '.join(FIELDS)}")
    if len(spaces) not in (1, len(paths)):
        raise InputError(
            f"--id-space is given {len(spaces)} times for {len(paths)} files; give it once, or once per file"
        )
    each = list(spaces) * (len(paths) if len(spaces) == 1 else 1)
    raw = pa.concat_tables([_read(path, columns, space) for path, space in zip(paths, each, strict=True)])
    with duckdb.connect(config={"threads": 1}) as db:
        db.register("raw", raw)
        tidy = db.sql(_TIDY).to_arrow_table()
    wrong = sorted(set(pc.unique(tidy["id_space"]).to_pylist()) - set(ID_SPACES))
    if wrong:
        raise InputError(
            f"id_space is {wrong[0]!r}; allowed: {', '.join(ID_SPACES)}; mend the column, or change --id-space"
        )
    return tidy.add_column(0, "row", pa.array(np.arange(tidy.num_rows)))


def _read(path: Path, columns: Mapping[str, str], space: str) -> pa.Table:
    if not path.is_file():
        raise InputError(f"--contacts {path}: no such file")
    batches = list(csv_batches(RawFile(path, path.name, "contacts"), CsvDialect("<name>")))
    broken = sum(batch.broken.num_rows for batch in batches)
    if broken:
        logger.warning("%s: %d rows with too few or too many fields are left out", path.name, broken)
    if not batches:
        raise InputError(f"--contacts {path}: the file is empty; its first line must name the columns")
    data = pa.concat_tables([batch.data for batch in batches])
    names = {field: columns.get(field, field) for field in FIELDS}
    if names["id"] not in data.column_names:
        raise InputError(
            f"{path.name}: column {names['id']!r} is missing; found: {', '.join(data.column_names)}; say which one "
            "holds the ids with --column id=<header>"
        )
    found = {field: _field(data, names[field]) for field in FIELDS}
    told = pc.not_equal(pc.fill_null(found["id_space"], ""), "")
    found["id_space"] = pc.if_else(told, found["id_space"], space)
    return pa.table(found)


def _field(data: pa.Table, header: str) -> pa.ChunkedArray | pa.Array:
    """Give a column as text; several headers with ``+`` between are joined. Null where the file has none."""
    wanted = [header] if header in data.column_names else header.split("+")
    parts = [pc.fill_null(data[one].cast(pa.string()), "") for one in wanted if one in data.column_names]
    if not parts:
        return pa.nulls(data.num_rows, pa.string())
    return parts[0] if len(parts) == 1 else pc.binary_join_element_wise(*parts, " ")
