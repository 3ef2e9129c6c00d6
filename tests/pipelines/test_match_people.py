import csv
import hashlib
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from features.errors import InputError
from features.settings import SourceSettings
from features.sources.links import COLUMNS, LinksFile
from pipelines.contacts import read_contacts
from pipelines.match_people import run

HEADER = ["id", "id_space", "name", "email", "postcode", "birth_year", "phone"]
FIRST = ("jan", "piet", "klaas", "sanne", "emma", "lotte", "daan", "bram", "femke", "lars", "tim", "iris")
LAST = [
    a + b for a in ("jan", "piet", "mul", "bak", "vis", "smi", "wil") for b in ("sen", "ters", "stra", "ma")
]
PEOPLE, DOUBLES, FAMILY = 300, 30, 40


@pytest.fixture(scope="module")
def contacts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Customers, 30 of whom also stand there as a loyalty card with typing errors, and 40 with a relative at home."""
    rng = np.random.default_rng(3)
    first, last = rng.choice(FIRST, PEOPLE), rng.choice(LAST, PEOPLE)
    postcode, born = rng.integers(1000, 1400, PEOPLE), rng.integers(1940, 2004, PEOPLE)
    phone = rng.integers(600_000_000, 699_999_999, PEOPLE)
    rows = []
    for i in range(PEOPLE):
        email = f"{first[i]}.{last[i]}{i}@example.nl"
        home = [f"{postcode[i]} AB", born[i], f"0{phone[i]}"]
        rows.append([f"K{i}", "customer", f"{first[i]} {last[i]}", email, *home])
        if i < DOUBLES:
            card = [
                f"{last[i].title()}, {first[i].title()}",
                email.upper(),
                f"{postcode[i]}ab",
                "",
                f"+31{phone[i]}",
            ]
            rows.append([f"C{i}", "card", *(card[:3] if i % 2 else [card[0], "", card[2]]), born[i], card[4]])
        if PEOPLE - i <= FAMILY:
            other = FIRST[(FIRST.index(first[i]) + 1) % len(FIRST)]
            rows.append([f"F{i}", "customer", f"{other} {last[i]}", email, *home])
    path = tmp_path_factory.mktemp("contacts") / "contacts.csv"
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([HEADER, *rows])
    return path


def test_without_splink_the_message_says_how_to_get_it(
    contacts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "splink", None)
    with pytest.raises(InputError, match=r"pip install .splink>=5"):
        run([contacts], tmp_path / "matches.csv", known_at="2025-07-01")
    assert not (tmp_path / "matches.csv").exists()


def test_contacts_are_written_in_one_manner(tmp_path: Path) -> None:
    path = tmp_path / "crm.csv"
    path.write_text(
        "Record ID;First Name;Last Name;Mail;Zip;Tel\n7;Zoë;van den Berg;Zoe@Example.NL;1234 ab;+31 6 12345678\n"
        ";Without;Id;a@b.nl;;\n8;J.;Bakker;no address;;112\n"
    )
    columns = {
        "id": "Record ID",
        "name": "First Name+Last Name",
        "email": "Mail",
        "postcode": "Zip",
        "phone": "Tel",
    }
    first, second = read_contacts([path], columns, ["customer"]).to_pylist()
    assert first | {"row": 0} == {
        "row": 0, "id": "7", "id_space": "customer", "given": "zoe", "surname": "berg", "email": "zoe@example.nl",
        "postcode": "1234AB", "birth_year": None, "phone": "612345678",
    }  # fmt: skip
    assert (second["given"], second["surname"], second["email"], second["phone"]) == (
        None,
        "bakker",
        None,
        None,
    )


@pytest.mark.parametrize(
    ("columns", "spaces", "message"),
    [
        ({"id": "nummer"}, ["customer"], "column 'nummer' is missing"),
        ({"naam": "name"}, ["customer"], "--column names naam"),
        ({"id_space": "postcode"}, ["customer"], "allowed: browser, email, card, customer"),
        ({}, ["customer", "card"], "once, or once per file"),
    ],
)
def test_what_cannot_be_read_is_named(
    contacts: Path, columns: dict[str, str], spaces: list[str], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        read_contacts([contacts], columns, spaces)


@pytest.mark.fuzzy
def test_planted_doubles_are_found_and_relatives_are_not(contacts: Path, tmp_path: Path) -> None:
    out = tmp_path / "matches.csv"
    found = run([contacts], out, known_at="2025-07-01")
    with out.open(newline="") as file:
        links = list(csv.DictReader(file))
    pairs = {(link["from_id"], link["to_id"]) for link in links}
    planted = {(f"C{i}", f"K{i}") for i in range(DOUBLES)}
    assert len(links) == found
    assert len(pairs & planted) >= 0.9 * DOUBLES
    assert not pairs - planted
    assert {link["from_space"] for link in links} == {"card"}
    assert min(float(link["match_probability"]) for link in links) >= 0.95


@pytest.mark.fuzzy
def test_the_source_of_links_reads_what_was_written(contacts: Path, tmp_path: Path) -> None:
    found = run([contacts], tmp_path / "matches.csv", known_at="2025-07-01")
    settings = SourceSettings.model_validate(
        {
            "kind": "links", "title": "matches", "licence": "", "path": ("."), "currency": "EUR",
            "rhythm": {"step_days": 28, "churn_horizon_days": 84, "readiness_horizon_days": 28},
        }
        | {"path": (str(tmp_path),)}
    )  # fmt: skip
    source = LinksFile("links", settings, tmp_path, 1_900_000_000_000_000)
    source.use_key(b"key")
    (file,) = source.raw_files()
    (batch,) = source.batches(file)
    canonical = source.canonical(batch)
    assert canonical.reasons.null_count == found == canonical.links.num_rows
    assert set(COLUMNS) < set(batch.data.column_names)
    known = canonical.links["known_us"].to_pylist()
    assert all(1_751_320_800_000_000 <= one < 1_751_407_200_000_000 for one in known)  # that day in Amsterdam


@pytest.mark.fuzzy
def test_the_order_of_rows_changes_no_byte(contacts: Path, tmp_path: Path) -> None:
    lines = contacts.read_text().splitlines()
    turned = tmp_path / "turned.csv"
    turned.write_text("\n".join([lines[0], *reversed(lines[1:])]) + "\n")
    hashes = []
    for number, path in enumerate((contacts, turned)):
        out = tmp_path / f"{number}.csv"
        run([path], out, known_at="2025-07-01")
        hashes.append(hashlib.sha256(out.read_bytes()).hexdigest())
    assert hashes[0] == hashes[1]


@pytest.mark.fuzzy
def test_nothing_to_compare_is_said(tmp_path: Path) -> None:
    path = tmp_path / "ids.csv"
    path.write_text("id,name\n1,Jan Jansen\n2,Piet Pieters\n")
    with pytest.raises(InputError, match="too little to compare: given, surname"):
        run([path], tmp_path / "out.csv", known_at="2025-07-01")


def test_contacts_stay_a_table_of_text(contacts: Path) -> None:
    table = read_contacts([contacts], {}, ["customer"])
    assert table.num_rows == PEOPLE + DOUBLES + FAMILY
    assert table.schema.field("birth_year").type == pa.string()
