"""How far records were from being taken: the scores are those of the rule by definition, behind the picks."""

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from support.pools import payload_of, sharegpt
from support.selecting import GAIN, PAPER, reporter, select, write_jsonl
from zip_pipeline.codecs.zlib_codec import ZlibCodec
from zip_pipeline.config import ExplainConfig, load
from zip_pipeline.jobs.explain import job, scores
from zip_pipeline.selection.features import features

pytestmark = pytest.mark.usefixtures("spark")

POOL = sharegpt(60)
PAYLOADS = {record["id"]: payload_of(record) for record in POOL}
WEIGHTS = {record["id"]: record["quality"] for record in POOL}
TARGET = sharegpt(5, seed=9)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("scores")
    write_jsonl(path / "pool.jsonl", POOL)
    write_jsonl(path / "wanted.jsonl", TARGET)
    return path


def explained(output: Path) -> tuple[list[str], dict[str, dict[str, Any]]]:
    """The picks in order, and what is said of all others."""
    rows = sorted(pq.read_table(output / "selection").to_pylist(), key=lambda row: row["zip_rank"])
    picks = [row["id"] for row in rows]
    others = json.dumps([record_id for record_id in PAYLOADS if record_id not in picks])
    config = load(None, [f"output.path={output}", f"explain.ids={others}"], ExplainConfig)
    return picks, {record["id"]: record for record in job.run(config, reporter())["records"]}


def sizes(ids: list[str]) -> tuple[int, int]:
    data = b"\n".join(PAYLOADS[record_id] for record_id in ids)
    return len(data), ZlibCodec(9, 1 << 15).compressed_size(data)


@pytest.mark.parametrize("rule", ["gain", "paper"])
def test_a_ratio_is_measured_behind_all_picks(folder: Path, rule: str) -> None:
    weighted = ["select.weight=quality"] if rule == "gain" else []
    keys = GAIN if rule == "gain" else PAPER
    select(folder / "pool.jsonl", folder / rule, *keys, *weighted, "select.k1=10", budget=12)
    picks, found = explained(folder / rule)

    def score(ids: list[str], record_id: str) -> float:
        before, after = sizes(ids), sizes([*ids, record_id])
        if rule == "paper":
            return after[0] / after[1]
        return (after[0] - before[0]) / max(after[1] - before[1], 1) / WEIGHTS[record_id]

    last = score(picks[:-1], picks[-1])
    assert len(found) == 48
    for record_id, record in found.items():
        assert record["fate"] == "passed over"
        assert record["score"] == pytest.approx(score(picks, record_id), rel=1e-12)
        assert record["last_score"] == pytest.approx(last, rel=1e-12)
        assert f"{record['score']:.4f}" in record["story"][-1]
        assert "lower is better" in record["story"][-1]
    made = json.loads((folder / rule / "manifest.json").read_text())
    steps = {step["step"]: step["records"] for step in made["funnel"]}
    assert sum(record["looked_at"] for record in found.values()) + 12 == steps["looked_at"]


@pytest.mark.parametrize("rule", ["target", "cover"])
def test_coverage_is_that_of_the_rule_by_definition(folder: Path, rule: str) -> None:
    """With a target: F by its own formula, from the counts of pool and target."""
    target = [f"select.target={folder / 'wanted.jsonl'}"] if rule == "target" else []
    keys = [f"select.rule={rule}", "input.deduplicate=none", "select.quotas={}", "select.k1=10", *target]
    select(folder / "pool.jsonl", folder / rule, *keys, budget=12)
    picks, found = explained(folder / rule)
    assert all(record["score"] <= record["last_score"] * (1 + 1e-9) for record in found.values())
    assert all("more is better" in record["story"][-1] for record in found.values())
    if rule == "cover":
        return
    made = json.loads((folder / rule / "manifest.json").read_text())
    bits = made["coverage"]["buckets"].bit_length() - 1

    def counts(payloads: list[bytes]) -> np.ndarray[Any, Any]:
        held, whole = np.zeros(1 << bits), features(payloads, bits)
        np.add.at(held, whole.buckets, whole.counts)
        return held

    wanted, pool = counts([payload_of(record) for record in TARGET]), counts([*PAYLOADS.values()])
    priors = 20_000 * (wanted + pool) / (wanted + pool).sum()

    def covered(ids: list[str]) -> float:
        slots = np.flatnonzero(wanted)
        held = counts([PAYLOADS[record_id] for record_id in ids])
        return math.fsum(wanted[slots] * np.log1p(held[slots] / priors[slots]))

    for record_id, record in found.items():
        gain = covered([*picks, record_id]) - covered(picks)
        assert record["score"] == pytest.approx(1000 * gain / len(PAYLOADS[record_id]), rel=1e-6, abs=1e-9)
    gain = covered(picks) - covered(picks[:-1])
    assert record["last_score"] == pytest.approx(1000 * gain / len(PAYLOADS[picks[-1]]), rel=1e-6)


def test_where_there_is_no_score_the_reason_is_given(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    select(folder / "pool.jsonl", folder / "large", *GAIN, budget=50)
    monkeypatch.setattr(scores, "MOST_BYTES", 100)
    for record in explained(folder / "large")[1].values():
        assert record["story"][-1] == "no score behind the selection: it has more than 100B"
        assert "score" not in record
