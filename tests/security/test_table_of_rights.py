"""The tables of calls and of roles a second time, in plain words.

Whoever alters who may do what alters it here too, where it can be read at a glance.
"""

from __future__ import annotations

from placement_engine.register.access import ALONE, CALLS, RIGHTS, Act, Right, Role

CALLS_TOLD = """
placements           read         READ_FACTS   one
networks             read         READ_FACTS   one
snapshots            read         READ_FACTS   one
network_as_it_was    read         READ_FACTS   one
entries              read         READ_FACTS   one
facilities           -            READ_FACTS   one
case                 read         READ_CASES   one
cases                read         READ_CASES   one
case_files           read         READ_CASES   one
proposal             read         READ_CASES   one
decisions            read         READ_CASES   one
import_placements    collection   PLACE        two
import_network       collection   ENTER_FACTS  one
replace_facilities   -            ENTER_FACTS  one
put_cases            collection   ENTER_CASES  two
put_proposals        combination  PROPOSE      one
propose              combination  READ_FACTS   one
recheck              combination  READ_FACTS   one
accept               change       PLACE        two
remove_placement     erasure      PLACE        two
put_entries          change       NOTE         one
put_all              change       NOTE         one
judge                change       JUDGE        one
map_by_county        read         JUDGE        one
messages             read         TALK         one
send_message         disclosure   TALK         one
export               disclosure   EXPORT       two
backup               disclosure   KEEP         two
share                disclosure   KEEP         two
restore              change       KEEP         one
rotate               change       KEEP         two
erase                erasure      PLACE        two
reset_anchor         change       KEEP         two
users                read         USERS        one
add_user             change       USERS        two
requests             read         READ_CASES   one
approve              change       APPROVE      one
audit                log_read     READ_LOG     one
"""

ROLES_TOLD = """
analyst      READ_CASES READ_FACTS ENTER_FACTS ENTER_CASES PROPOSE NOTE JUDGE TALK
placer       READ_CASES READ_FACTS PROPOSE PLACE TALK EXPORT
approver     READ_CASES APPROVE
keeper       USERS KEEP
auditor      READ_LOG
batch        READ_CASES READ_FACTS NOTE
break-glass  READ_CASES READ_FACTS PROPOSE PLACE
"""


def test_each_call_is_what_is_written_here() -> None:
    told = {
        name: (None if act == "-" else Act(act), Right[right], signatures == "two")
        for name, act, right, signatures in map(str.split, CALLS_TOLD.strip().splitlines())
    }
    assert told == {name: (call.act, call.right, call.two) for name, call in CALLS.items()}


def test_each_role_has_the_rights_that_are_written_here() -> None:
    told = {
        Role(role): frozenset(Right[right] for right in rights)
        for role, *rights in map(str.split, ROLES_TOLD.strip().splitlines())
    }
    assert told | {Role.SINGLE_USER: frozenset(Right)} == dict(RIGHTS)
    assert {Role.SINGLE_USER, Role.BREAK_GLASS} == ALONE


def test_the_tables_cannot_be_altered_by_what_reads_them() -> None:
    for table in (CALLS, RIGHTS):
        assert not hasattr(table, "__setitem__")
