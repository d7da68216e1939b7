"""How the kernel's entry points are compiled, and where their machine code is kept: by what its sources are.

Numba keeps compiled code by the place of a function's file, and looks at that file alone to see whether it is stale.
But functions and memory layout of other modules are compiled in; and the package may be anywhere, on Spark's executors
in an archive that lies in a new folder each session. So the name of the folder here has a checksum of all sources of
the kernel: the same sources are compiled once a machine and user, changed ones anew.

The folder is in the user's cache folder, or in NUMBA_CACHE_DIR. Where it cannot be written, each process compiles.
"""

import functools
import tempfile
import zlib
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import Any, TypeVar, cast

import numba
from numba.core.caching import UserWideCacheLocator

Function = TypeVar("Function", bound=Callable[..., Any])


class BySources(UserWideCacheLocator):
    """Tells Numba the folder."""

    @classmethod
    def from_function(cls, py_func: Any, py_file: str) -> "BySources":
        """Return the locator of a function; its file need not be in a folder."""
        return cls(py_func, py_file)

    def get_cache_path(self) -> str:
        """Return the folder."""
        folder = numba.config.CACHE_DIR or Path(self._cache_path).parent  # type: ignore[attr-defined]
        return str(Path(folder) / f"zip_pipeline-{_checksum():08x}")

    def get_source_stamp(self) -> int:
        """Return what makes kept code stale when it changes."""
        return _checksum()


def entry_point(function: Function) -> Function:
    """Compile a function when it is first called, or find it compiled; all that it calls is compiled in."""
    config: Any = numba.config
    usual = config.CACHE_LOCATOR_CLASSES
    config.CACHE_LOCATOR_CLASSES = f"{__name__}.{BySources.__name__}"
    try:
        compiled: Any = numba.njit(nogil=True, cache=_can_keep(), error_model="numpy")(function)
    finally:
        config.CACHE_LOCATOR_CLASSES = usual
    return cast("Function", compiled)


def is_compiled(function: Any) -> bool:
    """Whether the machine code of an entry point is kept."""
    folder = function.stats.cache_path
    name = f"{function.__module__.rpartition('.')[2]}.{function.__name__}-*.nbi"
    return folder is not None and any(Path(folder).glob(name))


@functools.cache
def _checksum() -> int:
    checksum = 0
    for source in sorted(files(str(__package__)).iterdir(), key=lambda source: source.name):
        if source.name.endswith(".py"):
            checksum = zlib.crc32(source.read_bytes(), checksum)
    return checksum


@functools.cache
def _can_keep() -> bool:
    locator: Any = BySources.from_function(_checksum.__wrapped__, __file__)
    folder = Path(locator.get_cache_path())
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False
