"""The DAG of the examples as Airflow itself runs it: real operators, real commands."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from support.schedulers import ROOT, days, environment, python_of

pytestmark = [pytest.mark.jvm, pytest.mark.schedulers, pytest.mark.timeout(900)]

RUN = """
import importlib.util, json, sys, pendulum
spec = importlib.util.spec_from_file_location("airflow_dag", sys.argv[1])
module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
for task in module.dag.tasks:
    task.retries = 0
for day in sys.argv[2:]:
    run = module.dag.test(logical_date=pendulum.parse(day))
    print("STATES", json.dumps({one.task_id: str(one.state) for one in run.get_task_instances()}))
"""


def test_the_dag(tmp_path: Path) -> None:
    names = days(tmp_path, ["2026-01-01", "2026-01-02"])
    variables = environment() | {
        "AIRFLOW_HOME": str(tmp_path / "airflow"),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "false",
        "AIRFLOW__CORE__DAGS_FOLDER": str(tmp_path / "dags"),
        "ZIP_LAKE": str(tmp_path),
        "ZIP_BUDGET": "10",
    }
    python = python_of("airflow")
    (tmp_path / "dags").mkdir()
    file = shutil.copy(ROOT / "examples/airflow_dag.py", tmp_path / "dags")
    subprocess.run([python, "-m", "airflow", "db", "migrate"], env=variables, check=True, capture_output=True)
    done = subprocess.run(
        [python, "-c", RUN, file, *names],
        env=variables, cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    states = [json.loads(line[7:]) for line in done.stdout.splitlines() if line.startswith("STATES ")]
    assert states == [dict.fromkeys(("select", "check", "publish"), "success")] * 2, done.stdout + done.stderr
    for name in names:
        assert len((tmp_path / f"published/{name}.jsonl").read_text().splitlines()) == 10
