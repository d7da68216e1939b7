"""Whose a folder is: the process that writes it, so that what a dead one left behind can be told from work in progress.

>>> this = mark()
>>> runs(this), runs(this + "0"), runs("elsewhere-1-1")
(True, False, None)
"""

import os
import platform
import re
from pathlib import Path


def mark() -> str:
    """Return the mark of this process: host, process id and when it started, in characters that file names may have."""
    host = re.sub(r"[^A-Za-z0-9.]", "", platform.node()) or "localhost"
    return f"{host}-{os.getpid()}-{_started(os.getpid())}"


def runs(owner: str) -> bool | None:
    """Whether that process still runs; None: it is of another host, of which nothing is known."""
    host, _, rest = owner.partition("-")
    pid, _, started = rest.partition("-")
    if host != mark().partition("-")[0] or not pid.isdigit():
        return None
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return started == _started(int(pid))


def _started(pid: int) -> str:
    """Return when a process started, in the system's ticks; 0 where that cannot be told."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
    except OSError:
        return "0"
