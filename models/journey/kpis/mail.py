"""E-mail: mails opened and clicked, of those sent."""

from __future__ import annotations

from models.journey.kpis._kpi import ratio

KPIS = (
    ratio("email_open_rate", "mails_opened", "mails", "share", (("email_sent",), ("email_open",)), "higher"),
    ratio(
        "email_click_rate", "mails_clicked", "mails", "share", (("email_sent",), ("email_click",)), "higher"
    ),
)
