"""The command table: all that an analyst can do, on one screen.

``python cli.py``, the installed ``placement`` and ``python -m placement_engine`` are this.
"""

from __future__ import annotations

from placement_engine.commands import config
from placement_engine.commands import help as about
from placement_engine.commands.program import program

app = program(
    {
        "config show": config.show,
        "help exit-codes": about.exit_codes,
    },
    groups={
        "config": "Settings and where they come from.",
        "help": "What the program says about itself.",
    },
    summary="Proposes a municipality where nobody collides. A named person decides.",
)

if __name__ == "__main__":
    app()
