"""Churn: an active customer does nothing of the agreed kind within the horizon."""

from models.target import Target

TARGET = Target(
    name="churn",
    score="p_churn",
    title={"nl": "Kans op vertrek", "en": "Churn"},
    positive={
        "nl": "koopt niets in de komende {days} dagen",
        "en": "buys nothing in the next {days} days",
    },
    headline="lift10",
    wanted="low",
)
