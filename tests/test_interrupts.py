"""Signals, to real processes: they end in seconds, with one line, and leave nothing that they should remove."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.pools import sharegpt

ROOT = Path(__file__).parents[1]
WAIT_S = 200
"""Seconds after which a test gives up; what it waits for takes a few, and on a busy machine more."""


def program(code: str) -> subprocess.Popen[str]:
    """Start a program that says when it is ready."""
    whole = f"from zip_pipeline import interrupts\n{code}"
    started = subprocess.Popen([sys.executable, "-c", whole], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert started.stdout is not None
    assert started.stdout.readline() == "ready\n"
    return started


def end_of(started: subprocess.Popen[str]) -> tuple[int, str]:
    said, _ = started.communicate(timeout=WAIT_S)
    return started.returncode, said


CLEANS_UP = """
import time
interrupts.install()
interrupts.on_forced_end(lambda: print("forced", flush=True))
try:
    print("ready", flush=True)
    time.sleep(1000)
except KeyboardInterrupt:
    time.sleep(0.5)
    print("clean")
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_interrupts_and_a_second_one_does_not_stop_the_cleaning_up(number: signal.Signals) -> None:
    started = program(CLEANS_UP)
    started.send_signal(number)
    time.sleep(0.2)
    started.send_signal(signal.SIGINT)
    started.send_signal(signal.SIGTERM)
    assert end_of(started) == (0, "clean\n")


def test_what_the_parent_ignores_stays_ignored() -> None:
    """As under `nohup`."""
    started = program("import signal\nsignal.signal(signal.SIGHUP, signal.SIG_IGN)" + CLEANS_UP)
    started.send_signal(signal.SIGHUP)
    time.sleep(0.5)
    assert started.poll() is None
    started.send_signal(signal.SIGTERM)
    assert end_of(started) == (0, "clean\n")


def test_a_program_that_waits_in_c_is_ended() -> None:
    """A hash of a billion rounds hears no signal; what was added last is removed first."""
    started = program(
        "import hashlib, threading\n"
        "interrupts.install()\n"
        "for name in ('first', 'second'):\n"
        "    interrupts.on_forced_end(lambda name=name: print(name, flush=True))\n"
        "interrupts.on_forced_end(lambda: 1 / 0)\n"
        "threading.Timer(1, lambda: print('ready', flush=True)).start()\n"
        "hashlib.pbkdf2_hmac('sha256', b'', b'', 10**9)\n"
    )
    started.send_signal(signal.SIGTERM)
    assert end_of(started) == (1, "second\nfirst\n")


def processes_with(mark: str) -> list[str]:
    """Return the commands of all processes whose environment has a mark: a program, and whatever it started."""
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if mark.encode() in (folder / "environ").read_bytes():
                found.append((folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()[:200])
        except OSError:  # it has ended, or is another user's
            continue
    return found


@pytest.fixture
def heeded() -> Iterator[None]:
    """A shell that starts something in the background has it ignore Ctrl-C, and its children do, too."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.jvm
@pytest.mark.usefixtures("heeded")
@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="needs /proc")
@pytest.mark.parametrize(
    ("stage", "number", "to_group"),
    [
        ("start Spark ...", signal.SIGINT, True),
        ("score the pool ...", signal.SIGTERM, False),
        ("write the selection ...", signal.SIGTERM, True),
    ],
)
def test_a_run_that_is_interrupted(stage: str, number: signal.Signals, to_group: bool, tmp_path: Path) -> None:
    """Ctrl-C goes to a group of processes, and so do the signals of some schedulers; those of others to one process."""
    (tmp_path / "tmp").mkdir()
    pool = tmp_path / "pool.jsonl"
    pool.write_text("".join(json.dumps(record) + "\n" for record in sharegpt(2000)))
    mark = f"signal-{os.getpid()}-{tmp_path.name}"
    command = [sys.executable, ROOT / "jobs/select.py", "--input", pool, "--output", "out", "--budget", "500"]
    keys = ["run.checkpoint=c", "input.deduplicate=exact", "codec.window=32KB"]
    command += [part for key in keys for part in ("--set", key)]
    with (tmp_path / "said").open("w") as said:
        started = subprocess.Popen(
            command,
            cwd=tmp_path,
            env={**os.environ, "TMPDIR": str(tmp_path / "tmp"), "MARK": mark},
            stdout=said,
            stderr=said,
            start_new_session=True,
        )
    end = time.monotonic() + WAIT_S
    while stage not in (tmp_path / "said").read_text() and started.poll() is None and time.monotonic() < end:
        time.sleep(0.01)
    (os.killpg if to_group else os.kill)(started.pid, number)
    assert started.wait(WAIT_S) == 1
    assert processes_with(mark) == []
    lines = (tmp_path / "said").read_text().splitlines()
    last = "zip-pipeline select: interrupted; an output without a new manifest.json is not finished"
    assert lines[-1] == last
    assert [line for line in lines if line.startswith(("Traceback", "\t", "  ")) or "WARN" in line] == []
    left = {path.name for path in tmp_path.iterdir()} - {"c"}  # with which the same command goes on
    assert left == {"pool.jsonl", "said", "tmp"}
    assert list((tmp_path / "tmp").iterdir()) == []
