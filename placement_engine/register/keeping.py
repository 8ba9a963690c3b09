"""What a keeper does with a register as a whole: new keys, shares of them, a backup.

Each is allowed and noted at the desk before it is done.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from placement_engine.register import backup, offices
from placement_engine.register.desk import Desk
from placement_engine.register.keys import KeyProvider
from placement_engine.register.recovery import RememberedKey
from placement_engine.register.store import RegisterStore


def renew(desk: Desk, provider: KeyProvider) -> int:
    """Give the register new keys; gives the number of records that were sealed anew.

    Raises
    ------
    ApprovalNeeded, NotPermitted
        As `Desk.change`; see also `Vault.renew`.
    """
    offices.authorise(desk, "rotate")
    return desk.vault.renew(provider)


def share(desk: Desk, keys: RememberedKey) -> tuple[str, ...]:
    """Recovery shares of the key that the register was opened with; two agree on it."""
    offices.authorise(desk, "share")
    return keys.shares()


def back_up(desk: Desk, store: RegisterStore, path: Path, recipients: Sequence[str]) -> int:
    """Write the register, which `store` keeps, into a file; gives the number of records.

    A backup is data handed out: two agree on who can open it. What is in the backup
    includes that it was made.
    """
    offices.authorise(desk, "backup", [one.encode() for one in sorted(set(recipients))])
    return backup.write_backup(store, path, recipients)
