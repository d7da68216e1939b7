"""The README is short, and what it shows runs."""

import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyspark.sql import SparkSession

from support.pools import COLUMNS, sharegpt

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
COMMANDS = re.findall(r"^    ((?:make|\.venv/bin/python) .*?)(?: {2,}#.*)?$", README, re.MULTILINE)
# Recipes for packages that are not installed here begin with ```py.
CODE = [
    pytest.param(code, id=f"{page.name}-{number}")
    for page in PAGES
    for number, code in enumerate(re.findall(r"```python\n(.*?)```", page.read_text(), re.DOTALL))
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which somebody followed the quick start: pool.parquet, and the output out/."""
    folder = tmp_path_factory.mktemp("quickstart")
    (command,) = [command for command in COMMANDS if command.startswith(".venv")]
    python, script, *arguments = shlex.split(command)
    assert (python, script) == (".venv/bin/python", "jobs/select.py")
    pq.write_table(pa.Table.from_pylist(sharegpt(40)), folder / "pool.parquet")
    done = subprocess.run(
        [sys.executable, ROOT / script, *arguments], cwd=folder, capture_output=True, text=True, timeout=250
    )
    assert done.returncode == 0, done.stderr
    (folder / "stderr").write_text(done.stderr)
    return folder


def test_it_is_short() -> None:
    assert 150 <= len(README.splitlines()) <= 180


@pytest.mark.parametrize("command", [command for command in COMMANDS if command.startswith("make")])
def test_make_targets(command: str) -> None:
    assert subprocess.run(["make", "-n", *shlex.split(command)[1:]], cwd=ROOT, capture_output=True).returncode == 0


@pytest.mark.jvm
def test_the_first_command_on_a_pool_of_ones_own(folder: Path) -> None:
    assert pq.read_table(folder / "out/selection").num_rows == 40
    assert "9,960 short of the budget: the rule 'gain' finds no more" in (folder / "stderr").read_text()


@pytest.mark.parametrize("code", CODE)
def test_python_blocks_run(code: str, folder: Path, spark: SparkSession, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    names: dict[str, Any] = {"df": spark.createDataFrame(sharegpt(20), COLUMNS)}
    exec(code, names)  # noqa: S102 - our own pages
    if "scores" in names:
        assert names["scores"].count() == 20
    if "chosen" in names:
        pool = names.get("kept", names["df"])
        assert names["chosen"].count() == pool.count() > 0
    if "verdicts" in names:
        sides = [names[side].count() for side in ("kept", "held_out", "dropped")]
        assert sum(sides) == 20
        assert names["unique"].count() + names["duplicates"].count() == sides[0]
        assert {row["baseline"] for row in names["verdicts"].collect()} >= {"random", "near-dedup"}
    if "measures" in names:
        (measured,) = names["measures"].collect()
        assert (measured["name"], measured["records"], measured["value"]) == ("data", 20, None)
        assert 1 < measured["ratio"] == measured["raw_bytes"] / measured["compressed_bytes"]
    if "rows" in names:
        assert len(names["rows"]) == 40
