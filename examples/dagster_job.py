"""A job for Dagster: an op runs a command, and turns its exit code into what Dagster knows.

    dagster dev -f examples/dagster_job.py

Dagster and this package may live in different environments: `zip-pipeline` only has to be on the PATH.
"""

import json
import subprocess
from typing import Any

from dagster import Config, Failure, OpExecutionContext, RetryPolicy, job, op

MEANINGS = {1: "a stage failed", 2: "config, input or output need a change", 3: "the set is at risk"}
AGAIN = {1}
"""Exit codes after which a second try may help."""


def run(context: OpExecutionContext, *arguments: str) -> dict[str, Any]:
    """Run a command, pass its log on, and return its manifest."""
    done = subprocess.run(["zip-pipeline", *arguments, "--json"], capture_output=True, text=True, check=False)  # noqa: S603, S607
    context.log.info(done.stderr)
    if done.returncode:
        meaning = MEANINGS.get(done.returncode, "it was killed")
        last = done.stderr.strip().rpartition("\n")[2]
        raise Failure(f"{meaning}: {last}", {"exit_code": done.returncode}, allow_retries=done.returncode in AGAIN)
    manifest: dict[str, Any] = json.loads(done.stdout)
    return manifest


class Choice(Config):
    """What to choose from, how much, and where it goes."""

    pool: str
    output: str
    budget: str


@op(retry_policy=RetryPolicy(max_retries=1))
def select(context: OpExecutionContext, config: Choice) -> str:
    keys = ["--input", config.pool, "--output", config.output, "--budget", config.budget]
    manifest = run(context, "select", *keys, "--set", "output.mode=overwrite")
    selection = manifest["selection"]
    context.add_output_metadata({"records": selection["records"], "set ratio": selection["set_ratio"]})
    return config.output


@op(retry_policy=RetryPolicy(max_retries=1))
def publish(context: OpExecutionContext, selected: str) -> int:
    keys = ["--selection", selected, "--output", f"{selected}.jsonl", "--set", "output.mode=overwrite"]
    records: int = run(context, "export", *keys)["export"]["records"]
    return records


@job
def choose_training_records() -> None:
    publish(select())
