"""What the README shows is what there is: its commands run, its tables name the keys that the code knows."""

import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml
from pydantic import BaseModel
from pydantic_core import PydanticUndefined
from pyspark.sql import SparkSession

from support.pools import COLUMNS, sharegpt
from zip_pipeline.config import (
    CheckConfig,
    EvaluateConfig,
    FitConfig,
    MeasureConfig,
    RankConfig,
    SelectConfig,
    SplitConfig,
)
from zip_pipeline.config.values import bytes_of
from zip_pipeline.records.dialects import DIALECT_NAMES

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
COMMANDS = re.findall(r"^    ((?:make|\.venv/bin/python) .*?)(?: {2,}#.*)?$", README, re.MULTILINE)


def keys(model: type[BaseModel], prefix: str = "") -> dict[str, Any]:
    """The keys of a section, and their defaults; None where there is none."""
    found: dict[str, Any] = {}
    for name, field in model.model_fields.items():
        inner = field.annotation
        if isinstance(inner, type) and issubclass(inner, BaseModel):
            found |= keys(inner, f"{prefix}{name}.")
        else:
            default = field.get_default()
            found[prefix + (field.alias or name)] = None if default is PydanticUndefined else default
    return found


def documented() -> dict[str, Any]:
    """The keys that the reference names, and what it says of their defaults."""
    found: dict[str, Any] = {}
    rows = "".join(re.findall(r"^\| key \| default \| meaning \|\n.*\n((?:\|.*\n)+)", README, re.MULTILINE))
    for row, default in re.findall(r"^\| (`.*?) \| (.*?) ?\| ", rows.replace("| |", "|  |"), re.MULTILINE):
        names = re.findall(r"`([a-z0-9_.]+)`", row)
        parent = names[0].rpartition(".")[0]
        whole = [f"{parent}{name}" if name.startswith(".") else name for name in names]
        if default == "these names":
            defaults: list[Any] = [name.rpartition(".")[2] for name in whole]
        else:
            defaults = [yaml.safe_load(part.strip("` ")) for part in default.split(",")]
        found |= zip(whole, defaults if len(whole) > 1 and len(defaults) > 1 else defaults * len(whole), strict=True)
    return found


def test_the_config_reference_names_every_key_and_its_default() -> None:
    known: dict[str, Any] = {}
    for model in (SelectConfig, SplitConfig, FitConfig, RankConfig, EvaluateConfig, CheckConfig, MeasureConfig):
        known |= {key: default for key, default in keys(model).items() if key not in ("input", "measure.inputs")}
    known["measure.inputs"] = None  # none at all
    named = documented()
    assert named.keys() == known.keys()
    in_words = {"input.format": "by the name", "history.name": "the data set's"}
    for key, default in known.items():
        assert in_words.get(key, default) == (bytes_of(named[key]) if isinstance(default, int) else named[key]), key
    section = README.partition("## Config")[2].partition("## Output")[0]
    assert all(f"`{name}`" in section for name in DIALECT_NAMES)


def test_the_files_that_it_links_are_there() -> None:
    links = re.findall(r"\]\(([^)]+)\)", README)
    assert links
    assert all(link.startswith(("https://", "#")) or (ROOT / link).exists() for link in links)


def test_the_places_that_it_links_are_there() -> None:
    anchors = [
        re.sub(r"[^a-z -]", "", title.lower()).replace(" ", "-") for title in re.findall(r"^#+ (.*)", README, re.M)
    ]
    inside = re.findall(r"\]\(#([^)]+)\)", README)
    assert inside
    assert set(inside) <= set(anchors)


@pytest.mark.parametrize("command", [command for command in COMMANDS if command.startswith("make")])
def test_make_targets(command: str) -> None:
    assert subprocess.run(["make", "-n", *shlex.split(command)[1:]], cwd=ROOT, capture_output=True).returncode == 0


@pytest.mark.jvm
def test_the_first_command_on_a_pool_of_ones_own(tmp_path: Path) -> None:
    (command,) = [command for command in COMMANDS if command.startswith(".venv")]
    python, script, *arguments = shlex.split(command)
    assert (python, script) == (".venv/bin/python", "jobs/select.py")
    pq.write_table(pa.Table.from_pylist(sharegpt(40)), tmp_path / "pool.parquet")
    done = subprocess.run(
        [sys.executable, ROOT / script, *arguments], cwd=tmp_path, capture_output=True, text=True, timeout=250
    )
    assert done.returncode == 0, done.stderr
    assert pq.read_table(tmp_path / "out/selection").num_rows == 40
    assert "9,960 short of the budget: the rule 'gain' finds no more" in done.stderr


def test_the_notebooks_lines(spark: SparkSession) -> None:
    (code,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    names = {"df": spark.createDataFrame(sharegpt(20), COLUMNS)}
    exec(code, names)  # noqa: S102 - our own README
    assert names["chosen"].count() == names["scores"].count() == 20
    (measured,) = names["measures"].collect()
    assert (measured["name"], measured["records"], measured["value"]) == ("data", 20, None)
    assert 1 < measured["ratio"] == measured["raw_bytes"] / measured["compressed_bytes"]
