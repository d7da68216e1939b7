"""What `conftest` promises of any run: a skip is a failure where asked, and no test starts Java unnoticed."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
TESTS = """
import pytest

def test_passes():
    pass

@pytest.mark.skip
def test_is_skipped():
    pass

def test_skips():
    pytest.skip("no jar")

@pytest.mark.xfail
def test_may_fail():
    assert False
"""
SKIPPED_MODULE = "import pytest\npytest.importorskip('no_such_module')\ndef test_it(): pass"


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the tests of a folder by this `conftest`."""
    shutil.copy(HERE / "conftest.py", folder)
    (folder / "pytest.ini").write_text("[pytest]\nmarkers =\n  jvm\n  slow\n")
    command = [sys.executable, "-m", "pytest", "-c", "pytest.ini", "-p", "no:cacheprovider", *arguments]
    environment = {key: value for key, value in os.environ.items() if not key.startswith("PYTEST_")}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, timeout=100)


@pytest.mark.parametrize("workers", ["0", "2"])
def test_a_skip_is_a_failure_where_asked(tmp_path: Path, workers: str) -> None:
    (tmp_path / "test_some.py").write_text(TESTS)
    done = run(tmp_path, "--no-skips", "-n", workers, "--dist", "worksteal")
    assert done.returncode == 1
    assert " 2 failed, 1 passed, 1 error in " in done.stdout.splitlines()[-1]

    (tmp_path / "test_some.py").write_text("def test_passes(): pass")
    (tmp_path / "test_module.py").write_text(SKIPPED_MODULE)
    done = run(tmp_path, "--no-skips", "-n", workers, "--dist", "worksteal")
    assert done.returncode == 1
    assert " 1 passed, 1 skipped in " in done.stdout.splitlines()[-1]


def test_a_skip_is_no_failure_otherwise(tmp_path: Path) -> None:
    (tmp_path / "test_some.py").write_text(TESTS)
    (tmp_path / "test_module.py").write_text(SKIPPED_MODULE)
    done = run(tmp_path)
    assert done.returncode == 0, done.stdout


def test_a_test_without_the_mark_cannot_start_java() -> None:
    done = subprocess.run([Path(sys.executable).parent / "spark-submit", "--version"], capture_output=True, text=True)
    assert done.returncode != 0
    assert "only_tests_marked_jvm_start_java" in done.stdout + done.stderr


@pytest.mark.jvm
def test_a_test_with_the_mark_can() -> None:
    done = subprocess.run([Path(sys.executable).parent / "spark-submit", "--version"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
