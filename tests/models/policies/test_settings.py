from __future__ import annotations

import pytest
import yaml

from features.errors import InputError
from models.policies.constraints import check_names
from models.policies.settings import PolicySettings
from pipelines.params import check_settings

BLOCK = """
exploration: 0.2
contact_caps: [{channel: email, most: 4, days: 28}, {most: 8}]
budgets: {money: {limit: 500, days: 28}, calls: {limit: 10, uses: {call: 1}}}
phase_weights: {decision: 2}
actions: {coupon: {from: 2025-07-01, until: 2025-07-31, stock: 500, lever: 1.5, explore: false}}
"""


def read(text: str) -> PolicySettings:
    return check_settings(yaml.safe_load(text), PolicySettings, "params.yaml")


def test_a_whole_block_reads_and_nothing_needs_to_be_said():
    said = read(BLOCK)
    assert said.epsilon == 0.2 and said.needs_batch
    assert said.of("coupon").stock == 500 and str(said.of("coupon").first_day) == "2025-07-01"
    assert read("{}").epsilon == 0.1 and not read("{}").needs_batch


def test_exploration_stops_only_when_told_in_words():
    assert read("exploration: off").epsilon == read("exploration: 'off'").epsilon == 0.0
    for little in (0, 0.0, 0.01):
        with pytest.raises(InputError, match=r"at least 0\.05, or `off`"):
            read(f"exploration: {little}")


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ("contact_caps: [{channel: fax, most: 1}]", "unknown channel 'fax'"),
        ("contact_caps: [{most: 1, kinds: [purchase]}]", "not done to a customer"),
        ("actions: {a: {from: 2025-02-01, until: 2025-01-01}}", "lies before"),
        ("actions: {a: {lever: 0}}", "greater than 0"),
        ("budgets: {money: {limit: -1}}", "greater than or equal to 0"),
    ],
)
def test_mistakes_are_told(wrong: str, said: str):
    with pytest.raises(InputError, match=said):
        read(wrong)


def test_an_action_that_the_source_lacks_is_named():
    check_names(read(BLOCK), ["none", "coupon", "call"], ["decision"])
    with pytest.raises(InputError, match=r"policy\.actions\.coupon names 'coupon'.*allowed: call"):
        check_names(read(BLOCK), ["none", "call"], ["decision"])
    with pytest.raises(InputError, match=r"policy\.budgets\.calls\.uses\.call"):
        check_names(read(BLOCK), ["none", "coupon"], ["decision"])
    with pytest.raises(InputError, match=r"phase_weights names 'decision'.*allowed: kies, koop"):
        check_names(read(BLOCK), ["none", "coupon", "call"], ["kies", "koop"])
    with pytest.raises(InputError, match=r"policy\.discounts: cuopon"):
        check_names(read("discounts: [cuopon]"), ["none", "coupon"], [])
