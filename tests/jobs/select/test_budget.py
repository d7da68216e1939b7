"""The budget and quotas of a run in amounts, and the selections that keep to them."""

import json
import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from support.pools import sharegpt
from support.selecting import reporter, rows, run, scores, write_jsonl
from zip_pipeline.config import Select, SelectConfig, load, validate
from zip_pipeline.errors import ConfigError
from zip_pipeline.jobs.select import dry_run
from zip_pipeline.jobs.select.budget import large_sources, quotas_of, tempered
from zip_pipeline.selection.quotas import Tally
from zip_pipeline.spark.eligible import Amounts, Eligible
from zip_pipeline.spark.scored_pool import SourceSummary, Summary

pytestmark = pytest.mark.usefixtures("spark")


@pytest.fixture(scope="module")
def pool(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_jsonl(tmp_path_factory.mktemp("pool") / "pool.jsonl", sharegpt(120))


@pytest.mark.parametrize("shares", [(0.2, 0.4, 0.3, 0.1), (0.7, 0.2, 0.1), (0.1, 0.2, 0.7)])
def test_shares_that_leave_nothing(shares: tuple[float, ...]) -> None:
    """Summed up, they are a little more or less than 1."""
    asked = {f"s{number}": {"share": share} for number, share in enumerate(shares)}
    amounts = dict.fromkeys([*asked, "rest"], Amounts(30, 900))
    eligible = SimpleNamespace(records=150, amounts=lambda: amounts)
    rule = validate(Select, {"budget": 10, "quotas": asked})
    quotas = quotas_of(rule, cast("Eligible", eligible), Summary({}, 0, 0, ""))
    assert sorted(name for group in Tally(quotas).groups() for name in group) == sorted(asked)


@pytest.mark.parametrize(("budget", "records"), [("10%", 12), ("0.1%", 1), ("100%", 120)])
def test_a_share_of_the_pool(pool: Path, tmp_path: Path, budget: str, records: int) -> None:
    assert run(pool, tmp_path / "out", f"select.budget={budget}")["selection"]["records"] == records


def test_a_share_counts_all_records_as_a_dry_run_does(tmp_path: Path) -> None:
    """Of 100 records 40 are copies and 10 have no text: a tenth is 10."""
    texts = [f"{number} {number * number} words of record {number}" for number in range(50)]
    records = [{"id": number, "text": text} for number, text in enumerate([*texts, *texts[:40], *[""] * 10])]
    pool = write_jsonl(tmp_path / "p.jsonl", records)
    keys = ["input.deduplicate=exact", "select.budget=10%"]
    assert run(pool, tmp_path / "out", *keys)["selection"]["records"] == 10
    config = load(None, [f"input.path={pool}", f"output.path={tmp_path / 'other'}", *keys], SelectConfig)
    assert dry_run.run(config, reporter())["work"]["budget"] == 10
    short = run(pool, tmp_path / "more", *keys, "select.budget=60%")
    assert short["selection"]["records"] == 50
    assert short["shortfall"] == {"amount": 10, "unit": "records", "causes": {"rejected": 10, "deduplicated": 40}}


def test_a_source_that_has_too_little_is_named(tmp_path: Path) -> None:
    texts = [f"{number} {number * number} words of record {number}" for number in range(40)]
    sources = [*["few"] * 4, *["many"] * 36]
    records = [{"text": text, "source": source} for text, source in zip(texts, sources, strict=True)]
    pool = write_jsonl(tmp_path / "p.jsonl", records)
    for number, (quotas, lines) in enumerate(
        [
            ("{few: {floor: 9}}", ["select.quotas.few: 4 of 9 records; it has no more to select from"]),
            ("{few: {share: 50%}}", ["select.quotas.few: 4 of 10 records; it has no more to select from"]),
            ("{few: {floor: 4}}", None),
            ("{few: {share: 20%}}", None),
            ("{few: {cap: 0}}", None),
        ]
    ):
        part = run(pool, tmp_path / f"out{number}", f"select.quotas={quotas}")["selection"]
        assert part.get("unmet_quotas") == lines
        assert part["records"] == 20
        assert part["per_source"].get("few", {}).get("records", 0) == (0 if "cap" in quotas else 4)


def test_a_budget_in_bytes(pool: Path, tmp_path: Path) -> None:
    part = run(pool, tmp_path / "out", "select.budget=4KB")["selection"]
    longest = max(row["raw_bytes"] for row in scores(tmp_path / "out").values())
    payload_bytes = part["raw_bytes"] - (part["records"] - 1)  # but the line breaks between them
    assert 4096 - longest < payload_bytes <= 4096


def test_a_budget_below_any_record(pool: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="a budget of 3B is less than the first record"):
        run(pool, tmp_path / "out", "select.budget=3B")
    assert not (tmp_path / "out").exists()


def test_quotas_of_sources(pool: Path, tmp_path: Path) -> None:
    sources = {row["source"] or "(none)" for row in table_of(pool)}
    first = sorted(sources)[0]
    asked = "select.quotas={%s: {share: 0.5}}" % first  # noqa: UP031
    part = run(pool, tmp_path / "out", asked, budget=40)["selection"]["per_source"]
    assert part[first]["records"] == 20
    assert sum(source["records"] for source in part.values()) == 40
    with pytest.raises(ConfigError, match=r"select\.quotas: no record is of nowhere; there are "):
        run(pool, tmp_path / "bad", "select.quotas={nowhere: {cap: 3}}")
    with pytest.raises(ConfigError, match=re.escape(f"select.quotas.{first}: the budget is in records, 3KB is not")):
        run(pool, tmp_path / "bad", "select.quotas={%s: {cap: 3KB}}" % first)  # noqa: UP031


def test_tempered_parts_by_hand() -> None:
    sources = {"a": (50, 8100), "b": (10, 1600), None: (4, 200), "c": (9, 90), "d": (9, 10)}
    pool = Summary({name: SourceSummary(*sizes, 1) for name, sizes in sources.items()}, 0, 0, "")
    assert large_sources(pool) == ["a", "b", "(none)"], "1 % of 10,000 bytes at least"
    assert tempered(pool, "bytes") == pytest.approx({"a": 90, "b": 40, "(none)": 200**0.5, "": 10})
    assert tempered(pool, "records")[""] == pytest.approx(18**0.5)


@pytest.mark.parametrize("budget", ["60", "6KB"])
def test_tempered_quotas(pool: Path, tmp_path: Path, budget: str) -> None:
    manifest = run(pool, tmp_path / "out", "select.quotas=tempered", f"select.budget={budget}")
    unit = "raw_bytes" if budget.endswith("KB") else "records"
    offered, taken = (manifest[part]["per_source"] for part in ("pool", "selection"))
    roots = {name: source[unit] ** 0.5 for name, source in offered.items()}
    amount = sum(source[unit] for source in taken.values())
    longest = max(row["raw_bytes"] for row in scores(tmp_path / "out").values()) if unit == "raw_bytes" else 1
    for name, root in roots.items():
        assert abs(taken[name][unit] - amount * root / sum(roots.values())) <= 2 * longest


def test_proportional_quotas_by_source_and_length(pool: Path, tmp_path: Path) -> None:
    run(pool, tmp_path / "out", "select.quotas=proportional", "select.length_strata=2", "select.budget=50%")
    of_all = scores(tmp_path / "out")
    middle = sorted(row["raw_bytes"] for row in of_all.values())[59:61]

    def cell(record_id: str) -> tuple[str | None, bool]:
        return of_all[record_id]["source"], of_all[record_id]["raw_bytes"] > sum(middle) / 2

    chosen = [cell(row["id"]) for row in rows(tmp_path / "out")]
    everybody = [cell(i) for i in of_all]
    assert len(chosen) == 60
    assert all(abs(chosen.count(part) - everybody.count(part) / 2) <= 1 for part in set(everybody))


def table_of(pool: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in pool.read_text().splitlines()]
