"""Whoever may propose notes of whom too little is known, and may judge nothing by it."""

from __future__ import annotations

import pytest

from placement_engine.errors import NotPermitted
from placement_engine.register import Role
from placement_engine.register.documents import DocumentKind
from tests.security import test_two_signatures
from tests.security.test_two_signatures import Office

office = test_two_signatures.office
NOTED = {"00000000-aa": b"somebody"}


@pytest.mark.parametrize(("who", "role"), [("Ann", Role.PLACER), ("Eva", Role.BREAK_GLASS)])
def test_a_note_is_kept_with_the_proposal(office: Office, who: str, role: Role) -> None:
    with office.open(who, role) as register:
        with pytest.raises(NotPermitted):
            register.put_entries(DocumentKind.JUDGEMENT, NOTED)
        register.put_proposals({"C-1": b"proposal"}, noted=NOTED)
        assert register.entries(DocumentKind.JUDGEMENT) == NOTED
        assert register.proposal("C-1") == b"proposal"
