"""What others are told of a run when it ends: a file of events, a server of lineage.

`events` is at hand everywhere. `lineage` needs a package, so only a run that asks for it imports it.
"""

from collections.abc import Callable
from typing import Protocol

from zip_pipeline.errors import SetupError
from zip_pipeline.schema import Manifest


class Watcher(Protocol):
    """Whoever is told how a run ended."""

    def done(self, manifest: Manifest) -> None:
        """Note that the run has its output."""

    def failed(self, message: str) -> None:
        """Note that the run ended without output, and why."""


def lineage(name: str | None, job: str, config: Manifest, say: Callable[[str], None]) -> list[Watcher]:
    """Return what sends the run's OpenLineage events; it has sent the first one. Without a name there is nothing.

    Args:
        name: ``NAMESPACE`` or ``NAMESPACE/JOB``.
        job: as it is typed.
        config: with all defaults.
        say: prints a line for people.

    Raises:
        SetupError: when the package is not installed.
    """
    if name is None:
        return []
    try:
        from zip_pipeline.report.lineage import Lineage
    except ImportError:
        raise SetupError(
            "run.lineage needs the package openlineage-python; install it with pip install 'zip-pipeline[lineage]'"
        ) from None
    return [Lineage(name, job, config, say)]
