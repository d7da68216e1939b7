"""An executor says which packages it has not."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

from zip_pipeline.tasks.packages import NEEDED, PICKING, missing

ROOT = Path(__file__).parents[2]


def test_only_what_is_missing_is_named() -> None:
    assert missing([*NEEDED, "no_such_package", *PICKING, "nor_this"]) == ["no_such_package", "nor_this"]
    assert missing(NEEDED) == []


def test_a_bare_python_can_say_so() -> None:
    """Which has no package at all: -S leaves out all that was installed."""
    code = f"import sys; sys.path.insert(0, {str(ROOT)!r}); from zip_pipeline.tasks.packages import NEEDED, missing; "
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", code + "print(*missing(['sys', *NEEDED]))"], capture_output=True, text=True
    )
    assert (done.stdout.split(), done.stderr) == (list(NEEDED), "")


def test_the_environment_that_is_packed_has_them() -> None:
    """And nothing else that a task imports; the lock adds what these need themselves."""
    group = tomllib.loads((ROOT / "pyproject.toml").read_text())["dependency-groups"]["executors"]
    assert {re.split(r"[<>=]", requirement)[0] for requirement in group} == {*NEEDED, *PICKING}
    locked = (ROOT / ".setup/executors.lock").read_text()
    assert all(f"\n{name}==" in f"\n{locked}" for name in {*NEEDED, *PICKING})
    whole = (ROOT / ".setup/requirements.lock").read_text()
    assert all(pin in whole for pin in re.findall(r"^\S+==\S+", locked, re.MULTILINE)), "the versions of the driver"
