"""Gates: without consent and eligibility nothing is computed, looked up or shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from datetime import date

from placement_engine.cases.case import Case
from placement_engine.errors import CaseGate, InvalidCase


def missing(case: Case, as_of: date) -> tuple[str, ...]:
    """The fields of consent and eligibility that hold a case back on a day, in their order.

    A consent that is dated after the day is not given yet.
    """
    of_eligibility = tuple(
        f"eligibility.{field.name}"
        for field in fields(case.eligibility)
        if getattr(case.eligibility, field.name) is not True
    )
    if case.consent.information_exchange is not True or case.consent.date > as_of:
        return (*of_eligibility, "consent.information_exchange")
    return of_eligibility


def check(case: Case, as_of: date) -> None:
    """Let a case pass, or say all at once what is missing.

    A threat level of ``none`` is no gate: the proposal says so instead.

    Raises
    ------
    CaseGate
        Consent to exchange information is not given, or the subject is not eligible.
    """
    names = missing(case, as_of)
    if names:
        raise CaseGate(
            f"Case {case.id} is held back: {', '.join(names)} {'is' if len(names) == 1 else 'are'}"
            " not given.",
            unchanged="Nothing was computed.",
            do="Correct the case when they are given and add it again.",
        )


def check_together(cases: Sequence[Case]) -> None:
    """Refuse cases that cannot be one question: nobody may be placed twice by it.

    Raises
    ------
    InvalidCase
        There is no case, two are about one subject, or a member of a household is the
        subject or a member of another.
    """
    if not cases:
        raise InvalidCase("No case is named.", do="Name at least one.")
    people = [p for case in cases for p in (case.subject, *(m.id for m in case.household))]
    if len(set(people)) != len(people):
        raise InvalidCase(
            "Somebody stands in more than one of these cases.",
            unchanged="Nothing was computed.",
            do="Ask for the cases one by one, or mend their households.",
        )
