"""``placement network heat``: between whom there has been violence or a threat of late."""

from __future__ import annotations

from typing import TYPE_CHECKING

from placement_engine.commands.network import Codes
from placement_engine.commands.options import MODEL, OUTPUT, REGISTER, Run, shared
from placement_engine.vocabulary import Language

if TYPE_CHECKING:
    from placement_engine.report.network_bodies import HeatBody
    from placement_engine.report.page import Page


@shared(REGISTER, MODEL, OUTPUT)
def heat(run: Run, *, code: Codes = None) -> None:
    """List conflicts and threats with an act of late: a flag beside the scores."""
    from placement_engine.cases.standing import identity_of
    from placement_engine.intelligence.heat import fresh_enmities
    from placement_engine.intelligence.identity import merged
    from placement_engine.report.network_bodies import HeatBody, HeatRow

    with run.engine() as engine:
        known = merged(engine.register.network(), identity_of(engine.register, engine.as_of))
        found, withheld = fresh_enmities(
            known, as_of=engine.as_of, policy=engine.policy, codes=code or ()
        )
        body = HeatBody(
            enmities=tuple(
                HeatRow(
                    a=one.a,
                    b=one.b,
                    kind=one.kind.value,
                    last=one.last,
                    heat=one.heat.value,
                    hot=one.heat.hot,
                )
                for one in found
            ),
            withheld=withheld,
            notices=run.notices(engine),
        )
    run.output.result(body, _page(body, run.language))


def _page(body: HeatBody, language: Language) -> Page:
    from placement_engine.report.network_page import tie_wording
    from placement_engine.report.page import Block, Table, line, page

    swedish = language is Language.SWEDISH
    blocks: list[Block] = []
    if body.enmities:
        columns = ("vem", "mot vem", "koppling", "senast", "hetta")
        english = ("who", "against whom", "tie", "last", "heat")
        hot = "het" if swedish else "hot"
        rows = tuple(
            (
                row.a,
                row.b,
                tie_wording(row.kind, language),
                row.last.isoformat(),
                f"{row.heat:.2f} {hot if row.hot else ''}".rstrip(),
            )
            for row in body.enmities
        )
        blocks.append(Table(columns=columns if swedish else english, rows=rows))
    else:
        none = "Inga färska konflikter eller hot är kända."
        blocks.append(line(none if swedish else "No fresh conflict or threat is known."))
    if body.withheld:
        blocks.append(
            line(
                f"{body.withheld} uppgifter är skyddade och visas inte."
                if swedish
                else f"{body.withheld} reports are protected and not shown."
            )
        )
    return page(*blocks)
