"""What a process can do so that its memory is not written to disk by accident."""

from __future__ import annotations

import contextlib
import ctypes
import sys

_PR_SET_DUMPABLE = 4


def forbid_core_dumps() -> bool:
    """Ask the system never to write this process's memory to a core file.

    On Linux it also keeps other processes of the same user from attaching a debugger.
    Child processes inherit the limit. Call it before a key is read.

    Returns
    -------
    bool
        Whether the system agreed; False where it offers no such thing.
    """
    try:
        import resource
    except ImportError:  # Windows
        return False
    try:
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    except (OSError, ValueError):
        return False
    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):
            return ctypes.CDLL(None).prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0) == 0
        return False
    return True
