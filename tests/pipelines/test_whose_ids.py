"""Who the ids of a list are."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from features.contract import DAY_US, IDS, LINKS
from features.errors import InputError
from features.pseudonyms import email_ids, pseudonym, space_of
from pipelines import score_files
from pipelines.customer_list import CustomerList
from pipelines.paths import Project
from pipelines.score_assembled import _spaces
from pipelines.whose_ids import who

KEY = b"key"
EMAIL = email_ids(pa.array(["a@shop.nl"]), KEY)[0].as_py()


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Customers 7 and 8, browser 1 (day 5 to 7), card 8 (of nobody), card 7 (of 7), an address (day 3 to 7)."""
    ids = pa.array(["7", "8", "browser:1", "card:8", "card:7", EMAIL])
    numbers = {one: pseudonym(one, KEY) for one in ids.to_pylist()}
    table = pa.table([ids, space_of(ids), pa.array(list(numbers.values()))], names=IDS.names)
    project = Project(tmp_path)
    project.canonical.mkdir(parents=True)
    pq.write_table(table.cast(IDS), project.ids)
    links = [("browser:1", "7", 5), (EMAIL, "7", 3), ("card:7", "7", 1)]
    columns = zip(*((numbers[a], numbers[b], day * DAY_US) for a, b, day in links), strict=True)
    pq.write_table(
        pa.table(list(map(pa.array, columns)), names=LINKS.names), project.canonical / "links.parquet"
    )
    return project


def found(project: Project, *ids: str, day: int = 9) -> list[str | None]:
    """Give the source id of whom each id stands for."""
    names = pq.read_table(project.ids).to_pylist()
    shown = {row["customer_id"]: row["source_id"] for row in names}
    told = who(project, CustomerList(ids, len(ids), 0, 0), day * DAY_US, KEY)
    assert len(told) == len(ids)
    return [shown[row.customer_id] if row.known else None for row in told.itertuples()]


def test_ids_of_any_space_are_found_bare_or_written_out(project: Project) -> None:
    assert found(project, "7", "1", "browser:1", "A@Shop.nl ", "9", "card:8") == [
        "7",
        "7",
        "7",
        "7",
        None,
        "card:8",
    ]


def test_an_id_stands_for_who_it_was_at_the_moment(project: Project) -> None:
    assert found(project, "browser:1", "a@shop.nl", day=4) == ["browser:1", "7"]
    assert found(project, "browser:1", "a@shop.nl", day=2) == ["browser:1", EMAIL]


def test_an_id_that_could_be_of_several_customers_is_refused(project: Project) -> None:
    with pytest.raises(InputError, match=r"first is '8': write which is meant \(card:8 or customer:8\)"):
        found(project, "7", "8")
    assert found(project, "customer:8", "card:8") == ["8", "card:8"]
    # Customer 7 and card 7 are one customer, once that is known.
    assert found(project, "7") == ["7"]
    with pytest.raises(InputError, match="'7'"):
        found(project, "7", day=0)


def test_another_key_is_noticed_even_if_nobody_is_found(project: Project) -> None:
    with pytest.raises(InputError, match="KLANTREIS_ID_KEY"):
        who(project, CustomerList(("nobody",), 1, 0, 0), 0, b"another")


def test_an_empty_list_is_nobody(project: Project) -> None:
    told = who(project, CustomerList((), 0, 0, 0), 0, KEY)
    assert len(told) == 0 and told["known"].dtype == np.bool_


@pytest.mark.parametrize(
    ("given", "space"),
    [
        ("7", "customer"), ("customer:7", "customer"), ("1", "browser"), ("browser:1", "browser"),
        ("A@Shop.nl", "email"), (EMAIL, "email"), ("card:7", "card"),
    ],
)  # fmt: skip
def test_a_row_of_a_score_file_has_the_space_of_its_own_id_and_is_found_again(
    project: Project, monkeypatch: pytest.MonkeyPatch, given: str, space: str
) -> None:
    told = who(project, CustomerList((given, "nobody"), 2, 0, 0), 9 * DAY_US, KEY)
    spaces = _spaces(SimpleNamespace(project=project, place=told["place"].to_numpy()))  # type: ignore[arg-type]
    assert spaces.to_pylist() == [space, None]
    for name in ("load_params", "load_source"):
        monkeypatch.setattr(score_files, name, lambda *_: SimpleNamespace(source="", id_key="public"))
    monkeypatch.setattr(score_files, "id_key", lambda *_: KEY)
    frame = pd.DataFrame({"customer_id": [given, "nobody"], "id_space": spaces.to_pylist(), "p_ready": 0.5})
    again = score_files.pseudonymous(project, frame, "1970-01-10")
    assert again["customer_id"].tolist() == [pseudonym("7", KEY)]
