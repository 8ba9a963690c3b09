"""What speaks against one place for one case, by the facts as they stand."""

from __future__ import annotations

from placement_engine.cases.assembly import Assembly
from placement_engine.cases.rules import provider as same_provider
from placement_engine.vocabulary import MunicipalityCode, ProviderId


def objections(
    assembly: Assembly, municipality: MunicipalityCode, provider: ProviderId | None
) -> list[str]:
    """Codes of the rules that forbid the place, or the care provider there, for the first case.

    Parameters
    ----------
    provider
        Who would house the subject, None where that is not known.
    """
    site = assembly.world.site_of(municipality)
    subject = assembly.problem.subjects[0]
    found = [code for code, effect in assembly.effects[0].items() if effect.forbidden[site]]
    if subject.ceiling is not None and subject.unary[site] > subject.ceiling:
        found.append("ceiling")
    if provider is not None and same_provider.houses_rival(assembly.world, 0, provider):
        found.append(same_provider.RULE.code)
    return list(dict.fromkeys(found))
