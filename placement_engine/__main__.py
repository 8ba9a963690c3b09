"""``python -m placement_engine`` and the installed ``placement``: the command table of cli.py."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from types import ModuleType


def main() -> None:
    """Run the program; leaves with its exit code."""
    sys.excepthook = _quiet
    _command_table().app()


def _command_table() -> ModuleType:
    """``cli.py``: inside the package in a wheel, beside it in a checkout."""
    package = Path(__file__).parent
    for path in (package / "cli.py", package.parent / "cli.py"):
        spec = importlib.util.spec_from_file_location("placement_engine.cli", path)
        if path.is_file() and spec is not None and spec.loader is not None:
            module = importlib.util.module_from_spec(spec)
            spec.loader.exec_module(module)
            return module
    raise ModuleNotFoundError("cli.py")


def _quiet(kind: type[BaseException], error: BaseException, trace: object) -> None:
    """Instead of a traceback, which could hold a row."""
    del error, trace
    sys.stderr.write(f"PE-0100 {kind.__name__}\n")


if __name__ == "__main__":
    main()
