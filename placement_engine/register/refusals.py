"""What was refused stands in the log too, and a flood of refusals does not fill it.

Whoever is refused may be anybody: nothing of what they say goes into an entry but the name
they act under, cut short, and the call. No case, no purpose, no role that was not shown.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from placement_engine.register import audit
from placement_engine.register.access import Act, Session
from placement_engine.register.users import MAX_NAME
from placement_engine.register.vault import Changing

FLOOD: Final = 10
"""So many refusals in a row, within `PAUSE`, stand for all that follow: a program that tries
again and again would otherwise make the register slow to open for those who may."""
PAUSE: Final = timedelta(hours=1)


def entry(change: Changing, call: str, session: Session | None) -> audit.Entry | None:
    """The entry for a refused call; None where those before it stand for it."""
    at = None if session is None else session.clock()
    if _in_a_row(change, at) >= FLOOD:
        return None
    return audit.Entry(
        at=at,
        who="" if session is None else session.actor.who[:MAX_NAME],
        role=None,
        purpose="",
        act=Act.REFUSED,
        call=call,
        case="",
        salt=audit.salt(change),
    )


def _in_a_row(change: Changing, at: datetime | None) -> int:
    """How many refusals, and nothing else, end the log's last page and are recent."""
    count = 0
    for last in reversed(audit.last_page(change)):
        if last.act is not Act.REFUSED or _long_ago(last.at, at):
            break
        count += 1
    return count


def _long_ago(then: datetime | None, now: datetime | None) -> bool:
    # A clock that was set back must not open the gates: what is later than now is recent.
    return then is not None and now is not None and now - then >= PAUSE
