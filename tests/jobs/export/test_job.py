"""A selection as files: every row or id, in the order of picking."""

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from support.pools import sharegpt
from support.selecting import reporter, rows, select, write_jsonl
from zip_pipeline.config import ExportConfig, load
from zip_pipeline.errors import InputError, OutputError
from zip_pipeline.jobs.export import job
from zip_pipeline.jobs.planning import export as planned

pytestmark = pytest.mark.usefixtures("spark")


def exported(selection: Path, file: Path, *keys: str) -> list[str]:
    manifest = job.run(
        load(None, [f"export.selection={selection}", f"output.path={file}", *keys], ExportConfig), reporter()
    )
    content = file.read_bytes()
    lines = (gzip.decompress(content) if file.name.endswith(".gz") else content).decode().splitlines()
    assert manifest["export"] == {"records": len(lines), "files": 1}
    return lines


@pytest.fixture(scope="module")
def out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("exported")
    records: list[dict[str, Any]] = [{**record, "note": None} for record in sharegpt(60)]
    select(write_jsonl(folder / "pool.jsonl", records), folder / "out", budget=12)
    return folder / "out"


def test_rows_and_ids(out: Path, tmp_path: Path) -> None:
    expected = rows(out)
    assert exported(out, tmp_path / "new/ids.txt") == [row["id"] for row in expected]
    lines = exported(out, tmp_path / "train.jsonl.gz")
    found = [json.loads(line) for line in lines]
    assert found == [{key: value for key, value in row.items() if not key.startswith("zip_")} for row in expected]
    assert "note" in found[0], "nulls are written, too"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["new", "train.jsonl.gz"]


def test_a_dry_run_counts_and_writes_nothing(out: Path, tmp_path: Path) -> None:
    config = load(None, [f"export.selection={out}", f"output.path={tmp_path / 'train.jsonl'}"], ExportConfig)
    plan = planned.run(config, reporter())
    assert list(tmp_path.iterdir()) == []
    job.run(config, reporter())
    assert plan["export"] == {"records": 12, "bytes": (tmp_path / "train.jsonl").stat().st_size}


def test_what_is_refused(out: Path, tmp_path: Path) -> None:
    with pytest.raises(OutputError, match=r"train\.csv: expected a name that ends in \.txt \(ids\), \.jsonl"):
        exported(out, tmp_path / "train.csv")
    (tmp_path / "ids.txt").write_text("mine")
    with pytest.raises(OutputError, match=r"exists already; --overwrite \(output\.mode=overwrite\) replaces it"):
        exported(out, tmp_path / "ids.txt")
    assert len(exported(out, tmp_path / "ids.txt", "output.mode=overwrite")) == 12
    with pytest.raises(OutputError, match="exists already; name a file"):
        exported(out, out, "output.mode=overwrite")
    with pytest.raises(InputError, match=r"no manifest\.json in it"):
        exported(tmp_path, tmp_path / "x.txt")
