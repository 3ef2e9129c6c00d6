"""The columns of ``reports/segment_lift.parquet`` and ``.csv``; what each means for a reader: docs/segment-lift.md."""

from __future__ import annotations

import pyarrow as pa

#: Goes up when a column is renamed, removed or comes to mean something else; not when one is added at the end.
SCHEMA_VERSION = "2"


def _field(name: str, kind: pa.DataType, meaning: str) -> pa.Field:
    return pa.field(name, kind, metadata={"meaning": meaning})


#: One row per target, phase, segment and metric.
SEGMENT_LIFT = pa.schema(
    [
        _field("target", pa.string(), "churn or readiness"),
        _field("phase", pa.string(), "phase at the cutoff, or all"),
        _field("segment_kind", pa.string(), "all, phase, a dimension or an attribute"),
        _field("segment", pa.string(), "value of the kind, incl. unknown"),
        _field("metric", pa.string(), "as in models/metrics"),
        _field(
            "k", pa.float64(), "top share of the segment's own list (lift, gain, value captured), or null"
        ),
        _field(
            "n", pa.int64(), "rows: customers x test cutoffs; for value captured those whose money is known"
        ),
        _field("customers", pa.int64(), "distinct customers of these rows"),
        _field("positives", pa.int64(), "rows with outcome 1"),
        _field("base_rate", pa.float64(), "positives / n"),
        _field("value", pa.float64(), "the metric; null: see note"),
        _field("low", pa.float64(), "lower end of the interval over customers"),
        _field("high", pa.float64(), "upper end"),
        _field("rest", pa.float64(), "the metric on everybody else of the phase"),
        _field("difference", pa.float64(), "value - rest"),
        _field("difference_low", pa.float64(), "lower end, paired resamples"),
        _field("difference_high", pa.float64(), "upper end, paired resamples"),
        _field("q_value", pa.float64(), "of difference = 0, false discovery rate per target and metric"),
        _field("note", pa.string(), "why there is no value, else empty"),
        _field("first_cutoff_us", pa.int64(), "oldest test cutoff"),
        _field("last_cutoff_us", pa.int64(), "newest test cutoff"),
        _field("champion", pa.float64(), "the metric of the champion on the same rows; null: no champion"),
        _field("champion_difference", pa.float64(), "this model - champion, on the rows that both judged"),
        _field("champion_difference_low", pa.float64(), "lower end, paired resamples"),
        _field("champion_difference_high", pa.float64(), "upper end, paired resamples"),
    ],
    metadata={"schema": "klantreis.segment_lift", "version": SCHEMA_VERSION},
)
"""A lift is within the segment: the top share of the segment's own list against the segment's own rate, so segments
with a low rate have room for a higher lift; compare how well segments are RANKED by ``roc_auc``."""
