"""A run in a process of its own, watched from outside: its processes, its memory, its disk."""

import os
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

EVERY_S = 0.2
PATIENCE_S = 60.0


def descendants(pid: int) -> set[int]:
    """Return a process and all below it."""
    parents = {}
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            parents[int(folder.name)] = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
    found = {pid} & parents.keys()
    while more := {child for child, parent in parents.items() if parent in found} - found:
        found |= more
    return found


def is_alive(pid: int) -> bool:
    """Whether a process runs; one that is dead and not yet waited for does not."""
    with suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


def name_of(pid: int) -> str:
    """Return the name of a process's program."""
    with suppress(OSError):
        return Path(f"/proc/{pid}/comm").read_text().strip()
    return ""


def resident(pid: int) -> int:
    """Return the bytes of memory of a process; what it shares counts in part (PSS)."""
    with suppress(OSError, StopIteration):
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        return int(next(line for line in lines if line.startswith("Pss:")).split()[1]) << 10
    return 0


class Watched:
    """A command, and the most it has used.

    Args:
        command: as `subprocess.Popen` takes it.
        folder: where it runs; its temporary files go into ``tmp`` there.

    Attributes:
        most: bytes: of the driver's Python process, of all Python processes, of the JVM, of the disk.
        processes: all that were ever seen.
    """

    def __init__(self, command: list[str], folder: Path) -> None:
        (folder / "tmp").mkdir(parents=True, exist_ok=True)
        self.most = {"driver": 0, "python": 0, "java": 0, "disk": 0}
        self.processes: set[int] = set()
        self._folder, self._free = folder, shutil.disk_usage(folder).free
        environment = {**os.environ, "TMPDIR": str(folder / "tmp")}
        self.process = subprocess.Popen(
            command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        self._watcher = threading.Thread(target=self._watch, daemon=True)
        self._watcher.start()

    def finish(self) -> str:
        """Wait for the end; return what it wrote to stdout."""
        out, err = self.process.communicate()
        self._watcher.join()
        if self.process.returncode:
            raise RuntimeError(f"{' '.join(map(str, self.process.args))}: {self.process.returncode}\n{err}")
        return out

    def kill(self) -> list[str]:
        """kill -9; return the names of those of its processes that outlive it by a minute, which then go, too."""
        self.processes |= descendants(self.process.pid)
        self.process.send_signal(signal.SIGKILL)
        self.process.communicate()
        self._watcher.join()
        end = time.monotonic() + PATIENCE_S
        while (left := [pid for pid in self.processes if is_alive(pid)]) and time.monotonic() < end:
            time.sleep(EVERY_S)
        names = [name_of(pid) for pid in left]
        for pid in left:
            with suppress(OSError):
                os.kill(pid, signal.SIGKILL)
        return names

    def _watch(self) -> None:
        while self.process.poll() is None:
            family = descendants(self.process.pid)
            self.processes |= family
            used = {pid: resident(pid) for pid in family}
            seen = {
                "driver": used.get(self.process.pid, 0),
                "python": sum(size for pid, size in used.items() if name_of(pid).startswith("python")),
                "java": sum(size for pid, size in used.items() if name_of(pid) == "java"),
                "disk": self._free - shutil.disk_usage(self._folder).free,
            }
            self.most = {name: max(size, self.most[name]) for name, size in seen.items()}
            time.sleep(EVERY_S)


def files_below(folder: Path) -> Iterator[str]:
    """Yield the files in a folder, relative to it."""
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            yield str(path.relative_to(folder))
