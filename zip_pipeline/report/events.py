"""What happens in a run as JSON lines, for schedulers and monitors: ``run.events`` names the file.

A line is an object with ``time`` (UTC), ``job`` and ``event``; the events' other keys:

    stage_begins    stage, name
    stage_runs      stage, seconds, so_far: what it has written, by unit; twice a minute
    stage_ends      stage, seconds
    picked          amount, of, unit, set_ratio; twice a minute
    done            output, tables, seconds, and what the manifest has of input, selection and fingerprint
    failed          message

Lines are appended, each in one write. So several runs may share a file.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from zip_pipeline.errors import ConfigError
from zip_pipeline.schema import Manifest

OF_INPUT = ("read", "records", "raw_bytes", "rejected", "duplicates", "fingerprint")
OF_SELECTION = ("records", "raw_bytes", "compressed_bytes", "set_ratio", "rounds")
"""What the last event has of the manifest's parts, where the job has such a part."""


class EventLog:
    """A file of events, or none.

    Args:
        path: of the file, on this machine; None: nothing is written.
        job: as it is typed.

    Raises:
        ConfigError: when the file cannot be written.
    """

    def __init__(self, path: str | None = None, job: str = "") -> None:
        self._file, self._job = None if path is None else Path(path).expanduser(), job
        if self._file is not None:
            try:
                self._file.parent.mkdir(parents=True, exist_ok=True)
                self._file.open("a").close()
            except OSError as error:
                raise ConfigError(f"run.events {path}: cannot be written: {error.strerror}") from None

    @property
    def is_kept(self) -> bool:
        """Whether there is a file."""
        return self._file is not None

    def add(self, event: str, **facts: Any) -> None:
        """Append an event."""
        if self._file is not None:
            now = datetime.now(UTC).isoformat(timespec="milliseconds")
            line = json.dumps({"time": now, "job": self._job, "event": event, **facts}, ensure_ascii=False)
            with self._file.open("a", encoding="utf-8") as stream:
                stream.write(f"{line}\n")

    def done(self, manifest: Manifest) -> None:
        """Append the last event of a run that has its output."""
        self.add(
            "done",
            output=manifest["config"]["output"]["path"],
            tables=manifest.get("tables", {}),
            seconds=manifest.get("timings", {}).get("total_s"),
            input=some_of(manifest.get("input", {}), OF_INPUT),
            selection=some_of(manifest.get("selection", {}), OF_SELECTION),
        )

    def failed(self, message: str) -> None:
        """Append the last event of a run that ended without output."""
        self.add("failed", message=message)


def some_of(part: Mapping[str, Any], keys: tuple[str, ...]) -> dict[str, Any]:
    """Return those of the keys that a part of a manifest has."""
    return {key: part[key] for key in keys if key in part}
