"""All checks over one project, and what they found in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from features.cutoffs import day_of
from models.monitoring.checks import checks
from models.monitoring.checks._check import Looked
from models.monitoring.evidence import Evidence

State = Literal["fine", "attention", "unknown"]
#: Exit codes for schedulers; 2 is a mistake of the user, as in every command.
EXIT = {"fine": 0, "attention": 1, "unknown": 3}


def watched(evidence: Evidence, model_version: str = "") -> dict[str, Any]:
    """Run every check that is not switched off.

    Parameters
    ----------
    evidence : Evidence
        The project.
    model_version : str
        Which models made the scores.

    Returns
    -------
    dict
        Content of ``reports/monitor.json`` (docs/monitoring.md): ``state``, ``alarms``, ``notes``, ``compared``,
        ``by_chance`` and per check its findings and series.
    """
    told = [
        _told(name, dict(check.title), check.stage, check.look(evidence))
        for name, check in checks().items()
        if name not in evidence.settings.leave_out
    ]
    findings = [one for check in told for one in check["findings"]]
    compared = sum(check["compared"] for check in told)
    alarms = sum(one["severity"] == "alarm" for one in findings)
    chances = [check["by_chance"] for check in told if check["by_chance"] is not None]
    return {
        "source": evidence.plan.source, "journey": evidence.plan.journey.name,
        "as_of": day_of(evidence.plan.as_of_us).isoformat(), "today": day_of(evidence.today_us).isoformat(),
        "model_version": model_version, "checks": told, "alarms": alarms, "notes": len(findings) - alarms,
        "compared": compared, "by_chance": sum(chances) if chances else None,
        "state": "attention" if alarms else "fine" if compared else "unknown",
    }  # fmt: skip


def _told(name: str, title: dict[str, str], stage: str, looked: Looked) -> dict[str, Any]:
    alarm = any(one.severity == "alarm" for one in looked.findings)
    state = "attention" if alarm else "not_judged" if looked.reason and not looked.compared else "fine"
    return {
        "name": name, "title": title, "stage": stage, "state": state,
        "reason": dict(looked.reason) if looked.reason else None, "compared": looked.compared,
        "by_chance": looked.by_chance, "findings": [one.as_json() for one in looked.findings],
        "series": [one.as_json() for one in looked.series],
    }  # fmt: skip


_WORDS = {
    "en": {
        "fine": "fine", "attention": "attention needed", "unknown": "nothing could be judged",
        "not_judged": "not judged",
        "sum": "{compared} numbers compared with their own past; at earlier moments some {chance} of them stood out",
        "alarm": "!", "note": "-", "do": "do",
    },
    "nl": {
        "fine": "in orde", "attention": "aandacht nodig", "unknown": "niets kon beoordeeld worden",
        "not_judged": "niet beoordeeld",
        "sum": "{compared} getallen vergeleken met hun eigen verleden; op een eerder moment vielen er "
        "toevallig zo'n {chance} op",
        "alarm": "!", "note": "-", "do": "doe",
    },
}  # fmt: skip


def lines(found: Mapping[str, Any], language: str) -> list[str]:
    """Say in words what was found: what is wrong, where, since when, what to do."""
    words = _WORDS[language]
    told = [f"{found['source']}, {found['journey']}, {found['as_of']}: {words[found['state']]}"]
    for check in found["checks"]:
        if not check["findings"]:
            reason = f" ({check['reason'][language]})" if check["reason"] else ""
            told.append(f"  {check['title'][language]:<34} {words[check['state']]}{reason}")
            continue
        told.append(f"  {check['title'][language]:<34} {words[check['state']]}")
        told += finding_lines(check["findings"], language)
    chance = "?" if found["by_chance"] is None else f"{found['by_chance']:.1f}"
    told.append(words["sum"].format(compared=found["compared"], chance=chance))
    return told


def finding_lines(findings: Sequence[Mapping[str, Any]], language: str) -> list[str]:
    """Say each finding in words; what to do about several of a kind once, under the last."""
    words, told = _WORDS[language], []
    for place, one in enumerate(findings):
        told.append(f"    {words[one['severity']]} {one['said'][language]}")
        last = place + 1 == len(findings) or findings[place + 1]["todo"] != one["todo"]
        told += [f"      {words['do']}: {one['todo'][language]}"] * last
    return told
