"""What customers say when asked, and in public: surveys and reviews.

What becomes what: an answered survey is ``survey`` when it was answered, known when it was received; its score is the
rating on the scale of the survey (``nps``: 0-10, ``stars``: 1-5, for satisfaction). A review is ``review`` with its
stars (1-5) and the category of the product. Both have the sentiment of their text; the text itself goes no further.
An answer received before it was given (two clocks) counts as known when it was given.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import ClassVar, Literal

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import Field

from features.sources._base import Declaration
from features.sources._batches import CanonicalBatch
from features.sources._columns import as_mask
from features.sources._people import FeedbackOptions, feeling, label, later, somebody
from features.sources._rows import Exports, RawTable
from features.sources._typed_rows import Rows

#: Channels that need no translation.
USUAL = ("web", "app", "email", "store", "phone", "sms")
Scale = Literal["nps", "stars"]
#: The usual names of surveys.
SURVEYS: dict[str, Scale] = {"nps": "nps", "csat": "stars", "stars": "stars"}
#: Least and most of each scale.
SCALES = {"nps": (0.0, 10.0), "stars": (1.0, 5.0)}


class FeedbackSourceOptions(FeedbackOptions):
    """Options of the kind ``feedback``. ``surveys``: name of a survey to its scale."""

    surveys: dict[str, Scale] = Field(default_factory=lambda: dict(SURVEYS))


class Feedback(Exports):
    """Reads the tables ``surveys`` and ``reviews``; one of them is enough."""

    Options = FeedbackSourceOptions
    options: FeedbackSourceOptions
    tables: ClassVar[Mapping[str, RawTable]] = {
        "surveys": RawTable(
            needed=("answered_at", "score"),
            optional=(
                "response_id", "customer_id", "email", "survey", "received_at", "comment", "language",
                "category", "channel",
            ),
            key=("response_id",),
            required=False,
        ),
        "reviews": RawTable(
            needed=("posted_at", "stars"),
            optional=(
                "review_id", "customer_id", "email", "received_at", "text", "language", "category", "channel",
            ),
            key=("review_id",),
            required=False,
        ),
    }  # fmt: skip

    def declaration(self) -> Declaration:
        """Say what the source can produce."""
        return Declaration(("review", "survey"), self.options.declared(*USUAL))

    def readers(self) -> Mapping[str, Callable[[Rows], CanonicalBatch]]:
        """Give the function of each table."""
        return {"surveys": self._surveys, "reviews": self._reviews}

    def _surveys(self, rows: Rows) -> CanonicalBatch:
        scale = rows.word("survey", dict(self.options.surveys))
        scale = pc.fill_null(scale, "nps")
        score = rows.number("score", required=True)
        for name, (least, most) in SCALES.items():
            beyond = pc.or_(pc.less(score, least), pc.greater(score, most))
            outside = np.logical_and(as_mask(beyond), as_mask(pc.equal(scale, name)))
            rows.verdict.reject(outside, f"score is not between {least:g} and {most:g}")
        return self._told(rows, "survey", "answered_at", "comment", score, scale)

    def _reviews(self, rows: Rows) -> CanonicalBatch:
        stars = rows.number("stars", required=True, least=1, most=5)
        return self._told(rows, "review", "posted_at", "text", stars, pa.repeat("stars", rows.rows))

    def _told(
        self, rows: Rows, kind: str, moment: str, text: str, rating: pa.Array, scale: pa.Array
    ) -> CanonicalBatch:
        """Tell of one opinion per row."""
        occurred = rows.moment(moment)
        known = later(occurred, rows.moment("received_at", required=False))
        who, links = somebody(rows, self.key, known)
        event = rows.event(
            who, occurred, kind,
            known=known,
            channel=rows.word("channel", self.options.words(*USUAL), other="other").fill_null("web"),
            category=label(rows, "category"),
            rating=rating, rating_scale=scale,
            sentiment=feeling(rows, self.options.sentiment, text),
        )  # fmt: skip
        return rows.result(event, links=links)


SOURCE = Feedback
