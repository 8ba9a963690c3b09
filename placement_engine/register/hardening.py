"""What a process can do so that its memory is not written to disk by accident."""

from __future__ import annotations

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
    if sys.platform == "win32":
        return False
    import resource

    try:
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        prctl = ctypes.CDLL(None).prctl
    except (OSError, ValueError):
        return False
    except AttributeError:  # not Linux: the limit is all there is
        return True
    return bool(prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0) == 0)
