"""The command table: all that an analyst can do, on one screen.

``python cli.py``, the installed ``placement`` and ``python -m placement_engine`` are this.
"""

from __future__ import annotations

from placement_engine.commands import (
    accept,
    case,
    config,
    demo,
    doctor,
    explain,
    facilities,
    hostility,
    network,
    propose,
    register,
    sensitivity,
    solve,
)
from placement_engine.commands import help as about
from placement_engine.commands.program import program, start

app = program(
    {
        "demo": demo.demo,
        "propose": propose.propose,
        "accept": accept.accept,
        "explain": explain.explain,
        "sensitivity": sensitivity.sensitivity,
        "case add": case.add,
        "case show": case.show,
        "register init": register.init,
        "register import": register.import_placements,
        "register list": register.list_cases,
        "register remove": register.remove,
        "register verify": register.verify,
        "network import": network.import_network,
        "network show": network.show,
        "network explain": network.explain,
        "facilities import": facilities.import_facilities,
        "hostility": hostility.hostility,
        "solve": solve.solve,
        "config show": config.show,
        "doctor": doctor.doctor,
        "help exit-codes": about.exit_codes,
    },
    groups={
        "case": "Placement questions as they were entered.",
        "register": "Who is placed where, encrypted.",
        "network": "Who is hostile to whom, and why.",
        "facilities": "What places offer.",
        "config": "Settings and where they come from.",
        "help": "What the program says about itself.",
    },
    summary="Proposes a municipality where nobody collides. A named person decides.",
)

if __name__ == "__main__":
    start(app)
