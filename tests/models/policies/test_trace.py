from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from features.contract import DAY_US, DECISIONS
from features.cutoffs import day_of
from features.errors import InputError
from models.actions.decision_log import decision_log
from models.actions.phase_policy import PhasePolicy
from models.policies.constraints import Constraints
from models.policies.decided import Decided
from models.policies.decisions_made import as_decisions
from models.policies.explain import explain_action
from models.policies.settings import ActionSettings, Budget, ContactCap, PolicySettings
from models.policies.trace import TRACE, trace_rows, write_trace
from models.policy import Actions, decide_all

NOW = 20_000 * DAY_US
N = 300


@pytest.fixture(scope="module")
def decided(personal: Callable[..., PhasePolicy]) -> Decided:
    rng = np.random.default_rng(1)
    x = rng.normal(0.5, 1.0, (N, 3)).astype(np.float32)
    phase = np.array(["decision", "dormant"], dtype=object)[(np.arange(N) % 10 == 0).astype(int)]
    said = PolicySettings(
        budgets={"money": Budget(limit=60.0)},
        actions={
            "call": ActionSettings(lever=1.5),
            "coupon": ActionSettings(**{"until": day_of(NOW) + timedelta(days=3)}),
        },
        contact_caps=(ContactCap(channel="email", most=2),),
        phase_weights={"decision": 2.0},
    )
    refused = np.where(rng.random(N) < 0.3, False, None).astype(object)
    return decide_all(
        {"decision": personal({"call": 1.0, "coupon": 0.2, "mail": 0.5})}, x, list("abc"), phase,
        np.arange(N) + 5, 0, 0.1, consent={"phone": refused}, channels={"mail": "email", "call": "phone"},
        constraints=Constraints(said, NOW, (rng.integers(0, 4, N),)),
    )  # fmt: skip


@pytest.fixture(scope="module")
def trace(decided: Decided, tmp_path_factory: pytest.TempPathFactory) -> Any:
    path = tmp_path_factory.mktemp("trace") / "trace.parquet"
    ids = np.array([f"c{N - row}" for row in range(N)], dtype=object)
    spaces = np.full(N, "customer", dtype=object)
    write_trace(trace_rows(decided), ids, spaces, path, group_customers=70)
    again = path.with_name("again.parquet")
    write_trace(trace_rows(decided), ids, spaces, again, group_customers=70)
    assert path.read_bytes() == again.read_bytes()
    assert pq.ParquetFile(path).num_row_groups == 5
    assert pq.read_schema(path).names == TRACE.names
    return pq.read_table(path).to_pandas()


def test_one_row_per_customer_and_candidate_that_says_what_was_decided(decided: Decided, trace: Any):
    assert len(trace) == N * 4 and trace.groupby("customer_id")["chosen"].sum().eq(1).all()
    first = trace[trace["customer_id"] == f"c{N - 1}"].set_index("action")
    assert list(first.index) == ["none", "call", "coupon", "mail"]
    assert first["chosen"].idxmax() == decided.names()[1]
    known = trace[trace["phase"] == "decision"]
    assert known["propensity"].groupby(known["customer_id"]).sum().round(9).eq(1).all()
    assert np.allclose(known["gain"], known["value"] - known["cost"], atol=1e-6)
    more = np.where(known["gain"] > 0, known["gain"] * known["lever"], known["gain"] / known["lever"])
    assert np.allclose(known["priority"], 2.0 * more)
    assert set(known["lever"]) == {1.0, 1.5} and known["p_success"].between(0, 1).all()
    assert {"consent_phone", "contact_cap_email", "budget_money"} <= set(trace["blocked"].dropna())


def test_what_nothing_is_known_of_is_empty_not_a_number(trace: Any):
    asleep = trace[(trace["phase"] == "dormant") & (trace["action"] != "none")]
    assert asleep["gain"].isna().all() and set(asleep["blocked"]) == {"no_evidence", "consent_phone"}


def test_a_sentence_per_customer_in_both_languages(trace: Any):
    said: dict[str, set[str]] = {"en": set(), "nl": set()}
    for _, rows in trace.astype(object).where(trace.notna(), None).groupby("customer_id"):
        for language in said:
            said[language].add(explain_action(rows.to_dict("records"), language))
    english, dutch = "\n".join(said["en"]), "\n".join(said["nl"])
    for words in (
        "call: ", "best of 2 allowed", "EUR expected over doing nothing", "blocked: refused phone",
        "mail blocked: reached often enough lately over e-mail", "budget better spent on others",
        "drawn at random (chance 3 %)", "control group", "weight 1.5 set by marketing",
        "nothing: no action is allowed", "too little is known of it in this phase",
    ):  # fmt: skip
        assert words in english, words
    for words in ("beste van 2 toegestane", "telefoon geweigerd", "controlegroep", "door het lot gekozen"):
        assert words in dutch, words
    assert "nan" not in english and "None" not in english


def test_decisions_are_a_log_with_known_propensities(decided: Decided):
    table = as_decisions(decided)
    assert table.schema.equals(DECISIONS)
    rows = table.to_pandas()
    assert len(rows) == 270 and rows["decision_id"].is_unique
    assert rows["customer_id"].is_monotonic_increasing
    again = as_decisions(decided)
    assert again.equals(table)
    log = decision_log(
        [], np.zeros((len(rows), 0), np.float32), rows["phase"].to_numpy(object), rows["customer_id"].to_numpy(),
        rows["action"].tolist(), rows["eligible"].tolist(), rows["propensity"].to_numpy(),
        rows["outcome"].to_numpy(), rows["value"].to_numpy(), rows["cost"].to_numpy(),
    )  # fmt: skip
    control = decided.is_control[decided.batch.phase == "decision"]
    assert (log.eligible.sum(axis=1)[control] == 1).all() and set(log.propensity[control]) == {1.0}
    assert rows["policy"].unique().tolist() == [f"klantreis_{decided.version}"]
    plain = decide_all({}, np.zeros((1, 0), np.float32), [], np.array(["a"], object), np.array([1]), 0)
    with pytest.raises(InputError, match="without a moment"):
        as_decisions(plain)


def test_a_decision_is_valid_until_its_action_is_gone(decided: Decided):
    done = Actions.of(decided)
    last = {arm: set(done.action_valid_until[done.action == arm]) for arm in set(done.action)}
    assert last["coupon"] == {"2024-10-07"}
    assert last["none"] == last["mail"] == {"2024-10-17"}
    assert str(day_of(NOW)) == "2024-10-04"


def test_nobody_to_decide_on_is_an_empty_log_and_an_empty_trace(
    personal: Callable[..., PhasePolicy], tmp_path: Path
):
    said = PolicySettings(budgets={"money": Budget(limit=1.0)})
    nobody, words = np.empty(0, dtype=np.int64), np.empty(0, dtype=object)
    policies = {"decision": personal({"mail": 0.5})}
    none = decide_all(
        policies, np.empty((0, 1), np.float32), ["a"], words, nobody, 0, constraints=Constraints(said, NOW)
    )
    assert len(as_decisions(none)) == 0 and len(Actions.of(none).action) == 0
    write_trace(trace_rows(none), words, words, tmp_path / "trace.parquet")
    assert pq.read_table(tmp_path / "trace.parquet").num_rows == 0
