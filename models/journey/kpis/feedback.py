"""Feedback: recommendation, tone, reviews, referrals and shares."""

from __future__ import annotations

from models.journey.kpis._kpi import count, ratio

_WORDS = (("survey", "review", "ticket_open", "chat", "share"),)

KPIS = (
    # Reichheld (2003): % of 9-10 minus % of 0-6.
    ratio("nps", "nps_balance", "nps_answers", "points", (("survey",),), "higher", 100.0),
    ratio("sentiment", "tone", "toned", "tone", _WORDS, "higher"),
    count("reviews", (("review",),), better="higher"),
    ratio("rating", "review_stars", "rated_reviews", "stars", (("review",),), "higher"),
    count("referrals", (("referral",),), better="higher"),
    count("shares", (("share",),), better="higher"),
)
