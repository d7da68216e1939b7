"""Columns of numbers as jobs use them: budgets in tokens, weights, bounds on columns, and what is refused."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from support.coverage_twin import naive_select
from support.coverages import target_of
from support.pools import payload_of, sharegpt
from support.selecting import ids, rows, run, scores, select, write_jsonl
from support.tokenizer import TOKENIZER
from zip_pipeline.errors import ConfigError, InputError, UserError
from zip_pipeline.selection.quotas import Budget, Quotas

pytestmark = pytest.mark.usefixtures("spark")

PLAIN = ["codec.window=32KB", "input.deduplicate=none"]
TOKENS = [*PLAIN, "input.columns.tokens=meta.n", "select.budget=60 tokens"]


def record(number: int, plain: dict[str, Any]) -> dict[str, Any]:
    return {**plain, "meta": {"n": number % 9 + 1}, "quality": number % 4 / 2, "score": float(number)}


POOL = [record(number, plain) for number, plain in enumerate(sharegpt(80))]
BAD = [{**POOL[0], "id": f"bad-{n}", "meta": {"n": n}, "quality": 1.0} for n in (None, 0, -4, 2.5)]
TARGET = [record(number, plain) for number, plain in enumerate(sharegpt(5, seed=7))]


@pytest.fixture(scope="module")
def pool(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_jsonl(tmp_path_factory.mktemp("pool") / "pool.jsonl", [*POOL, *BAD])


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> str:
    return f"select.target={write_jsonl(tmp_path_factory.mktemp('target') / 'target.jsonl', TARGET)}"


def test_a_budget_in_tokens(pool: Path, target: str, tmp_path: Path) -> None:
    """Weighted as well: the naive rule's picks, each record's tokens in the tables, and bad counts rejected."""
    manifest = select(pool, tmp_path / "out", *TOKENS, target, "select.weight=quality")
    payloads = {one["id"]: payload_of(one) for one in POOL}
    tokens = {one["id"]: one["meta"]["n"] for one in POOL}
    weights = {one["id"]: one["quality"] for one in POOL}
    coverage = target_of(payloads, [payload_of(one) for one in TARGET], bits=20)
    expected, _ = naive_select(payloads, coverage, Quotas(Budget(60, "tokens")), tokens=tokens, weights=weights)
    assert ids(tmp_path / "out") == expected
    assert [row["zip_tokens"] for row in rows(tmp_path / "out")] == [tokens[i] for i in expected]
    assert {i: row["tokens"] for i, row in scores(tmp_path / "out").items()} == tokens
    assert manifest["input"]["rejected_by_reason"] == {
        f"meta.n: {why}": 1 for why in ("0 tokens", "negative", "no whole number", "null")
    }
    assert manifest["selection"]["tokens"] == sum(tokens[i] for i in expected)
    assert manifest["pool"]["tokens"] == sum(tokens.values())
    assert manifest["random"]["tokens"] >= manifest["selection"]["tokens"]
    assert manifest["coverage"]["price"] == "tokens"
    page = (tmp_path / "out" / "report.html").read_text()
    for shown in ("For whom it chose", "Near misses", "meta.n: negative", "--set select.weight=quality"):
        assert shown in page


def test_quotas_and_partitions_in_tokens(pool: Path, tmp_path: Path) -> None:
    """A tokenizer counts; caps are in tokens, and hold where partitions offer."""
    file = tmp_path / "tokenizer.json"
    file.write_text(json.dumps(TOKENIZER))
    source = next(one["source"] for one in POOL if one["source"])
    keys = [
        f"input.tokenizer={file}",
        "select.budget=300 tokens",
        f"select.quotas={{{source}: {{cap: 40 tokens}}}}",
    ]
    for pools in (1, 2):
        out = tmp_path / f"out-{pools}"
        manifest = select(pool, out, *PLAIN, "select.rule=cover", *keys, f"run.pools={pools}")
        of_source = [row["zip_tokens"] for row in rows(out) if row["source"] == source]
        words = [len(re.findall("[a-z]+", payload_of(row).decode())) for row in rows(out)]
        assert [row["zip_tokens"] for row in rows(out)] == words
        assert 0 < sum(of_source) <= 40
        assert 200 < manifest["selection"]["tokens"] <= 300
        steps = {step["step"]: step for step in manifest["funnel"]}
        assert ("offered" in steps) == (pools == 2)
        assert steps["selected"]["tokens"] == manifest["selection"]["tokens"] <= steps["looked_at"]["tokens"]
        assert steps["eligible"]["tokens"] == sum(row["tokens"] for row in rows(out, "scores"))


def test_bounds_on_columns(pool: Path, target: str, tmp_path: Path) -> None:
    columns = "{score: {from: pool, lower: 25%}, quality: {from: target, upper: 0.5, min: 0.25}}"
    part = run(
        pool,
        tmp_path / "out",
        f"select.bounds={{min_bytes: 60, columns: {columns}}}",
        target,
        "select.rule=target",
        budget=90,
    )["input"]
    inside = {str(one["id"]) for one in [*POOL, *BAD] if one["score"] >= part["bounds"]["columns"]["score"]["min"]}
    assert part["bounds"]["columns"]["quality"] == {"min": 0.25, "max": 0.5}
    expected = [one for one in [*POOL, *BAD] if str(one["id"]) in inside and 0.25 <= one["quality"] <= 0.5]
    expected = [one for one in expected if len(payload_of(one)) >= 60]
    assert sorted(ids(tmp_path / "out")) == sorted(one["id"] for one in expected)
    assert sum(part["outside_bounds_by"].values()) == part["outside_bounds"] == 84 - len(expected)
    assert {"score", "quality"} <= part["outside_bounds_by"].keys()


@pytest.mark.parametrize(
    ("keys", "kind", "message"),
    [
        (["select.budget=50 tokens"], ConfigError, "set input.columns.tokens to the column"),
        (["select.weight=quality"], ConfigError, "the rule paper scores sets"),
        (["select.bounds.columns={score: {}}"], ConfigError, "expected 'min', 'max'"),
        (["select.bounds.columns={score: {lower: 1%}}"], ConfigError, "quantiles need 'from'"),
        (
            ["select.bounds.columns={score: {from: target, lower: 1%}}"],
            ConfigError,
            "from the target, but there is none",
        ),
        (["select.bounds.columns={nowhere: {min: 1}}"], InputError, "expected a column of numbers, found nowhere"),
        (
            ["input.columns.tokens=source"],
            InputError,
            "input.columns.tokens: expected a column of numbers, found source",
        ),
        (["input.tokenizer=nowhere.json"], ConfigError, "no such file; expected a tokenizer.json"),
    ],
)
def test_what_is_refused(pool: Path, tmp_path: Path, keys: list[str], kind: type[UserError], message: str) -> None:
    with pytest.raises(kind, match=message):
        run(pool, tmp_path / "out", *keys)
