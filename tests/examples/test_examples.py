"""The examples run as they stand."""

import json
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession

import own_data

EXAMPLES = Path(own_data.__file__).parent


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


def test_the_notebook(spark: SparkSession) -> None:
    cells = json.loads((EXAMPLES / "notebook.ipynb").read_text())["cells"]
    assert all(not cell.get("outputs") for cell in cells), "outputs are not for the repository"
    names: dict[str, Any] = {}
    for cell in cells:
        if cell["cell_type"] == "code":
            exec("".join(cell["source"]), names)  # noqa: S102 - our own notebook
    assert names["spark"] is spark
    assert names["chosen"].count() == 20
    assert names["after"]["ratio"] < names["before"]["ratio"]
