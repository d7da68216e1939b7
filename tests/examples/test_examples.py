"""The examples run as they stand."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession

import own_data
from support.notebook import run

EXAMPLES = Path(own_data.__file__).parent
NOTEBOOK = EXAMPLES / "notebook.ipynb"


@pytest.mark.usefixtures("spark")
def test_own_data(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    chosen = own_data.main([str(tmp_path)])
    assert [row["zip_rank"] for row in chosen] == list(range(own_data.BUDGET))
    assert [row["source"] for row in chosen].count("recipes") == own_data.BUDGET // 2
    grades = {row["id"]: row["grade"] for row in own_data.my_rows()}
    for row in chosen:
        number = int(row["id"].removeprefix("row-"))
        if number % 4 > 1:  # one of two that are near-duplicates
            other = f"row-{5 - number % 4 + number // 4 * 4:03d}"
            assert row["grade"] >= grades[other]
    assert "0  " in capsys.readouterr().out


@pytest.fixture(scope="module")
def notebook(spark: SparkSession) -> tuple[dict[str, Any], list[str]]:
    names, shown = run(NOTEBOOK)
    assert names["spark"] is spark
    return names, shown


def test_the_notebook(notebook: tuple[dict[str, Any], list[str]]) -> None:
    names, shown = notebook
    assert all(not cell.get("outputs") for cell in json.loads(NOTEBOOK.read_text())["cells"]), "outputs stay out"
    assert names["unique"].duplicates.count() == 30
    picks = names["chosen"].collect()
    assert [row["zip_rank"] for row in picks] == list(range(40)), "in order"
    assert names["chosen"].toPandas()["zip_rank"].tolist() == list(range(40))
    assert {row["source"] for row in picks} == {"kitchen"}, "for the target"
    assert names["judged"].where("difference < 0").count() > 0
    assert names["axes"].get_ylabel() == "R of the set"
    assert sum("<table" in html for html in shown) == len(shown) > 6


def test_the_notebook_over_spark_connect(notebook: tuple[dict[str, Any], list[str]]) -> None:
    root = EXAMPLES.parent
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("PYSPARK", "SPARK"))}
    done = subprocess.run(
        [sys.executable, "tests/support/notebook.py", NOTEBOOK],
        env=environment | {"PYTHONPATH": str(root), "SPARK_LOCAL_IP": "127.0.0.1", "MPLBACKEND": "agg"},
        cwd=root, capture_output=True, text=True, timeout=250, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    outcome = json.loads(done.stdout.splitlines()[-1])
    assert "connect" in outcome["session"]
    names, shown = notebook
    assert outcome["picks"] == [[row["id"], row["zip_set_ratio"]] for row in names["chosen"].collect()]
    assert outcome["shown"] == len(shown)
