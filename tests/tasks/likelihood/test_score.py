"""The task that scores, with the byte model: against a plain loop, in every layout, and what it cannot score."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from zip_pipeline.errors import InputError
from zip_pipeline.tasks.likelihood import engines
from zip_pipeline.tasks.likelihood.byte_model import ByteModel
from zip_pipeline.tasks.likelihood.engine import ModelSettings
from zip_pipeline.tasks.likelihood.score import INSPECTED, SCORED, UNRETURNED, Inspection, LikelihoodScorer
from zip_pipeline.tasks.likelihood.windows import Window

TEXT = b"the cat sat on the mat. the mat sat.\n"
GIVEN = pa.schema([("part", pa.int64()), ("id", pa.string()), ("source", pa.string()), ("payload", pa.binary())])
DOCUMENTS = [
    {"part": number % 3, "id": f"d{number}", "source": "s" if number % 2 else None, "payload": text.encode()}
    for number, text in enumerate(["the mat", "zwölf", "x", "the cat sat on the mat " * 9, "sat. ", "on", "café mat"])
]


@pytest.fixture
def model(tmp_path: Path) -> ModelSettings:
    path = tmp_path / "text"
    path.write_bytes(TEXT)
    return ModelSettings("m", str(path), "bytes", "float32", "cpu", 1)


def plain(payload: bytes) -> float:
    """The sum, one byte after the other."""
    whole, nats = b"\n" + TEXT, []
    for before, byte in zip(b"\n" + payload[:-1], payload, strict=True):
        pair = sum(whole[n : n + 2] == bytes([before, byte]) for n in range(len(whole)))
        nats.append(math.log((pair + 1) / (whole[:-1].count(before) + 256)))
    return math.fsum(nats)


def scored(scorer: LikelihoodScorer, rows: Sequence[dict[str, Any]], size: int) -> list[dict[str, Any]]:
    table = pa.Table.from_pylist(list(rows), GIVEN)
    results = list(scorer.score_batches(table.to_batches(max_chunksize=size)))
    assert all(result.schema == SCORED for result in results)
    return [row for result in results for row in result.to_pylist()]


@pytest.mark.parametrize(("window", "stride"), [(1000, 1000), (7, 3), (1, 1)])
def test_it_is_a_plain_loop(model: ModelSettings, window: int, stride: int) -> None:
    scorer = LikelihoodScorer(model, window, stride, 50, "how")
    rows = scored(scorer, sorted(DOCUMENTS, key=lambda row: row["part"]), 100)
    by_id = {row["document"]: row for row in rows}
    assert len(rows) == len(by_id) == len(DOCUMENTS)
    for document in DOCUMENTS:
        payload, row = document["payload"], by_id[document["id"]]
        assert row["log_probability"] == plain(payload)
        assert row["bits_per_byte"] == -plain(payload) / math.log(2) / len(payload)
        assert (row["model"], row["source"], row["settings"]) == ("m", document["source"], "how")
        assert (row["tokens"], row["bytes"], row["characters"]) == (len(payload), len(payload), len(payload.decode()))
        assert row["windows"] == 1 + max(0, math.ceil((len(payload) - window) / stride))


def test_the_layout_changes_nothing(model: ModelSettings) -> None:
    scorer = LikelihoodScorer(model, 8, 4, 20, "how")
    by_part = sorted(DOCUMENTS, key=lambda row: (row["part"], row["id"]))
    found = [scored(scorer, rows, size) for rows, size in ((by_part, 100), (by_part[::-1], 1), (by_part[::-1], 3))]
    one, *others = [sorted(rows, key=lambda row: row["document"]) for rows in found]
    assert all(other == one for other in others)


def test_a_text_that_the_tokenizer_cannot_give_back_has_a_reason(
    model: ModelSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ByteModel, "decode", lambda _, tokens: bytes(tokens).decode().replace("ö", "o"))
    rows = {row["document"]: row for row in scored(LikelihoodScorer(model, 8, 4, 20, "how"), DOCUMENTS, 100)}
    assert (rows["d1"]["reason"], rows["d1"]["log_probability"]) == (UNRETURNED, None)
    assert rows["d0"]["reason"] is None


def test_a_part_goes_to_the_model_in_batches(model: ModelSettings, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes = []

    def score(_: ByteModel, batch: Sequence[Window]) -> list[list[float]]:
        sizes.append([window.read for window in batch])
        return [[-1.0] * window.scored for window in batch]

    monkeypatch.setattr(ByteModel, "score", score)
    (row,) = scored(LikelihoodScorer(model, 4, 4, 9, "how"), [{**DOCUMENTS[0], "payload": b"abcdefghij"}], 9)
    assert sizes == [[4, 4], [4]]
    assert (row["log_probability"], row["windows"]) == (-10.0, 3)


def inspect(model: ModelSettings) -> dict[str, str]:
    (batch,) = Inspection(model, 5).inspect([])
    assert batch.schema == INSPECTED
    (row,) = batch.to_pylist()
    return row


def test_a_model_is_inspected_before_the_work(model: ModelSettings, monkeypatch: pytest.MonkeyPatch) -> None:
    row = inspect(model)
    assert (row["hash"], row["versions"]) == (engines.content_hash(model.path), "")
    assert row["about"] == "tokenizer bytes, prefix a line break, device cpu"
    monkeypatch.setattr(ByteModel, "longest", 4)
    with pytest.raises(InputError, match=r"it reads 4 tokens at most, and loglikelihood.window is 5; set it to 4 or"):
        inspect(model)
