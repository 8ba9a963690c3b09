"""Which numbers of the policy the first choice hangs on."""

from __future__ import annotations

import pytest

from placement_engine.errors import InvalidPolicy
from placement_engine.policy import Policy
from placement_engine.proposal import policy_numbers
from placement_engine.proposal.outcome import Status
from placement_engine.proposal.sensitivity import Effect, First, sensitivity

POLICY = Policy.default()


def proposed(*sites: int, proved: bool = True) -> First:
    return First(status=Status.PROPOSED, sites=sites, proved=proved)


def effects(answer: object, number: str) -> list[Effect]:
    table = sensitivity(POLICY, answer, numbers=[number])  # type: ignore[arg-type]
    return [tried.effect for tried in table.rows[0].tried]


def test_every_number_but_zeros_is_half_and_half_again() -> None:
    asked: list[str] = []

    def answer(policy: Policy) -> First:
        asked.append(policy.hash)
        return proposed(4)

    table = sensitivity(POLICY, answer)
    values = dict(policy_numbers.numbers(POLICY))
    assert [row.number for row in table.rows] == [name for name, v in values.items() if v]
    assert len(asked) == len(set(asked))
    for row in table.rows:
        lower, higher = values[row.number] * 0.5, values[row.number] * 1.5
        assert row.tried
        for tried in row.tried:
            assert tried.effect is Effect.SAME
            assert lower - 1 <= tried.value <= higher + 1
            assert tried.value != row.value
    by_name = {row.number: row.tried for row in table.rows}
    assert [t.value for t in by_name["exposure.d0_km"]] == [20.0, 60.0]
    # Whole numbers stay whole, and three is the most that is allowed.
    assert [t.value for t in by_name["paths.max_length"]] == [1]


def test_a_value_that_is_not_allowed_is_brought_to_the_farthest_that_is() -> None:
    table = sensitivity(POLICY, lambda _: proposed(4), numbers=["local.maximum"])
    assert table.rows[0].tried[1].value == pytest.approx(1.0, abs=1e-4)
    steps = sensitivity(POLICY, lambda _: proposed(4), numbers=["separation.hostility[1]"])
    assert [one.value for one in steps.rows[0].tried] == pytest.approx([0.075, 0.225])


def test_each_effect_has_its_word() -> None:
    def other(then: First) -> object:
        return lambda policy: proposed(4) if policy.hash == POLICY.hash else then

    number = "exposure.d0_km"
    assert effects(other(proposed(4)), number) == [Effect.SAME] * 2
    assert effects(other(proposed(5)), number) == [Effect.CHANGED] * 2
    assert effects(other(proposed(5, proved=False)), number) == [Effect.UNDECIDED] * 2
    none = First(status=Status.NO_SAFE_PLACEMENT, sites=(), proved=True)
    assert effects(other(none), number) == [Effect.IMPOSSIBLE] * 2
    late = First(status=Status.UNDECIDED, sites=(), proved=False)
    assert effects(other(late), number) == [Effect.UNDECIDED] * 2
    assert (
        effects(lambda p: none if p.hash == POLICY.hash else proposed(4), number)
        == [Effect.POSSIBLE] * 2
    )


def test_a_changed_policy_differs_in_that_number_alone() -> None:
    changed = policy_numbers.changed(POLICY, "separation.kilometres[0]", 175.0)
    assert changed.separation.kilometres == (175.0, 100.0, 50.0)
    assert policy_numbers.changed(changed, "separation.kilometres[0]", 150.0) == POLICY
    assert changed.reasons == POLICY.reasons
    with pytest.raises(InvalidPolicy, match=r"separation\.kilometres\[0\]"):
        policy_numbers.changed(POLICY, "separation.kilometres[0]", -1.0)
    with pytest.raises(InvalidPolicy, match="steps must fall"):
        policy_numbers.changed(POLICY, "separation.kilometres[0]", 10.0)


def test_places_do_not_stand_in_the_repr() -> None:
    assert "273" not in repr(proposed(273))
