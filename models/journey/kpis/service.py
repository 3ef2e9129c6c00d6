"""Service: tickets, how long they wait, how satisfied who asked was."""

from __future__ import annotations

from models.journey.kpis._kpi import count, ratio

KPIS = (
    # CSAT: the share of 4 and 5 on a scale of 5.
    ratio("satisfaction", "satisfied", "satisfaction_answers", "share",
          (("ticket_open", "ticket_close", "chat", "survey"),), "higher"),
    count("tickets", (("ticket_open",),), better="lower"),
    ratio("waiting_time", "hours_waited", "tickets_waited", "hours", (("ticket_open",),), "lower"),
)  # fmt: skip
