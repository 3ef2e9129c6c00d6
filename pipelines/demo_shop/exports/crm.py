"""Exports of the CRM: contacts and deals with HubSpot's own headers, and accounts that were merged."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from pipelines.demo_shop.exports.files import Exports, moments, money, numbered
from pipelines.demo_shop.exports.people import LATER, People
from pipelines.demo_shop.log import DAY_S, Log
from pipelines.demo_shop.settings import DemoSettings
from pipelines.demo_shop.state import Ints
from pipelines.demo_shop.texts import CITIES, FIRST_NAMES, LAST_NAMES

MINUTE = "%Y-%m-%d %H:%M"
NOTHING = pa.scalar(None, pa.string())


def write_contacts(log: Log, people: People, settings: DemoSettings, out: Exports) -> None:
    """Write ``crm/hubspot_contacts.csv``.

    The CRM was taken into use as the log begins: who was a customer before was imported on its first day. A second
    address is a contact of its own, given its customer number only when somebody found out.
    """
    rng = out.rng(10)
    n = settings.customers
    main = np.flatnonzero(people.known_mail_s < LATER)
    second = np.flatnonzero(pc.is_valid(people.second_email).to_numpy(zero_copy_only=False))
    person = np.concatenate([main, second])
    is_main = np.arange(len(person)) < len(main)
    created = np.where(is_main, people.known_mail_s[person], people.customer_s[person] + DAY_S)
    created = np.where(created < DAY_S, rng.integers(3_600, 5 * 3_600, size=len(person)), created)
    number_s = np.where(is_main, people.customer_s[person], people.learnt_s[person])
    end = settings.days * DAY_S
    numbered_now = number_s < end
    modified = np.where(numbered_now, np.maximum(created, number_s), created)
    rows, nobody = pa.array(person), pa.array(rng.random(n) < 0.03)
    # What they said when they signed up: nobody tells the CRM of those who unsubscribe later, the mail log does.
    consent = np.where(log.start.consent[person], "Marketing contact", "Non-marketing contact")
    gender = pa.array(np.array(["F", "M", "X", ""])[np.searchsorted([0.55, 0.94, 0.96], rng.random(n))])
    year = np.clip(np.round(rng.normal(1978, 14, size=n)), 1934, 2006).astype(np.int64)
    born = pc.if_else(pa.array(rng.random(n) < 0.25), NOTHING, pa.array(year).cast(pa.string()))
    # Some contacts never said what they want: a system shows that as nothing. Nobody is asked at a second address,
    # and what they said at the first stays.
    unknown = pc.or_(nobody.take(rows), pa.array(~is_main))
    out.count("crm/hubspot_contacts.csv", "without consent", int(pc.sum(unknown).as_py() or 0))
    out.count("crm/hubspot_contacts.csv", "second addresses", len(second))
    contacts: dict[str, pa.Array] = {
        name: values if isinstance(values, pa.Array) else pa.array(values)
        for name, values in {
            "Record ID": numbered("", 10_000_000 + np.arange(len(person)) * 17, 8),
            "First Name": pa.array(FIRST_NAMES).take(pa.array(people.first_name[person])),
            "Last Name": pa.array(LAST_NAMES).take(pa.array(people.last_name[person])),
            "Email": pc.if_else(pa.array(is_main), people.email.take(rows), people.second_email.take(rows)),
            "Phone Number": numbered("06", rng.integers(10_000_000, 99_999_999, size=n)[person], 8),
            "Create Date": moments(created, MINUTE), "Last Modified Date": moments(modified, MINUTE),
            "Lifecycle Stage": np.where(numbered_now, "customer", "subscriber"),
            "Lead Status": np.where(numbered_now, "", "OPEN"),
            "Marketing contact status": pc.if_else(unknown, NOTHING, pa.array(consent)),
            "Customer number": pc.if_else(pa.array(numbered_now), people.number.take(rows), NOTHING),
            "Birth year": born.take(rows),
            "Gender": gender.take(rows),
            "Country/Region": np.where(rng.random(n) < 0.93, "Netherlands", "Belgium")[person],
            "City": pa.array(CITIES).take(pa.array(rng.integers(len(CITIES), size=n)[person])),
        }.items()
    }  # fmt: skip
    firms = _firms(settings)
    table = {name: pa.concat_arrays([contacts[name], firms[name]]) for name in contacts}
    out.write("crm/hubspot_contacts.csv", table, key="Record ID", moment="Create Date")


def _deal_moments(settings: DemoSettings) -> Ints:
    """Second in which each deal was created."""
    rng = np.random.default_rng([settings.seed, 7])
    number = max(4, settings.customers // 200)
    return np.sort(rng.integers(DAY_S, (settings.days - 2) * DAY_S, size=number))


def _firms(settings: DemoSettings) -> dict[str, pa.Array]:
    """Contacts of firms: no persons of the simulation, so outside the truth."""
    created = _deal_moments(settings)
    number = len(created)
    empty = pa.repeat("", number)
    shown = moments(created, MINUTE)
    return {
        "Record ID": numbered("", 70_000_000 + np.arange(number), 8), "First Name": pa.repeat("Afdeling", number),
        "Last Name": pa.repeat("Inkoop", number),
        "Email": pa.array([f"inkoop@kantoor{i + 1}.example" for i in range(number)]),
        "Phone Number": empty, "Create Date": shown, "Last Modified Date": shown,
        "Lifecycle Stage": pa.repeat("opportunity", number), "Lead Status": pa.repeat("OPEN_DEAL", number),
        "Marketing contact status": pa.repeat("Non-marketing contact", number), "Customer number": empty,
        "Birth year": empty, "Gender": empty, "Country/Region": pa.repeat("Netherlands", number),
        "City": pa.repeat("Utrecht", number),
    }  # fmt: skip


def write_deals(log: Log, people: People, settings: DemoSettings, out: Exports) -> None:
    """Write ``crm/hubspot_deals.csv``: furnishing projects for firms, which are no persons of the simulation."""
    rng = out.rng(11)
    created = _deal_moments(settings)
    number = len(created)
    closed = created + rng.integers(3 * DAY_S, 60 * DAY_S, size=number)
    done = closed < settings.days * DAY_S
    won = done & (rng.random(number) < 0.4)
    out.write(
        "crm/hubspot_deals.csv",
        {
            "Record ID": numbered("", 90_000_000 + np.arange(number) * 13, 8),
            "Deal Name": pa.array([f"Inrichting kantoor {i + 1}" for i in range(number)]),
            "Deal Stage": np.where(won, "Closed won", np.where(done, "Closed lost", "Quote sent")),
            "Pipeline": pa.repeat("Zakelijk", number),
            "Amount": money(np.round(np.exp(6.5 + 0.6 * rng.normal(size=number)), 2)),
            "Create Date": moments(created, MINUTE), "Close Date": moments(np.where(done, closed, -1), MINUTE),
            "Associated Contact IDs": numbered("", 70_000_000 + np.arange(number), 8),
            "Deal Type": np.where(rng.random(number) < 0.8, "newbusiness", "existingbusiness"),
        },
        key="Record ID", moment="Create Date",
    )  # fmt: skip


def write_merges(people: People, settings: DemoSettings, out: Exports) -> None:
    """Write ``links/merges.csv``: second accounts that were found to be somebody's, and when."""
    who = np.flatnonzero(people.merge_s < settings.days * DAY_S)
    rows = pa.array(who)
    out.count("links/merges.csv", "merged accounts", len(who))
    out.write(
        "links/merges.csv",
        {
            "from_space": pa.repeat("customer", len(who)), "from_id": people.second_number.take(rows),
            "to_space": pa.repeat("customer", len(who)), "to_id": people.number.take(rows),
            "known_at": moments(people.merge_s[who]),
        },
        key="from_id", moment="known_at",
    )  # fmt: skip
