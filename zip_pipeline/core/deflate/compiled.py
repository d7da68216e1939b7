"""Where Numba keeps what it compiled of a package that lies in an archive.

Spark hands the package to its executors as an archive, in a new folder each session, and Numba keys its cache by the
folder: it would compile anew each time. The archive's own name says what is in it, so that goes into the key instead.
In a folder, Numba's own ways are right.

What this module does not do: tell stale code from fresh. Numba looks at a function's file; for the rest see `kernel`.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numba
from numba.core.caching import ZipCacheLocator


class ByArchiveName(ZipCacheLocator):
    """Keeps compiled functions in the user's cache folder, by the name of the archive that they come from."""

    def get_cache_path(self) -> str:
        """Return the folder."""
        return str(Path(self._cache_path).with_name(Path(self._zip_path).name))


@contextmanager
def kept(file: str) -> Iterator[None]:
    """While functions of `file` are decorated: let them be found again wherever the archive lies then."""
    config: Any = numba.config
    usual = config.CACHE_LOCATOR_CLASSES
    if not Path(file).exists():
        config.CACHE_LOCATOR_CLASSES = f"{__name__}.{ByArchiveName.__name__}"
    try:
        yield
    finally:
        config.CACHE_LOCATOR_CLASSES = usual
