"""The job of the examples as Dagster itself runs it: real ops, real commands, and what a failure becomes."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from support.schedulers import ROOT, days, environment, python_of

pytestmark = [pytest.mark.jvm, pytest.mark.schedulers, pytest.mark.timeout(900)]

RUN = """
import importlib.util, json, sys
spec = importlib.util.spec_from_file_location("dagster_job", sys.argv[1])
module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
config = {"ops": {"select": {"config": json.loads(sys.argv[2])}}}
done = module.choose_training_records.execute_in_process(run_config=config, raise_on_error=False)
tries = sum(event.event_type_value == "STEP_UP_FOR_RETRY" for event in done.all_events)
print("DONE", json.dumps([done.success, done.output_for_node("publish") if done.success else None, tries]))
"""


def outcome(folder: Path, **config: Any) -> Any:
    done = subprocess.run(
        [python_of("dagster"), "-c", RUN, ROOT / "examples/dagster_job.py", json.dumps(config)],
        env=environment() | {"DAGSTER_HOME": ""}, cwd=folder, capture_output=True, text=True, check=False,
    )  # fmt: skip
    lines = [line for line in done.stdout.splitlines() if line.startswith("DONE ")]
    assert lines, done.stdout + done.stderr
    return json.loads(lines[0][5:])


def test_the_job(tmp_path: Path) -> None:
    (name,) = days(tmp_path, ["2026-01-01"])
    asked = {"pool": str(tmp_path / "pool" / name), "output": str(tmp_path / "out"), "budget": "10"}
    assert outcome(tmp_path, **asked) == [True, 10, 0]
    assert len((tmp_path / "out.jsonl").read_text().splitlines()) == 10
    assert outcome(tmp_path, **asked | {"pool": str(tmp_path / "none")}) == [False, None, 0], "2: no second try"
