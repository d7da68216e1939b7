"""The resolved config: the values that a job would have, each with its origin, as a file that gives them again."""

import doctest
from pathlib import Path

from zip_pipeline.config import JOBS, load
from zip_pipeline.config.guide import resolved as module
from zip_pipeline.config.guide.resolved import FOLLOWS, resolved

GIVEN = ["input.path=p.parquet", "output.path=out", "select.budget=5%"]


def test_documentation_examples() -> None:
    assert doctest.testmod(module).failed == 0


def line(text: str, key: str) -> str:
    return next(line.strip() for line in text.splitlines() if line.strip().startswith(f"{key}:"))


def test_each_value_says_where_it_is_from(tmp_path: Path) -> None:
    file = tmp_path / "run.yaml"
    file.write_text(
        "input: {path: p.parquet, deduplicate: exact}\noutput: {path: out}\nselect: {budget: 5, rule: paper}\n"
    )
    text = resolved("select", str(file), ["select.budget=7", "codec={level: 6}"])
    assert line(text, "budget") == "budget: 7  # select.budget=7"
    assert line(text, "rule") == f'rule: "paper"  # {file}'
    assert line(text, "kind") == f'kind: "exact"  # {file}'
    assert line(text, "threshold") == "threshold: 0.5  # default"
    assert line(text, "k1") == f"k1: 10000  # {FOLLOWS}"
    assert line(text, "level") == "level: 6  # codec={level: 6}"
    assert line(text, "seed") == "seed: 0  # default"


def test_it_is_a_config_that_gives_the_same(tmp_path: Path) -> None:
    overrides = [*GIVEN, 'select.quotas={"a: b": {share: 50%}, x: {cap: 20%}}', "history.path=lake"]
    file = tmp_path / "resolved.yaml"
    file.write_text(resolved("select", None, overrides))
    assert load(str(file), [], JOBS["select"]) == load(None, overrides, JOBS["select"])
