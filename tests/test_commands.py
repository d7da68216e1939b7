"""The commands as people type them, each in a process of its own."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from support.pools import sharegpt

pytestmark = pytest.mark.jvm

ROOT = Path(__file__).parents[1]
BIN = Path(sys.executable).parent
SMALL = ["--set", "select.k1=30", "--set", "select.k2=8", "--set", "select.k3=4"]


def run(*command: object, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("PYSPARK", "SPARK"))}
    return subprocess.run(
        [str(part) for part in command], cwd=cwd, env=environment, capture_output=True, text=True, timeout=250
    )


@pytest.fixture(scope="module")
def pool(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("pool") / "pool.jsonl"
    path.write_text("".join(json.dumps(record) + "\n" for record in sharegpt(60)))
    return path


@pytest.mark.parametrize(
    ("command", "cwd"),
    [
        ([BIN / "spark-submit", "--master", "local[2]", "jobs/select.py"], ROOT),
        ([BIN / "spark-submit", "--master", "local[2]", "select.py"], ROOT / "jobs"),
        ([BIN / "python", "select.py"], ROOT / "jobs"),
        ([BIN / "zip-pipeline", "select"], ROOT / "tests"),
    ],
    ids=lambda value: (
        " ".join(str(part.name if isinstance(part, Path) else part) for part in value)
        if isinstance(value, list)
        else value.name
    ),
)
def test_select(command: list[object], cwd: Path, pool: Path, tmp_path: Path) -> None:
    few_jobs = ["--set", "input.deduplicate=none"] if "spark-submit" in str(command[0]) else []  # how it starts counts
    arguments = ["--input", pool, "--output", tmp_path / "out", "--budget", 9, *SMALL, *few_jobs, "--json"]
    done = run(*command, *arguments, cwd=cwd)
    assert done.returncode == 0, done.stderr
    manifest = json.loads(done.stdout)
    assert manifest == json.loads((tmp_path / "out/manifest.json").read_text())
    assert manifest["selection"]["records"] == 9
    assert "Traceback" not in done.stderr
    for words in ("start Spark", "score the pool", "write the selection", "books", str(tmp_path / "out")):
        assert words in done.stderr


def test_score_and_dry_run(pool: Path, tmp_path: Path) -> None:
    config = tmp_path / "c.yaml"
    config.write_text(
        f"input: {{path: {pool}}}\noutput: {{path: {tmp_path / 'out'}}}\nselect: {{budget: 9, k1: 30, k2: 8, k3: 4}}\n"
    )
    planned = run(BIN / "python", "jobs/select.py", "--config", config, "--dry-run", "--json")
    assert planned.returncode == 0, planned.stderr
    plan = json.loads(planned.stdout)
    assert plan["input"]["rows"] == 60
    assert plan["input"]["dialect"] == "sharegpt"
    # Two full rounds of 30 candidates and 8 + 7 + 6 + 5 looks at the shortlist, one of a single pick.
    assert (plan["work"]["rounds"], plan["work"]["evaluations"]) == (3, 2 * (30 + 26) + 30 + 8)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["c.yaml"], "nothing is written"

    scored = run(BIN / "python", "jobs/score.py", "--input", pool, "--output", tmp_path / "out")
    assert scored.returncode == 0, scored.stderr
    assert (scored.stdout, (tmp_path / "out/scores").is_dir()) == ("", True)


def test_split_select_evaluate(pool: Path, tmp_path: Path) -> None:
    """The README's three lines, the last one where a file has the name of a module that new processes import."""
    parts, out, judged = (tmp_path / name for name in ("parts", "out", "judged"))
    split = run(BIN / "python", "jobs/split.py", "--input", pool, "--output", parts, "--share", "20%")
    assert split.returncode == 0, split.stderr
    assert "held_out" in split.stderr
    select = run(BIN / "python", "jobs/select.py", "--input", parts / "kept", "--output", out, "--budget", 9, *SMALL)
    assert select.returncode == 0, select.stderr
    arguments = ["--selection", out, "--held-out", parts / "held_out", "--by", "source", "--output", judged, "--json"]
    done = run(BIN / "python", "evaluate.py", *arguments, cwd=ROOT / "jobs")
    assert done.returncode == 0, done.stderr
    manifest = json.loads(done.stdout)
    assert manifest == json.loads((judged / "manifest.json").read_text())
    assert {part["name"] for part in manifest["held_out"]} <= {
        f"held_out/{name}" for name in ("(none)", "books", "web")
    }
    assert not any(part["shares_passages"] for part in manifest["held_out"])
    for words in ("ask the models", "length-matched", "different", str(judged)):
        assert words in done.stderr

    again = run(BIN / "python", "jobs/evaluate.py", *arguments)
    assert (again.returncode, again.stdout) == (2, "")
    assert again.stderr.strip().splitlines()[-1].startswith("zip-pipeline evaluate: ")
    assert run(BIN / "python", "jobs/split.py", "--share", "5 percent").returncode == 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--input", "none.parquet", "--output", "{tmp}/o", "--budget", 5], "none.parquet: no such file or folder"),
        (["--input", "{pool}", "--output", "{tmp}/o", "--budget", 0], "select.budget: expected a number of records"),
        (["--input", "{pool}", "--output", "{tmp}/o"], "select: missing"),
        (["--input", "{pool}", "--output", "{tmp}", "--budget", 5], "exists already"),
        (["--config", "none.yaml"], "config file none.yaml: No such file or directory"),
        (["--input", "{pool}", "--output", "{tmp}/o", "--budget", 5, "--set", "input.where=nope = 1"], "`nope` cannot be"),
    ],
)  # fmt: skip
def test_mistakes_are_one_line(arguments: list[object], message: str, pool: Path, tmp_path: Path) -> None:
    filled = [str(part).format(pool=pool, tmp=tmp_path) for part in arguments]
    done = run(BIN / "python", "jobs/select.py", *filled)
    assert (done.returncode, done.stdout) == (2, "")
    assert "Traceback" not in done.stderr
    assert "\tat " not in done.stderr
    last = done.stderr.strip().splitlines()[-1]
    assert last.startswith("zip-pipeline select: ")
    assert message in last
    assert list(tmp_path.iterdir()) == []


def test_unknown_arguments_are_the_users() -> None:
    assert run(BIN / "zip-pipeline", "select", "--nonsense").returncode == 2
    assert run(BIN / "zip-pipeline", "sellect").returncode == 2


def test_help_and_version() -> None:
    assert "score" in run(BIN / "zip-pipeline", "--help").stdout
    assert run(BIN / "zip-pipeline", "--version").stdout.strip()
