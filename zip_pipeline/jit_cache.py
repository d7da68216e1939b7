"""How the entry points of kernels are compiled, and where their machine code is kept.

Numba stores compiled code by the place of a function's file, and checks that file alone for changes. But entry points
also contain functions and the memory layout of other modules. And the package may lie anywhere: on Spark's executors it
is in an archive, in a new folder each session. So the folder that this module names has a checksum of all sources
beside the entry point's, of Python, Numba and the processor. The same code is compiled once for a machine and user, and
changed code is compiled anew. An entry point must not call compiled code of another folder of the package.

The folder is in the user's cache folder, or in NUMBA_CACHE_DIR, and may be deleted at any time. Where it cannot be
written, each process compiles.
"""

import functools
import sys
import tempfile
import zlib
from collections.abc import Callable
from importlib.resources import files
from pathlib import Path
from typing import Any, TypeVar, cast

import llvmlite.binding
import numba
from numba.core.caching import UserWideCacheLocator
from numba.misc.appdirs import AppDirs

Function = TypeVar("Function", bound=Callable[..., Any])


class ByContent(UserWideCacheLocator):
    """Tells Numba the folder. As its name has the checksum, its content is never stale."""

    def __init__(self, py_func: Any, py_file: str) -> None:
        super().__init__(py_func, py_file)  # type: ignore[no-untyped-call]
        self._folder = _folder(_package(py_func))

    @classmethod
    def from_function(cls, py_func: Any, py_file: str) -> "ByContent":
        """Return the locator of a function; its file may be in an archive."""
        return cls(py_func, py_file)

    def get_cache_path(self) -> str:
        """Return the folder."""
        return str(self._folder)

    def get_source_stamp(self) -> str:
        """Return the checksum: unlike Numba's own stamp it needs no file."""
        return self._folder.name


def entry_point(function: Function) -> Function:
    """Compile a function and all that it calls when it is first called, or load its machine code."""
    config: Any = numba.config
    default = config.CACHE_LOCATOR_CLASSES
    config.CACHE_LOCATOR_CLASSES = f"{__name__}.{ByContent.__name__}"
    try:
        compiled: Any = numba.njit(nogil=True, cache=_can_keep(_package(function)), error_model="numpy")(function)
    finally:
        config.CACHE_LOCATOR_CLASSES = default
    return cast("Function", compiled)


def is_compiled(function: Any) -> bool:
    """Whether the machine code of an entry point is in the folder."""
    folder = function.stats.cache_path
    name = f"{function.__module__.rpartition('.')[2]}.{function.__name__}-*.nbi"
    return folder is not None and any(Path(folder).glob(name))


def _package(function: Any) -> str:
    """Return the folder of the package that a function is in, as a dotted name."""
    return str(function.__module__.rpartition(".")[0])


@functools.cache
def _folder(package: str) -> Path:
    binding = llvmlite.binding
    processor = binding.get_host_cpu_name(), binding.get_host_cpu_features().flatten()
    checksum = zlib.crc32(repr((sys.version_info, numba.__version__, processor)).encode())
    for source in sorted(files(package).iterdir(), key=lambda source: source.name):
        if source.name.endswith(".py"):
            checksum = zlib.crc32(source.read_bytes(), checksum)
    config: Any = numba.config
    folder = config.CACHE_DIR or AppDirs(appname="numba", appauthor=False).user_cache_dir  # type: ignore[no-untyped-call]
    return Path(folder) / f"zip_pipeline-{checksum:08x}"


@functools.cache
def _can_keep(package: str) -> bool:
    try:
        _folder(package).mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=_folder(package)):
            return True
    except OSError:
        return False
