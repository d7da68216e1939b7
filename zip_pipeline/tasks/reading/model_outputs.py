"""Log-probabilities as other tools write them: a task that reads lines of JSON, a row of `LIKELIHOODS` for each.

- EleutherAI's lm-evaluation-harness, with ``--log_samples``, writes a file ``samples_TASK_TIME.jsonl`` for each task
  into a folder named after the model. The samples of a task of ``loglikelihood_rolling`` have `SUMS`: the
  log-probability of the document in nats, and its bytes. Those of other tasks do not.
- vLLM answers with ``prompt_logprobs`` where a request asks for them: a list with one entry for each token of the
  prompt, null for the first. An entry maps the ids of tokens to their log-probabilities: that of the prompt's token,
  and others where the request asks for more.
"""

import json
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import unquote

import pyarrow as pa

HARNESS, VLLM = "lm-evaluation-harness", "vllm"

SUMS = ("bits_per_byte", "byte_perplexity")
"""Metrics of the harness that hold a document's log-probability and its bytes."""

LIKELIHOODS = pa.schema(
    [
        ("model", pa.string()),
        ("document", pa.string()),
        ("area", pa.string()),
        ("log_probability", pa.float64()),
        ("bytes", pa.int64()),
        ("characters", pa.int64()),
        ("problem", pa.string()),
    ]
)
"""What a line says of a model and a document; `problem`: why it says nothing. In nats. What is unknown is null."""

Row = dict[str, Any]


@dataclass(frozen=True)
class OutputReader:
    """Reads the lines of a tool's files; small and picklable.

    Attributes:
        tool: `HARNESS` or `VLLM`.
        by: the key that holds the area of a line of vLLM; None: there are no areas. The harness's areas are its tasks.
    """

    tool: str
    by: str | None = None

    def read_batches(self, batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Yield `LIKELIHOODS`, one row for each line that is not blank; batches have the line and its file."""
        for batch in batches:
            lines, files = (column.to_pylist() for column in batch.columns)
            rows = [self.read(line, unquote(file)) for line, file in zip(lines, files, strict=True) if line.strip()]
            yield pa.RecordBatch.from_pylist(rows, schema=LIKELIHOODS)

    def read(self, line: str, file: str) -> Row:
        """Return what one line of a file says; what is missing in it is not in the row."""
        try:
            row = json.loads(line)
            if not isinstance(row, dict):
                raise ValueError("no object")
            return of_harness(row, file) if self.tool == HARNESS else of_vllm(row, file, self.by)
        except (ValueError, TypeError, AttributeError, LookupError) as error:
            return {"problem": f"{file}: a line that is not as {self.tool} writes it: {error}"}


def of_harness(sample: Mapping[str, Any], file: str) -> Row:
    """Return what a sample of the harness says; that of a task without sums has neither numbers nor a problem.

    >>> sample = {"doc_id": 3, "doc_hash": "ab", "target": "two", "bits_per_byte": [-9.5, 3]}
    >>> of_harness(sample, "/runs/gpt/samples_wiki_2026-11-29T10-00-00.jsonl")["log_probability"]
    -9.5
    """
    model, task = names_of(file)
    row: Row = {"model": model, "area": task}
    pair = next((sample[name] for name in SUMS if isinstance(sample.get(name), list)), None)
    if pair is None:
        return row
    (nats, size), text = pair, sample.get("target")
    known = isinstance(text, str) and len(text.encode(errors="replace")) == size
    document = f"{task}: {sample['doc_id']} {sample.get('doc_hash', '')[:16]}".strip()
    return row | {
        "document": document,
        "log_probability": float(nats),
        "bytes": int(size),
        "characters": len(text) if known and isinstance(text, str) else None,
    }


def names_of(file: str) -> tuple[str, str]:
    """Return the model and the task that a file of the harness is about.

    >>> names_of("/runs/org__gpt/samples_wiki_text_2026-11-29T10-00-00.jsonl")
    ('org__gpt', 'wiki_text')
    """
    path = PurePosixPath(file)
    return path.parent.name, path.name.removeprefix("samples_").rpartition("_")[0]


def of_vllm(row: Mapping[str, Any], file: str, by: str | None) -> Row:
    """Return what a line of vLLM says: an answer of its server, alone or in a batch, or a `RequestOutput` as JSON.

    Raises:
        ValueError: when there are no log-probabilities in it, or it is not clear which are those of the prompt.
    """
    if row.get("error"):
        raise ValueError(f"the request failed: {row['error']}")
    body = (row.get("response") or {}).get("body") or row
    choice = (body.get("choices") or [body])[0]
    entries = choice.get("prompt_logprobs") or body.get("prompt_logprobs")
    tokens = choice.get("prompt_token_ids") or body.get("prompt_token_ids") or [None] * len(entries or ())
    if not entries:
        raise ValueError("no prompt_logprobs")
    if len(tokens) != len(entries) or entries[0] is not None:
        raise ValueError("expected an entry of prompt_logprobs for each token, and null for the first")
    names = ("custom_id", "document", "id", "request_id")
    document = next((row[name] for name in names if row.get(name) is not None), None)
    if document is None:
        raise ValueError(f"no name of the document; expected one of {', '.join(names)}")
    return {
        "model": str(body.get("model") or row.get("model") or PurePosixPath(file).name.partition(".")[0]),
        "document": str(document),
        "area": None if by is None or row.get(by) is None else str(row[by]),
        "log_probability": math.fsum(_of_token(*pair) for pair in zip(entries[1:], tokens[1:], strict=True)),
        **size_of(row),
    }


def size_of(row: Mapping[str, Any]) -> Row:
    """Return the bytes and characters of a row's text: from its prompt, or as it gives them itself.

    >>> size_of({"body": {"prompt": "zwölf"}})
    {'bytes': 6, 'characters': 5}
    """
    body = row.get("body") or {}
    text = row.get("prompt", body.get("prompt", row.get("text")))
    if isinstance(text, str):
        return {"bytes": len(text.encode(errors="surrogatepass")), "characters": len(text)}
    return {name: int(row[name]) if row.get(name) is not None else None for name in ("bytes", "characters")}


def _of_token(entry: Mapping[str, Any] | None, token: int | None) -> float:
    """Return the log-probability of the prompt's token from its entry.

    Raises:
        ValueError: when the entry has several tokens and none of them is known to be the prompt's.
    """
    if not entry:
        raise ValueError("a token without a log-probability that is not the first")
    if token is None and len(entry) > 1:
        raise ValueError(
            "several log-probabilities for a token: ask for prompt_logprobs: 0, or for return_token_ids: true as well"
        )
    found = next(iter(entry.values())) if token is None else entry[str(token)]
    return float(found["logprob"] if isinstance(found, dict) else found)


REQUESTS = pa.schema([("document", pa.string()), ("bytes", pa.int64()), ("characters", pa.int64())])
"""Columns that `read_requests` yields."""


def read_requests(batches: Iterable[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
    """Yield `REQUESTS`, one row for each line with a request of a batch; a batch has lines of JSON.

    Raises:
        ValueError: for a line that is none.
    """
    for batch in batches:
        rows = [json.loads(line) for line in batch.column(0).to_pylist() if line.strip()]
        sized = [{"document": str(row["custom_id"]), **size_of(row)} for row in rows]
        yield pa.RecordBatch.from_pylist(sized, schema=REQUESTS)
