"""Commands on a store that this machine serves: started, killed, started again, and what they left there."""

import io
import json
import os
import random
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow import fs

from support.pools import sharegpt

ROOT = Path(__file__).parents[2]
PARTS = Path(sys.prefix, "lake")
"""Where `make lake` puts what tests of stores and clusters need."""

ARCHIVE = PARTS / "env.tar.gz"
"""What `make pack` makes for drivers; executors take a part of it."""

KILLS = int(os.environ.get("LAKE_KILLS", "3"))
FORMATS = ("parquet", "jsonl", "delta")
WAIT_S = 900
SMALL = ("select.k1=20", "select.k2=8", "select.k3=5", "input.deduplicate=exact")
RECORDS, BUDGET = 300, 60

Picks = list[tuple[str, int, float]]
"""Rank, id and ratio of a selection, by rank."""


class Store:
    """A server that Spark and the driver reach.

    Args:
        root: the URI of the folder below which all is.
        files: reaches the server for the tests.
        top: `root` within `files`.
    """

    def __init__(self, root: str, files: fs.FileSystem, top: str) -> None:
        self.root, self.files, self.top = root, files, top

    @property
    def settings(self) -> dict[str, str]:
        """What Spark must be told; the driver is told nothing else."""
        return {}

    def environment(self, **more: str) -> dict[str, str]:
        """Return variables with which the commands reach the store, and which hide what this machine has of S3."""
        settings = {**self.settings, **more}
        arguments = " ".join(f"--conf '{key}={value}'" for key, value in settings.items())
        return {"PYSPARK_SUBMIT_ARGS": f"{arguments} pyspark-shell", "AWS_EC2_METADATA_DISABLED": "true"}

    def names(self, folder: str) -> list[str]:
        """Return the files below a folder, without it."""
        selector = fs.FileSelector(f"{self.top}/{folder}", recursive=True, allow_not_found=True)
        infos = self.files.get_file_info(selector)
        prefix = f"{self.top}/{folder}/"
        return sorted(info.path.removeprefix(prefix) for info in infos if info.type == fs.FileType.File)

    def read(self, name: str) -> bytes:
        """Return the content of a file."""
        with self.files.open_input_stream(f"{self.top}/{name}") as stream:
            content: bytes = stream.read()
        return content

    def write_pool(self) -> None:
        """Write the folder ``pool``, two files."""
        table = pa.Table.from_pylist(sharegpt(RECORDS))
        for part in range(2):
            half = table.slice(part * RECORDS // 2, RECORDS // 2)
            with self.files.open_output_stream(f"{self.top}/pool/part-{part}.parquet") as stream:
                pq.write_table(half, stream)


def free_port() -> int:
    """Return a port that nobody listens to."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def command(store: Store, out: str, *overrides: str, job: str = "select") -> list[str]:
    """Return a command on the store's pool, with output and checkpoint below a folder of the store."""
    keys = [f"output.path={store.root}/{out}/out", *overrides]
    if job == "select":
        pool = [f"input.path={store.root}/pool", f"select.budget={BUDGET}", *SMALL]
        keys = [*pool, f"run.checkpoint={store.root}/{out}/checkpoint", *keys]
    return [sys.executable, str(ROOT / f"jobs/{job}.py"), *(part for key in keys for part in ("--set", key))]


def start(store: Store, folder: Path, typed: list[str]) -> "subprocess.Popen[str]":
    """Start a command, alone in a group of processes; its temporary files are in the folder."""
    folder.mkdir(exist_ok=True)
    environment = {**os.environ, **store.environment(), "TMPDIR": str(folder)}
    return subprocess.Popen(
        typed, cwd=folder, env=environment, stderr=subprocess.PIPE, text=True, start_new_session=True
    )


def finish(process: "subprocess.Popen[str]") -> str:
    """Wait for a command that is to succeed; return what it said."""
    said = process.communicate(timeout=WAIT_S)[1]
    assert process.returncode == 0, said
    return said


def run(store: Store, folder: Path, typed: list[str]) -> str:
    """Run a command that is to succeed; return what it said."""
    return finish(start(store, folder, typed))


class Runner:
    """A process that runs commands on one Spark: the second one takes half of the time of the first.

    Args:
        store: which the commands reach.
        folder: for temporary files.
    """

    def __init__(self, store: Store, folder: Path) -> None:
        environment = {**os.environ, **store.environment(), "TMPDIR": str(folder)}
        environment["PYTHONPATH"] = str(ROOT)
        self._process = subprocess.Popen(
            [sys.executable, "-P", str(ROOT / "tests/support/commands.py")],
            cwd=folder, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip

    def run(self, typed: list[str], code: int = 0) -> str:
        """Run a command that is to end with an exit code; return what it said."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        job = Path(typed[1]).stem
        self._process.stdin.write(json.dumps([job, *typed[2:]]) + "\n")
        self._process.stdin.flush()
        ended, said = json.loads(self._process.stdout.readline())
        assert ended == code, said
        return str(said)

    def close(self) -> None:
        """End the process."""
        self._process.communicate()


def manifest_of(store: Store, out: str) -> dict[str, Any]:
    manifest: dict[str, Any] = json.loads(store.read(f"{out}/out/manifest.json"))
    return manifest


def selected(store: Store, out: str) -> Picks:
    """Return what an output has; in Delta of the files that its log names."""
    manifest = manifest_of(store, out)
    folder = f"{out}/out/{manifest['tables']['selection']}"
    names = [name for name in store.names(folder) if name.endswith((".parquet", ".json")) and "/" not in name]
    if "delta_versions" in manifest:
        names = sorted(_in_delta(store, folder, manifest["delta_versions"]["selection"]))
    rows: list[dict[str, Any]] = []
    for name in names:
        content = store.read(f"{folder}/{name}")
        rows += (
            map(json.loads, content.splitlines())
            if name.endswith(".json")
            else pq.read_table(io.BytesIO(content)).to_pylist()
        )
    return picks_of(rows)


def picks_of(rows: list[dict[str, Any]]) -> Picks:
    return sorted((row["zip_rank"], row["id"], row["zip_set_ratio"]) for row in rows)


def _in_delta(store: Store, folder: str, version: int) -> set[str]:
    files: set[str] = set()
    for number in range(version + 1):
        for line in store.read(f"{folder}/_delta_log/{number:020}.json").splitlines():
            action = json.loads(line)
            files |= {action["add"]["path"]} if "add" in action else set()
            files -= {action["remove"]["path"]} if "remove" in action else set()
    return files


@dataclass(frozen=True)
class Undisturbed:
    """A run that nobody disturbed.

    Attributes:
        picks: its selection.
        lasted_s: seconds from its first file in the store to its end.
    """

    picks: Picks
    lasted_s: float


def undisturbed(store: Store, folder: Path) -> Undisturbed:
    """Run a selection to its end, and look at what it left; its folder in the store is ``whole``."""
    process = start(store, folder, command(store, "whole"))
    _wait_for_files(store, "whole", process)
    began = time.monotonic()
    said = finish(process)
    lasted = time.monotonic() - began
    assert "warning" not in said
    assert {name.partition("/")[0] for name in store.names("whole")} == {"out"}, "nothing is left beside it"
    assert {name.partition("/")[0] for name in store.names("whole/out")} >= {"manifest.json", "report.html"}
    picks = selected(store, "whole")
    assert len(picks) == BUDGET
    return Undisturbed(picks, lasted)


def kill_and_repeat(store: Store, runner: Runner, whole: Undisturbed, folder: Path, number: int) -> None:
    """Kill a run at a random moment; the same command then finishes it, with the same selection.

    Checkpoint and history are in the store as well, and formats take turns.
    """
    kind = FORMATS[number % len(FORMATS)]
    out, chances = f"killed-{number}", random.Random(f"moments {number}")
    keys = [f"output.format={kind}", "output.mode=overwrite", f"history.path={store.root}/{out}/history"]
    keys += [f"history.format={'delta' if kind == 'delta' else 'parquet'}"]
    moment = chances.uniform(0, 1.05) * whole.lasted_s
    process = start(store, folder, command(store, out, *keys))
    _wait_for_files(store, out, process)
    time.sleep(moment)
    ended = process.poll() is not None
    with suppress(ProcessLookupError):  # it had ended
        os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    _kill_below(folder)
    rounds = len([name for name in store.names(f"{out}/checkpoint") if "round-" in name])
    tables = sorted({name.split("/")[0] for name in store.names(f"{out}/out")})
    runner.run(command(store, out, *keys))
    left = sorted({name.split("/")[0] for name in store.names(out)} - {"out", "history"})
    inside = {name.split("/")[0] for name in store.names(f"{out}/out")} - set(manifest_of(store, out)["tables"])
    print(
        f"kill {number}: {kind}, {moment:.0f} s after its first file{', when it had ended' if ended else ''}, "
        f"{rounds} rounds stored, output then: {', '.join(tables) or 'nothing'}; left beside the new one: "
        f"{', '.join(left) or 'nothing'}; in it: {', '.join(sorted(inside))}",
        flush=True,
    )
    assert selected(store, out) == whole.picks
    assert not [name for name in left if not name.startswith(".out.staging-")], "nothing else stays"


def _wait_for_files(store: Store, out: str, process: "subprocess.Popen[str]") -> None:
    """Wait until a run has written something."""
    end = time.monotonic() + WAIT_S
    while not store.names(out) and process.poll() is None and time.monotonic() < end:
        time.sleep(0.2)


def _kill_below(folder: Path) -> None:
    """End what has its temporary files in a folder: the JVM, which is in a group of its own."""
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                mine = str(folder).encode() in (entry / "environ").read_bytes()
            except OSError:
                continue
            if mine:
                os.kill(int(entry.name), signal.SIGKILL)
