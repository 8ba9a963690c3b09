"""What is written into documents comes back, and is read as `json.loads` would read it."""

from __future__ import annotations

import json
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from placement_engine.intelligence import Placement
from placement_engine.register.contents import (
    read_framed,
    read_placement,
    write_framed,
    write_placement,
)
from placement_engine.vocabulary import (
    MunicipalityCode,
    OwnerId,
    ProtectionCategory,
    ProviderId,
    SubjectRef,
)

texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)
placements = st.builds(
    Placement,
    subject=texts.map(SubjectRef),
    municipality=texts.map(MunicipalityCode),
    start=st.dates(),
    end=st.none() | st.dates(),
    owner=st.none() | texts.map(OwnerId),
    provider=st.none() | texts.map(ProviderId),
    category=st.sampled_from(ProtectionCategory),
    review_by=st.none() | st.dates(),
)


@given(placements)
def test_a_placement_comes_back(placement: Placement) -> None:
    written = write_placement(placement)
    row = json.loads(written)
    read = read_placement(written)
    assert read == placement
    assert type(read.category) is ProtectionCategory
    assert (read.subject, read.start) == (row["subject"], date.fromisoformat(row["from"]))


@given(st.dictionaries(texts, texts, max_size=4), st.binary(max_size=40))
def test_framed_facts_are_read_as_json(facts: dict[str, str], payload: bytes) -> None:
    written = write_framed(facts, payload)
    size = int.from_bytes(written[:4], "big")
    framed = read_framed(written)
    assert framed.facts == json.loads(written[4 : 4 + size]) == facts
    assert framed.payload == payload


@pytest.mark.parametrize("more", [b"x", b" ", b"{}"])
def test_what_follows_the_content_is_refused(more: bytes) -> None:
    written = write_placement(
        Placement(subject=SubjectRef("P-1"), municipality=MunicipalityCode("0114"), start=date.min)
    )
    with pytest.raises(ValueError, match="follows"):
        read_placement(written + more)
