"""Lines of the harness and of vLLM, as the tools write them, and lines that say nothing."""

import doctest
import json
import math
from typing import Any

import pyarrow as pa
import pytest

from zip_pipeline.tasks.reading import model_outputs
from zip_pipeline.tasks.reading.model_outputs import HARNESS, LIKELIHOODS, VLLM, OutputReader, read_requests

SAMPLE = {
    "doc_id": 7, "doc": {"page": "Zwölf"}, "target": "Zwölf", "arguments": {"gen_args_0": {"arg_0": "Zwölf"}},
    "resps": [["-11.25"]], "filtered_resps": ["-11.25"], "filter": "none", "metrics": ["bits_per_byte"],
    "doc_hash": "0123456789abcdef0123", "prompt_hash": "x", "target_hash": "y",
    "word_perplexity": [-11.25, 1], "byte_perplexity": [-11.25, 6], "bits_per_byte": [-11.25, 6],
}  # fmt: skip
FILE = "file:///runs/org__gpt/samples_wiki_text_2026-11-29T10-00-00.123.jsonl"


def read(reader: OutputReader, row: object, file: str = FILE) -> dict[str, Any]:
    line = row if isinstance(row, str) else json.dumps(row)
    batch = pa.RecordBatch.from_arrays([pa.array([line, " "]), pa.array([file, file])], ["value", "file"])
    (result,) = reader.read_batches([batch])
    assert result.schema == LIKELIHOODS
    (found,) = result.to_pylist()
    return found


def test_a_sample_of_the_harness() -> None:
    found = read(OutputReader(HARNESS), SAMPLE)
    assert found == {
        "model": "org__gpt", "area": "wiki_text", "document": "wiki_text: 7 0123456789abcdef",
        "log_probability": -11.25, "bytes": 6, "characters": 5, "problem": None,
    }  # fmt: skip


def test_a_sample_whose_target_is_not_what_was_scored_has_no_characters() -> None:
    assert read(OutputReader(HARNESS), {**SAMPLE, "target": "other"})["characters"] is None


def test_a_sample_of_another_kind_of_task_has_no_numbers() -> None:
    others = {name: value for name, value in SAMPLE.items() if not name.endswith("per_byte") and "perp" not in name}
    found = read(OutputReader(HARNESS), {**others, "acc": 1.0})
    assert (found["area"], found["log_probability"], found["problem"]) == ("wiki_text", None, None)


def entry(token: int, logprob: float, **others: float) -> dict[str, Any]:
    tokens = {str(token): logprob, **others}
    return {name: {"logprob": value, "rank": 1, "decoded_token": "x"} for name, value in tokens.items()}


LOGPROBS = [None, entry(5, -1.5), entry(6, -0.25)]
BODY = {"model": "org/gpt", "choices": [{"index": 0, "text": " and", "prompt_logprobs": LOGPROBS}]}


@pytest.mark.parametrize(
    "row",
    [
        {"custom_id": "d1", "response": {"status_code": 200, "body": BODY}, "error": None, "prompt": "Zwölf"},
        {"custom_id": "d1", "response": {"body": {"model": "org/gpt", "prompt_logprobs": LOGPROBS}}, "prompt": "Zwölf"},
        {"document": "d1", **BODY, "bytes": 6, "characters": 5},
        {"request_id": "d1", "model": "org/gpt", "prompt": "Zwölf", "prompt_logprobs": [None, {"5": -1.5}, {"6": -0.25}]},
    ],
)  # fmt: skip
def test_an_answer_of_vllm(row: dict[str, Any]) -> None:
    found = read(OutputReader(VLLM), row)
    assert found == {
        "model": "org/gpt", "area": None, "document": "d1", "log_probability": -1.75, "bytes": 6, "characters": 5,
        "problem": None,
    }  # fmt: skip


def test_of_several_tokens_the_prompts_own_counts() -> None:
    several = [None, entry(5, -9.0, **{"8": -0.1}), entry(6, -0.25)]
    row = {"id": "d", "prompt": "x", "prompt_token_ids": [1, 5, 6], "prompt_logprobs": several, "domain": "code"}
    found = read(OutputReader(VLLM, "domain"), row, "file:///out/small%20one.jsonl")
    assert (found["log_probability"], found["area"], found["model"]) == (-9.25, "code", "small one")
    del row["prompt_token_ids"]
    assert "ask for prompt_logprobs: 0" in read(OutputReader(VLLM), row)["problem"]


@pytest.mark.parametrize(
    ("tool", "row", "problem"),
    [
        (HARNESS, "{", "a line that is not as lm-evaluation-harness writes it"),
        (HARNESS, [1], "no object"),
        (HARNESS, {"bits_per_byte": [-1.0, 2]}, "'doc_id'"),
        (VLLM, {"id": "d", "error": "too long"}, "the request failed: too long"),
        (VLLM, {"id": "d"}, "no prompt_logprobs"),
        (VLLM, {"prompt_logprobs": LOGPROBS}, "no name of the document"),
        (VLLM, {"id": "d", "prompt_logprobs": [None, None]}, "a token without a log-probability"),
        (VLLM, {"id": "d", "prompt_logprobs": LOGPROBS[1:]}, "null for the first"),
        (VLLM, {"id": "d", "prompt_logprobs": LOGPROBS, "prompt_token_ids": [1]}, "an entry of prompt_logprobs for each"),
    ],
)  # fmt: skip
def test_lines_that_say_nothing(tool: str, row: object, problem: str) -> None:
    assert problem in read(OutputReader(tool), row)["problem"]


def test_the_sum_loses_nothing() -> None:
    values = [-0.1] * 10
    row = {"id": "d", "prompt": "x", "prompt_logprobs": [None, *({"1": value} for value in values)]}
    assert read(OutputReader(VLLM), row)["log_probability"] == math.fsum(values) != sum(values)


def test_requests_give_the_sizes() -> None:
    lines = [
        json.dumps({"custom_id": 3, "body": {"prompt": "Zwölf"}}),
        "",
        json.dumps({"custom_id": "b", "body": {"prompt": [1]}}),
    ]
    (found,) = read_requests([pa.RecordBatch.from_arrays([pa.array(lines)], ["value"])])
    assert found.to_pylist() == [
        {"document": "3", "bytes": 6, "characters": 5}, {"document": "b", "bytes": None, "characters": None},
    ]  # fmt: skip


def test_the_examples_hold() -> None:
    results = doctest.testmod(model_outputs)
    assert results.attempted > 3
    assert not results.failed
