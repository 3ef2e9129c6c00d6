"""Channel and campaign of a GA4 row: what the export says of the touch, read by GA4's own default grouping.

The channel belongs to the SESSION. Exports since July 2024 write it on every row
(``session_traffic_source_last_click``). Before that only the rows on which the visit arrived carry a source; the
others take the first source of their session (`SessionStarts`), and a session without any the first source of the
user (``traffic_source``). The shop itself is never a source: older tags wrote every page of the shop that a visitor
came from as a referral.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

import pyarrow as pa
import pyarrow.compute as pc

from features.sources._ga4_words import CHANNEL_RULES, GROUPS, NOTHING
from features.sources._nested import Params, dig

_RULES = [
    (re.compile(source), re.compile(medium), re.compile(campaign), channel)
    for source, medium, campaign, channel in CHANNEL_RULES
]
_ADDRESS = r"[^@\s]+(?:@|%40)[^@\s]+\.[^@\s]+"
_SPLIT = "\n"


def something(words: pa.Array) -> pa.Array:
    """Turn what GA4 writes where it knows nothing into null, and anything that holds an e-mail address.

    Examples
    --------
    >>> something(pa.array(["Hats", "(not set)", "jan@example.nl"])).to_pylist()
    ['Hats', None, None]
    """
    if words.null_count == len(words):
        return words
    encoded = pc.dictionary_encode(words)
    uniques = encoded.dictionary
    nothing = pc.or_(
        pc.is_in(uniques, value_set=pa.array(NOTHING)), pc.match_substring_regex(uniques, _ADDRESS)
    )
    return pc.if_else(nothing, pa.scalar(None, uniques.type), uniques).take(encoded.indices)


def of_session(raw: pa.Table, hosts: pa.Array) -> tuple[pa.Array, pa.Array]:
    """Give channel and campaign as today's export knows them per session; null where it does not."""
    last = "session_traffic_source_last_click"
    if last not in raw.column_names:
        return pa.nulls(raw.num_rows, pa.string()), pa.nulls(raw.num_rows, pa.string())

    def said(*paths: str) -> pa.Array:
        return pc.coalesce(*(something(dig(raw, f"{last}.{path}", pa.string())) for path in paths))

    crossed, manual, ads = "cross_channel_campaign", "manual_campaign", "google_ads_campaign"
    bought = pc.is_valid(said(f"{ads}.campaign_id", f"{ads}.campaign_name", f"{ads}.ad_group_id"))
    nothing = pa.scalar(None, pa.string())
    return judged(
        said(f"{crossed}.default_channel_group", f"{crossed}.primary_channel_group"),
        pc.coalesce(
            said(f"{crossed}.source", f"{manual}.source"), pc.if_else(bought, pa.scalar("google"), nothing)
        ),
        pc.coalesce(
            said(f"{crossed}.medium", f"{manual}.medium"), pc.if_else(bought, pa.scalar("cpc"), nothing)
        ),
        said(f"{crossed}.campaign_name", f"{ads}.campaign_name", f"{manual}.campaign_name"),
        hosts,
    )


def of_event(raw: pa.Table, params: Params, hosts: pa.Array) -> tuple[pa.Array, pa.Array]:
    """Give channel and campaign of the touch that a row itself carries; null on rows without."""
    collected = "collected_traffic_source"

    def said(field: str, key: str) -> pa.Array:
        return pc.coalesce(
            something(dig(raw, f"{collected}.{field}", pa.string())), something(params.text(key))
        )

    source, medium = said("manual_source", "source"), said("manual_medium", "medium")
    # A Google Ads click that the tag took for a search: the click id tells.
    clicked = pc.and_(
        pc.is_valid(said("gclid", "gclid")),
        pc.is_in(pc.fill_null(medium, ""), value_set=pa.array(["", "organic", "referral"])),
    )
    return judged(
        pa.nulls(raw.num_rows, pa.string()),
        pc.if_else(clicked, pa.scalar("google"), source),
        pc.if_else(clicked, pa.scalar("cpc"), medium),
        said("manual_campaign_name", "campaign"),
        hosts,
    )


def of_user(raw: pa.Table, hosts: pa.Array) -> tuple[pa.Array, pa.Array]:
    """Give channel and campaign of the user's first visit; the shop as its own source is a direct visit to GA4."""
    fields = ("source", "medium", "name")
    source, medium, campaign = (something(dig(raw, f"traffic_source.{one}", pa.string())) for one in fields)
    channel, campaign = judged(pa.nulls(raw.num_rows, pa.string()), source, medium, campaign, hosts)
    own = pc.and_(pc.is_valid(source), pc.is_null(channel))
    return pc.if_else(own, pa.scalar("direct"), channel), campaign


def first_told(found: list[tuple[pa.Array, pa.Array]], raw: pa.Table) -> tuple[pa.Array, pa.Array]:
    """Take channel and campaign of the first that knows a channel; without any it is the app, or ``other``.

    Parameters
    ----------
    found : list of (channel, campaign)
        Arrays of string, one value per row, the most telling first.
    raw : table
        The raw rows: ``platform`` says which of them an app sent.
    """
    nothing = pa.scalar(None, pa.string())
    channel, campaign = found[0]
    campaign = pc.if_else(pc.is_valid(channel), campaign, nothing)
    for next_channel, next_campaign in found[1:]:
        open_ = pc.is_null(channel)
        campaign = pc.if_else(pc.and_(open_, pc.is_valid(next_channel)), next_campaign, campaign)
        channel = pc.coalesce(channel, next_channel)
    platform = pc.utf8_upper(pc.fill_null(dig(raw, "platform", pa.string()), ""))
    in_app = pc.is_in(platform, value_set=pa.array(["ANDROID", "IOS"]))
    return pc.coalesce(channel, pc.if_else(in_app, pa.scalar("app"), pa.scalar("other"))), campaign


def own_hosts(raw: pa.Table, params: Params) -> pa.Array:
    """Give the host of the page on which each event happened; null in an app."""
    told = dig(raw, "device.web_info.hostname", pa.string())
    pages = pc.dictionary_encode(params.text("page_location"))
    found = pc.extract_regex(pages.dictionary, pattern=r"^[a-zA-Z]+://(?P<host>[^/?#:]+)")
    host = pc.struct_field(found, "host") if len(found) else pa.nulls(0, pa.string())
    return pc.coalesce(something(told), host.take(pages.indices))


def judged(
    group: pa.Array, source: pa.Array, medium: pa.Array, campaign: pa.Array, host: pa.Array
) -> tuple[pa.Array, pa.Array]:
    """Name channel and campaign; every distinct combination of words is judged once.

    Parameters
    ----------
    group : array of string
        GA4's own channel group, where the export has it.
    source, medium, campaign : array of string
        As the tag, the click or the export wrote them; null = unknown.
    host : array of string
        Host of the page: a source on the same host is the shop itself.

    Examples
    --------
    >>> def one(word):
    ...     return pa.array([word], pa.string())
    >>> judged(one(None), one("Facebook.com"), one("referral"), one(None), one("shop.nl"))[0].to_pylist()
    ['social']
    >>> judged(one(None), one("shop.nl"), one("referral"), one(None), one("www.shop.nl"))[0].to_pylist()
    [None]
    """
    said = pc.or_(pc.is_valid(group), pc.or_(pc.is_valid(source), pc.is_valid(medium)))
    if not said.true_count:
        return pa.nulls(len(said), pa.string()), pa.nulls(len(said), pa.string())
    parts = [pc.fill_null(one, "") for one in (group, source, medium, campaign, host)]
    joined = pc.if_else(said, pc.binary_join_element_wise(*parts, _SPLIT), pa.scalar(None, pa.string()))
    encoded = pc.dictionary_encode(joined)
    found = [_judge(*words.split(_SPLIT)[:5]) for words in encoded.dictionary.to_pylist()]
    channels, campaigns = zip(*found, strict=True) if found else ((), ())
    return (
        pa.array(channels, pa.string()).take(encoded.indices),
        pa.array(campaigns, pa.string()).take(encoded.indices),
    )


def _judge(group: str, source: str, medium: str, campaign: str, host: str) -> tuple[str | None, str | None]:
    small, way, name = source.lower().strip(), medium.lower().strip(), campaign.lower()
    # GA4 writes (organic), (referral) where there is no campaign.
    told = None if not campaign or re.fullmatch(r"\(.*\)", campaign) else campaign
    if GROUPS.get(group.lower()):
        return GROUPS[group.lower()], told
    if is_own(small, host.lower()):
        return None, None
    fitting: Iterable[str] = (
        channel
        for of_source, of_medium, of_campaign, channel in _RULES
        if of_source.search(small) and of_medium.search(way) and of_campaign.search(name)
    )
    return next(iter(fitting), "other"), told


def is_own(source: str, host: str) -> bool:
    """Whether a source is the shop itself: the same host, or one below or above it.

    Examples
    --------
    >>> is_own("shop.example.nl", "www.example.nl"), is_own("google", "www.example.nl")
    (True, False)
    """
    source, host = source.removeprefix("www."), host.removeprefix("www.")
    if "." not in source or "." not in host:
        return False
    return source == host or source.endswith(f".{host}") or host.endswith(f".{source}")
