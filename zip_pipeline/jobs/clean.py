"""The job ``clean``: what killed runs have left at an output path.

On a disk of this machine the next run to the same path removes what a killed one left. Elsewhere nobody can tell a
killed run from one that lives, but by the time since it wrote its last file. So leftovers stay there until somebody
asks for them to go. They disturb no run and no reader.
"""

import time
from contextlib import ExitStack
from typing import Any

from rich.console import Console

from zip_pipeline.config import CleanConfig
from zip_pipeline.errors import InputError
from zip_pipeline.jobs.base import Job
from zip_pipeline.report.console import Reporter, for_console
from zip_pipeline.report.page import Table
from zip_pipeline.schema import Manifest
from zip_pipeline.spark.io.location import Location, has_scheme
from zip_pipeline.spark.io.output import left_inside
from zip_pipeline.spark.io.staging import left_beside, remove_leftovers
from zip_pipeline.spark.session import session

HOUR_S = 3600


def run(config: CleanConfig, reporter: Reporter) -> Manifest:
    """List leftovers that are old enough, and remove them where the config says so; return what was found.

    Raises:
        InputError: when there is nothing at the path or next to it.
    """
    with ExitStack() as entered:
        if has_scheme(config.output.path):
            with reporter.stage("session", "start Spark"):  # it knows how the store is reached
                entered.enter_context(session("zip_pipeline clean"))
        target = Location.of(config.output.path)
        leftovers = [*left_beside(target), *left_inside(target)]
        if not leftovers and not target.exists():
            raise InputError(f"{config.output.path}: no such output, and nothing that a run has left there")
        found = [_described(place) for place in leftovers]
        old = [part["age_hours"] >= config.clean.older_than_hours for part in found]
        for place, part, is_old in zip(leftovers, found, old, strict=True):
            said = remove_leftovers(place) if is_old and config.clean.delete else []
            part["removed"] = is_old and config.clean.delete and not said
            for line in said:
                reporter.say(line)
    return {
        "config": config.resolved(),
        "leftovers": [part for part, is_old in zip(found, old, strict=True) if is_old],
        "younger": len(old) - sum(old),
    }


def _described(place: Location) -> dict[str, Any]:
    """Return path, number of files, bytes, and hours since the last of them was written."""
    files = place.files_below()
    newest = max((info.mtime_ns or 0 for info in files), default=0) / 1e9
    return {
        "path": place.uri,
        "files": len(files),
        "bytes": sum(info.size for info in files),
        "age_hours": round((time.time() - newest) / HOUR_S, 1),
        "removed": False,
    }


def show(console: Console, manifest: Manifest) -> None:
    """Print the leftovers, and what to type to remove them."""
    leftovers, hours = manifest["leftovers"], manifest["config"]["clean"]["older_than_hours"]
    if leftovers:
        rows = [
            (part["path"], f"{part['files']:,}", f"{part['bytes']:,}", f"{part['age_hours']:,.0f}", part["removed"])
            for part in leftovers
        ]
        heads = ("leftover", "files", "bytes", "hours old", "removed")
        console.print(for_console(Table(heads, [(*row[:-1], "yes" if row[-1] else "no") for row in rows])))
    else:
        console.print(f"nothing is left that is {hours} hours old")
    if manifest["younger"]:
        console.print(f"{manifest['younger']} younger, of runs that may live; see clean.older_than_hours")
    if leftovers and not manifest["config"]["clean"]["delete"]:
        console.print("to remove them: the same command with --delete")


JOB = Job(run, show)
