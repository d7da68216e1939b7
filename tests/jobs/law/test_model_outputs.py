"""`law rank` on Spark over files as the harness and vLLM leave them."""

import json
import math
from pathlib import Path
from typing import Any

import pytest
from pyspark.sql import SparkSession

from zip_pipeline import cli

NATS = {"small": 2.0 * math.log(2), "large": 1.0 * math.log(2)}
TEXTS = {"wiki": ["eins", "zwölf", "drei"], "code": ["x = 1"]}


def write(path: Path, rows: list[dict[str, Any]]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{json.dumps(row)}\n" for row in rows))


def samples(model: str, task: str, factor: float = 1.0) -> list[dict[str, Any]]:
    rows = []
    for number, text in enumerate(TEXTS[task]):
        size = len(text.encode())
        rows.append(
            {
                "doc_id": number,
                "doc_hash": f"h{number}",
                "target": text,
                "bits_per_byte": [-NATS[model] * size * factor, size],
            }
        )
    return rows


def rank(folder: Path, *arguments: object) -> tuple[int, dict[str, Any]]:
    out = folder / "ranked"
    code = cli.run(["law", "rank", "--output", str(out), "--set", "output.mode=overwrite", *map(str, arguments)])
    return code, json.loads((out / "manifest.json").read_text()) if code == 0 else {}


def test_files_of_the_harness(spark: SparkSession, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _ = spark
    runs = tmp_path / "runs"
    for model in NATS:
        for task in TEXTS:
            write(runs / model / f"samples_{task}_2026-11-29T10-00-00.1.jsonl", samples(model, task))
        write(runs / model / "samples_wiki_2026-11-28T10-00-00.1.jsonl", samples(model, "wiki", 3.0))
        write(runs / model / "samples_arc_2026-11-29T10-00-00.1.jsonl", [{"doc_id": 0, "acc": 1.0}])
        (runs / model / "results_2026-11-29T10-00-00.1.json").write_text("{}")
    (tmp_path / "scores.csv").write_text("model,corpus,score\nlarge,wiki,3\nlarge,code,5\nsmall,wiki,1\nsmall,code,2\n")
    scores = ("--set", f"rank.scores.path={tmp_path / 'scores.csv'}")
    code, manifest = rank(tmp_path, "--input", runs, "--by", "corpus", *scores)
    assert code == 0
    assert [(row["model"], round(row["bits_per_byte"], 3), row["score"]) for row in manifest["ranking"]] == [
        ("large", 1.0, 4.0), ("small", 2.0, 1.5),
    ]  # fmt: skip
    assert {(row["area"], row["documents"]) for row in manifest["areas"]} == {("wiki", 3), ("code", 1)}
    assert manifest["input"]["tool"] == "lm-evaluation-harness"
    assert manifest["input"]["notes"] == [
        "left aside: 2 older files of samples of the same model and task",
        "left out: tasks that are not of loglikelihood_rolling: arc",
    ]
    assert "caution: of fewer than 30 documents" in capsys.readouterr().err
    assert rank(tmp_path, "--input", runs, "--by", "domain")[0] == 2
    assert "rank.by: files of lm-evaluation-harness have corpus" in capsys.readouterr().err


def test_answers_of_vllm(spark: SparkSession, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    _ = spark
    texts = TEXTS["wiki"]
    for model, nats in NATS.items():
        answers = []
        for number, text in enumerate(texts):
            logprobs = [None, *({str(place): {"logprob": -nats}} for place in range(len(text.encode())))]
            body = {"model": model, "choices": [{"prompt_logprobs": logprobs}]}
            answers.append({"custom_id": f"d{number}", "response": {"body": body}, "error": None})
        write(tmp_path / "answers" / f"{model}.jsonl", answers)
    write(
        tmp_path / "requests.jsonl", [{"custom_id": f"d{n}", "body": {"prompt": text}} for n, text in enumerate(texts)]
    )
    answers_of = ("--input", tmp_path / "answers")
    assert rank(tmp_path, *answers_of)[0] == 2
    assert "the bytes of its prompt are not known; set rank.requests" in capsys.readouterr().err
    code, manifest = rank(tmp_path, *answers_of, "--set", f"rank.requests.path={tmp_path / 'requests.jsonl'}")
    assert code == 0
    assert [(row["model"], round(row["bits_per_byte"], 3)) for row in manifest["ranking"]] == [
        ("large", 1.0),
        ("small", 2.0),
    ]
    assert (manifest["input"]["bytes"], manifest["input"]["characters"]) == (14, 13)


@pytest.mark.parametrize(
    ("tool", "files", "message"),
    [
        ("lm-evaluation-harness", {"a.jsonl": "{}"}, "no files samples_TASK_TIME.jsonl"),
        ("vllm", {"a.csv": "x\n1\n"}, "no files of JSONL; expected the answers of vLLM"),
        ("auto", {"m/samples_arc_2026-11-29T10-00-00.1.jsonl": '{"doc_id": 0}'}, "none of the tasks arc is of loglikelihood_rolling"),
        ("auto", {"a.jsonl": '{"id": "d", "prompt_logprobs": 3}'}, "a line that is not as vllm writes it"),
    ],
)  # fmt: skip
def test_mistakes(
    spark: SparkSession,
    tmp_path: Path,
    tool: str,
    files: dict[str, str],
    message: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    _ = spark
    for name, content in files.items():
        path = tmp_path / "in" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    assert rank(tmp_path, "--input", tmp_path / "in", "--set", f"rank.tool={tool}")[0] == 2
    assert message in capsys.readouterr().err
