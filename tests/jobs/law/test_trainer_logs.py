"""Logs as trainers write them: which numbers are the loss of the first epoch, and whose they are."""

import json
import math
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from zip_pipeline import cli
from zip_pipeline.errors import InputError
from zip_pipeline.jobs.law.trainer_logs import TrainerLog, losses_of, of_csv, of_log, of_state
from zip_pipeline.stats.first_epoch import Point, first_epoch

HISTORY = [
    {"epoch": 0.5, "grad_norm": 1.0, "learning_rate": 1e-4, "loss": 3.0, "step": 10},
    {"epoch": 1.0, "grad_norm": 1.0, "learning_rate": 1e-4, "loss": 2.0, "step": 20},
    {"epoch": 1.0, "eval_loss": 99.0, "eval_runtime": 1.0, "step": 20},
    {"epoch": 2.0, "grad_norm": 1.0, "learning_rate": 1e-4, "loss": 1.0, "step": 40},
    {"epoch": 2.0, "step": 40, "total_flos": 1e9, "train_loss": 77.0, "train_runtime": 5.0},
]
STATE = json.dumps({"epoch": 2.0, "global_step": 40, "log_history": HISTORY})
LOG = "\n".join(
    json.dumps(row)
    for row in (
        {"current_steps": 10, "total_steps": 40, "loss": 3.0, "lr": 1e-4, "epoch": 0.5, "percentage": 25.0},
        {"current_steps": 20, "total_steps": 40, "loss": 2.0, "lr": 1e-4, "epoch": 1.0, "percentage": 50.0},
        {"current_steps": 20, "total_steps": 40, "eval_loss": 99.0, "epoch": 1.0, "percentage": 50.0},
        {"current_steps": 40, "total_steps": 40, "loss": 1.0, "lr": 1e-4, "epoch": 2.0, "percentage": 100.0},
        {"current_steps": 40, "total_steps": 40, "epoch": 2.0, "percentage": 100.0},
    )
)
RUN_HISTORY = """_step,train/loss,train/epoch,train/global_step,eval/loss,train/train_loss
0,3.0,0.5,10,,
1,2.0,1.0,20,,
2,,1.0,20,99.0,
3,1.0,2.0,40,,
4,,2.0,40,,77.0
"""
CHART = """"train/epoch","v1 - train/loss","v1 - train/loss__MIN","v1 - train/loss__MAX","v2 - train/loss"
0.5,3.0,0.1,9.0,
0.75,,,,5.0
1.0,2.0,0.1,9.0,7.0
2.0,1.0,0.1,9.0,
"""


@pytest.mark.parametrize("run", [next(of_state(STATE)), next(of_log(LOG)), next(of_csv(RUN_HISTORY))])
def test_the_loss_is_that_of_training_in_the_first_epoch(run: tuple[tuple[str, ...], list[Point]]) -> None:
    names, points = run
    assert names == ()
    assert points == [Point(10, 0.5, 3.0), Point(20, 1.0, 2.0), Point(40, 2.0, 1.0)]
    assert first_epoch(points).loss == 2.5


def test_a_chart_of_several_runs() -> None:
    assert {names: first_epoch(points).loss for names, points in of_csv(CHART)} == {
        ("v1",): 2.5, ("v2",): pytest.approx(0.75 * 5 + 0.25 * 7),
    }  # fmt: skip


def test_a_chart_over_steps_does_not_say_where_the_epoch_ends() -> None:
    with pytest.raises(ValueError, match=r"no column train/epoch: export the run's history, or the chart with"):
        list(of_csv('"Step","v1 - train/loss"\n1,2.0\n'))
    assert not list(of_csv("name,score\na,1\n")), "a table of something else"


def log(file: str, *names: str, steps: float = 4) -> TrainerLog:
    return TrainerLog(file, names, [Point(steps, 1.0, steps)])


def test_a_log_is_of_the_model_that_its_folder_is_named_after() -> None:
    logs = [log("v1/a", "v1", steps=2), log("v1/b", "v1", steps=4), log("v2/a", "v2"), log("v3/a", "v3")]
    losses = losses_of(["v1.parquet", "v2", "v4"], logs, "runs")
    assert {name: (epoch.loss, file) for name, (epoch, file) in losses.items()} == {
        "v1.parquet": (4, "v1/b"), "v2": (4, "v2/a"),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("models", "logs", "message"),
    [
        (["a"], [log("b/x", "b")], "runs: no log is of a model; models: a; logs: b"),
        (["a", "b"], [log("a/b/x", "a", "b")], "runs: a/b/x is the log of several models"),
        (
            ["a"],
            [TrainerLog("a/x", ("a",), [Point(1, 0.5, math.nan)])],
            "runs: a/x: no mean loss: step 1: expected a number",
        ),
    ],
)
def test_mistakes(models: list[str], logs: list[TrainerLog], message: str) -> None:
    with pytest.raises(InputError, match=message):
        losses_of(models, logs, "runs")


def test_fit_takes_the_loss_from_the_logs(
    spark: SparkSession, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _ = spark
    rows = "".join(f"v{n}.jsonl,{2 + n / 10},zlib\n" for n in range(6))
    (tmp_path / "measures.csv").write_text(f"name,ratio,codec\n{rows}")
    for number in range(5):
        state = {"log_history": [{**row, "loss": row["loss"] + number} if "loss" in row else row for row in HISTORY]}
        for folder in ("", "checkpoint-10/"):
            path = tmp_path / "runs" / f"v{number}" / folder / "trainer_state.json"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(state if not folder else {"log_history": state["log_history"][:1]}))
    fit = ["law", "fit", "--input", str(tmp_path / "measures.csv"), "--output", str(tmp_path / "law"), "--set"]
    assert cli.run([*fit, f"fit.logs={tmp_path / 'runs'}"]) == 0
    manifest = json.loads((tmp_path / "law/manifest.json").read_text())
    assert [model["loss"] for model in manifest["law"]["models"]] == [2.5, 3.5, 4.5, 5.5, 6.5, None]
    assert manifest["input"]["losses"]["v3.jsonl"] == {
        "loss": 5.5, "points": 2, "share": 1.0, "log": "v3/trainer_state.json",
    }  # fmt: skip
    assert [(one["response"], one["points"]) for one in manifest["law"]["laws"]] == [("loss", 5)]
    (tmp_path / "empty").mkdir()
    assert cli.run([*fit, f"fit.logs={tmp_path / 'empty'}", "--set", "output.mode=overwrite"]) == 2
    assert "empty: no logs of a trainer; expected trainer_state.json, trainer_log.jsonl" in capsys.readouterr().err
