"""The JSON form of a GA4 export: one object per line (or one array), whole numbers written as text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TypeAlias

import duckdb
import numpy as np
import pyarrow as pa

from features.errors import InputError
from features.sources._batches import RawBatch, RawFile
from features.sources._files import BATCH_ROWS, first_line

Shape: TypeAlias = "str | Mapping[str, Shape] | list[Shape]"


def _fields(kind: str, names: str) -> dict[str, Shape]:
    return dict.fromkeys(names.split(), kind)


_VALUE = {"string_value": "varchar", "int_value": "bigint", "float_value": "double", "double_value": "double"}
_PARAMS: Shape = [{"key": "varchar", "value": _VALUE}]
_MONEY = "price_in_usd price item_revenue_in_usd item_revenue item_refund_in_usd item_refund"
_CAMPAIGN = _fields("varchar", "campaign_id campaign_name source medium term content source_platform")
_GROUPS = _fields("varchar", "default_channel_group primary_channel_group")
#: The documented columns (others are not read). What was text or number in turn is read as text.
_COLUMNS: dict[str, Shape] = {
    **_fields("varchar", "event_date event_name user_id user_pseudo_id stream_id platform"),
    **_fields("bigint", "event_timestamp event_previous_timestamp event_bundle_sequence_id"),
    **_fields("bigint", "event_server_timestamp_offset user_first_touch_timestamp"),
    **_fields("bigint", "batch_event_index batch_ordering_id batch_page_id"),
    "event_value_in_usd": "double",
    "is_active_user": "boolean",
    "event_params": _PARAMS,
    "user_properties": [{"key": "varchar", "value": {**_VALUE, "set_timestamp_micros": "bigint"}}],
    "privacy_info": _fields("varchar", "analytics_storage ads_storage uses_transient_token"),
    "user_ltv": {"revenue": "double", "currency": "varchar"},
    "device": {
        **_fields("varchar", "category mobile_brand_name mobile_model_name mobile_marketing_name"),
        **_fields("varchar", "mobile_os_hardware_model operating_system operating_system_version"),
        **_fields("varchar", "vendor_id advertising_id language is_limited_ad_tracking browser"),
        **_fields("varchar", "browser_version time_zone_offset_seconds"),
        "web_info": _fields("varchar", "browser browser_version hostname"),
    },
    "geo": _fields("varchar", "continent sub_continent country region city metro"),
    "app_info": _fields("varchar", "id version install_store firebase_app_id install_source"),
    "traffic_source": _fields("varchar", "name medium source"),
    "collected_traffic_source": _fields(
        "varchar",
        "manual_campaign_id manual_campaign_name manual_source manual_medium manual_term manual_content "
        "manual_source_platform manual_creative_format manual_marketing_tactic gclid dclid srsltid",
    ),
    "session_traffic_source_last_click": {
        "manual_campaign": _CAMPAIGN,
        "google_ads_campaign": _fields(
            "varchar", "customer_id account_name campaign_id campaign_name ad_group_id ad_group_name"
        ),
        "cross_channel_campaign": {**_CAMPAIGN, **_GROUPS},
    },
    "event_dimensions": {"hostname": "varchar"},
    "ecommerce": {
        **_fields("bigint", "total_item_quantity unique_items"),
        **_fields("double", "purchase_revenue_in_usd purchase_revenue refund_value_in_usd refund_value"),
        **_fields("double", "shipping_value_in_usd shipping_value tax_value_in_usd tax_value"),
        "transaction_id": "varchar",
    },
    "items": [
        {
            **_fields("varchar", "item_id item_name item_brand item_variant item_category item_category2"),
            **_fields("varchar", "item_category3 item_category4 item_category5 coupon affiliation"),
            **_fields("varchar", "location_id item_list_id item_list_name item_list_index promotion_id"),
            **_fields("varchar", "promotion_name creative_name creative_slot"),
            **_fields("double", _MONEY),
            "quantity": "bigint",
            "item_params": _PARAMS,
        }
    ],
}


def json_batches(file: RawFile, rows: int = BATCH_ROWS) -> Iterator[RawBatch]:
    """Read a JSON file in batches of bounded size, typed as the Parquet form is; a broken one is an `InputError`."""
    if file.path.stat().st_size == 0:
        return
    columns = ", ".join(f"'{name}': '{_spelled(shape)}'" for name, shape in _COLUMNS.items())
    start = 1
    with duckdb.connect() as connection:
        connection.execute("set threads = 1")
        try:
            query = f"select * from read_json(?, columns = {{{columns}}})"
            found = connection.sql(query, params=[str(file.path)])
            for batch in found.to_arrow_reader(rows):
                if batch.num_rows:
                    numbers = np.arange(start, start + batch.num_rows, dtype=np.int64)
                    yield RawBatch(file, pa.Table.from_batches([batch]), numbers)
                    start += batch.num_rows
        except (duckdb.Error, pa.ArrowException) as error:
            raise InputError(
                f"{file.name}: not the JSON form of a GA4 export ({first_line(error)}); fetch it again, or take "
                "it out of the folder"
            ) from error


def _spelled(shape: Shape) -> str:
    """Write a type the way DuckDB reads it."""
    if isinstance(shape, str):
        return shape
    if isinstance(shape, list):
        return f"{_spelled(shape[0])}[]"
    return f"struct({', '.join(f'{name} {_spelled(inner)}' for name, inner in shape.items())})"
