"""Purchase-readiness: an active customer buys within the horizon."""

from models.target import Target

TARGET = Target(
    name="readiness",
    score="p_ready",
    title={"nl": "Koopbereidheid", "en": "Purchase-readiness"},
    positive={
        "nl": "koopt in de komende {days} dagen",
        "en": "buys in the next {days} days",
    },
    headline="lift10",
    wanted="high",
)
