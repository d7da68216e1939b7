"""The recipes of docs/training.md, each as the page has it, in an environment with the trainers' own packages."""

import json
import os
import re
import subprocess
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import own_data
from support.schedulers import environment

pytestmark = [pytest.mark.jvm, pytest.mark.recipes, pytest.mark.timeout(1200)]

ROOT = Path(__file__).parents[2]
PYTHON = Path(os.environ.get("ZIP_RECIPES", ROOT / ".venv/recipes"), "bin/python")
PICKS = 40

RAY = {"RAY_agent_register_timeout_ms": "300000", "RAY_worker_niceness": "0", "RAY_AUTH_MODE": "disabled"}
"""Ray gives its own helpers seconds to start, and its workers what other programs leave: too little on two cores."""

IMPORTS = "import json, torch, ray\nfrom datasets import load_dataset\nids = []\n"


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a selection and its exports, under the page's names."""
    if not PYTHON.exists():
        pytest.skip("datasets, torch, WebDataset and Ray are not there: make test-recipes")
    folder = tmp_path_factory.mktemp("lake")
    pq.write_table(pa.Table.from_pylist(own_data.my_rows(120)), folder / "pool.parquet")
    for typed in (
        ["select", "--input", "pool.parquet", "--output", "out", "--budget", str(PICKS)],
        ["export", "--selection", "out", "--output", "train.jsonl"],
        ["export", "--selection", "out", "--output", "shards/train-%06d.tar", "--set", "export.shard=12KB"],
    ):
        subprocess.run(["zip-pipeline", *typed], cwd=folder, env=environment(), check=True)
    return folder


def recipe(title: str, number: int = 0) -> str:
    """Return a block of code below a title of the page."""
    section = (ROOT / "docs/training.md").read_text().partition(f"### {title}\n")[2].partition("\n### ")[0]
    return re.findall(r"```py\n(.*?)```", section, re.DOTALL)[number]


def read(lake: Path, code: str) -> list[str]:
    """Run code in the trainers' environment; return the ids that it appends to ``ids``."""
    done = subprocess.run(
        [PYTHON, "-c", f"{IMPORTS}{code}\nprint('IDS', json.dumps(ids))"],
        cwd=lake, env=environment() | RAY, capture_output=True, text=True, check=False,
    )  # fmt: skip
    found = [line for line in done.stdout.splitlines() if line.startswith("IDS ")]
    assert found, done.stdout + done.stderr
    ids: list[str] = json.loads(found[0][4:])
    return ids


def picked(lake: Path) -> list[str]:
    """Return the ids in the order of picking."""
    ids: list[str] = pq.read_table(lake / "out/selection").sort_by("zip_rank").column("id").to_pylist()
    assert len(ids) == PICKS
    return ids


@pytest.mark.parametrize("source", ["json", "parquet"])
def test_datasets(lake: Path, source: str) -> None:
    """Each line of the recipe by itself."""
    begin, *lines = recipe("Hugging Face datasets").strip().split("\n\n", 1)
    (line,) = [line for line in lines[0].splitlines() if f'"{source}"' in line]
    assert read(lake, f"{begin}\n{line}\nids += train['id']") == picked(lake)


def test_torch(lake: Path) -> None:
    """It shuffles."""
    code = recipe("torch").replace("...", "ids += [row['id'] for row in batch]")
    assert sorted(read(lake, recipe("Hugging Face datasets") + code)) == sorted(picked(lake))


def test_shards(lake: Path) -> None:
    last = max(file.stem for file in (lake / "shards").iterdir()).removeprefix("train-")
    assert last > "000000", "a worker each has one"
    code = recipe("torch", 1).replace("000003", last)
    assert sorted(read(lake, f"{code}\nfor batch in loader: ids += [row['id'] for row in batch]")) == sorted(
        picked(lake)
    )


def test_ray(lake: Path) -> None:
    """In the order of picking."""
    begin, _, rest = recipe("Ray Data").partition("\n")
    code = f"{begin}\nray.init(num_cpus=4, include_dashboard=False, log_to_driver=False, object_store_memory=10**9)\n{rest}"
    assert read(lake, code.replace("...", "ids += batch['id'].tolist()")) == picked(lake)
