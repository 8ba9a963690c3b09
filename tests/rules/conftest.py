from __future__ import annotations

import pytest

from placement_engine.geo import Geography, load_geography
from placement_engine.policy import Policy
from placement_engine.testing.rule_bench import RuleBench


@pytest.fixture(scope="session")
def geography(tmp_path_factory: pytest.TempPathFactory) -> Geography:
    return load_geography(Policy.default(), cache_dir=tmp_path_factory.mktemp("geography"))


@pytest.fixture(scope="session")
def bench(geography: Geography) -> RuleBench:
    return RuleBench(geography)
