"""The command table: all that an analyst can do, on one screen.

``python cli.py``, the installed ``placement`` and ``python -m placement_engine`` are this.
"""

from __future__ import annotations

from placement_engine.commands import (
    accept,
    alerts,
    alerts_message,
    approve,
    audit,
    case,
    config,
    demo,
    doctor,
    event,
    explain,
    facilities,
    hostility,
    network,
    network_export,
    network_judge,
    propose,
    recheck,
    register,
    report,
    solve,
    users,
)
from placement_engine.commands import help as about
from placement_engine.commands.program import program, start

app = program(
    {
        "demo": demo.demo,
        "propose": propose.propose,
        "accept": accept.accept,
        "approve": approve.approve,
        "explain": explain.explain,
        "report": report.report,
        "case add": case.add,
        "case show": case.show,
        "recheck": recheck.recheck,
        "alerts list": alerts.list_alerts,
        "alerts ack": alerts.ack,
        "alerts show": alerts.show,
        "event add": event.add,
        "register init": register.init,
        "register import": register.import_placements,
        "register list": register.list_cases,
        "register remove": register.remove,
        "register verify": register.verify,
        "register anchor": users.anchor,
        "register audit verify": audit.verify,
        "register audit show": audit.show,
        "register audit prove": audit.prove,
        "register user identity": users.identity,
        "register user add": users.add,
        "register user remove": users.remove,
        "register user list": users.list_users,
        "alerts message": alerts_message.message,
        "alerts messages": alerts_message.read,
        "network import": network.import_network,
        "network export": network_export.export_network,
        "network show": network.show,
        "network explain": network.explain,
        "network coverage": network_judge.coverage,
        "network clear": network_judge.clear,
        "network confirm-peace": network_judge.confirm_peace,
        "network confirm-defection": network_judge.confirm_defection,
        "network merge": network_judge.merge,
        "network unmerge": network_judge.unmerge,
        "network judgements": network_judge.judgements,
        "facilities import": facilities.import_facilities,
        "hostility": hostility.hostility,
        "solve": solve.solve,
        "config show": config.show,
        "doctor": doctor.doctor,
        "help exit-codes": about.exit_codes,
    },
    groups={
        "case": "Placement questions as they were entered.",
        "alerts": "Who must look, until somebody has.",
        "event": "What the night must know.",
        "register": "Who is placed where, encrypted.",
        "register audit": "Who did what, when and why.",
        "register user": "Who may use the register, and as what.",
        "network": "Who is hostile to whom, and why.",
        "facilities": "What places offer.",
        "config": "Settings and where they come from.",
        "help": "What the program says about itself.",
    },
    summary="Proposes a municipality where nobody collides. A named person decides.",
)

if __name__ == "__main__":
    start(app)
