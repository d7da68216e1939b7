"""What is for nobody goes to a file; what is for people goes where stderr went."""

import subprocess
import sys
from pathlib import Path

from support.configs import CONF

NOISE = """
import os, sys, warnings
from zip_pipeline.report.run_log import RunLog
log = RunLog(sys.stderr) if {verbose} else RunLog.taking_stderr()
os.system("echo a process >&2")
warnings.warn("a library")
print("one line", file=log.people)
try:
    raise ValueError("what went wrong")
except ValueError as error:
    print("failed" + log.keep(error) if {fails} else "done", file=log.people)
log.remove()
"""


def said(folder: Path, *, verbose: bool = False, fails: bool = False) -> list[str]:
    code = NOISE.format(verbose=verbose, fails=fails)
    environment = {"TMPDIR": str(folder), "PYTHONPATH": str(CONF.parent), "PATH": "/usr/bin:/bin"}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout == ""
    return done.stderr.splitlines()


def test_noise_is_for_nobody(tmp_path: Path) -> None:
    assert said(tmp_path) == ["one line", "done"]
    assert list(tmp_path.iterdir()) == []


def test_a_failure_names_the_file_that_has_it(tmp_path: Path) -> None:
    lines = said(tmp_path, fails=True)
    (file,) = tmp_path.iterdir()
    assert lines == ["one line", f"failed; what Spark and Python say of it: {file}"]
    text = file.read_text()
    assert text.startswith("a process\n")
    assert "UserWarning: a library" in text
    assert text.endswith("ValueError: what went wrong\n")


def test_who_asks_for_noise_gets_it(tmp_path: Path) -> None:
    lines = said(tmp_path, verbose=True, fails=True)
    assert lines[0] == "a process"
    assert "ValueError: what went wrong" in lines
    assert lines[-1] == "failed"
    assert list(tmp_path.iterdir()) == []


def test_without_room_for_a_file_stderr_stays() -> None:
    code = "import tempfile\ntempfile.tempdir = '/nowhere'" + NOISE.format(verbose=False, fails=True)
    done = subprocess.run([sys.executable, "-c", code], cwd=CONF.parent, capture_output=True, text=True, check=True)
    assert "a process" in done.stderr.splitlines()
    assert done.stderr.endswith("failed\n")
