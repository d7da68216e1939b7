"""The page of measure, on manifests made by hand: what it shows of sets, sources and versions."""

from typing import Any

from support.pages import HOSTILE, RUN, read
from zip_pipeline.jobs.history import NAMES, compared
from zip_pipeline.jobs.measure.report import measure_page


def measured(name: str, ratio: float, sources: int, **more: Any) -> dict[str, Any]:
    row = {
        **{"name": name, "records": 10, "raw_bytes": int(1000 * ratio), "compressed_bytes": 1000, "ratio": ratio},
        **{"low": ratio - 0.02, "high": ratio + 0.02, "mean_bytes": 100.0, "exact_duplicates": 0.1, "codec": "zlib 9"},
        **{f"q{part:02}_bytes": 3.0 * part for part in (5, 25, 75, 95)},
        "median_bytes": 150.0,
    }
    return {**row, "per_source": {f"s{n}": {**row, "ratio": ratio + n} for n in range(sources)}, **more}


def measure(sets: list[dict[str, Any]], history: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        **RUN,
        "measure": {"interval": {"confidence": 0.95}},
        "inputs": [{"name": HOSTILE, "records": 10, "rejected": 3}],
        "sets": sets,
        "history": history,
    }


def test_measure_shows_sets_sources_and_what_moved() -> None:
    past = [
        {
            **dict.fromkeys(NAMES),
            **{"name": HOSTILE, "version": f"v{n}", "created_at": f"2026-01-0{n + 1}T00:00:00+00:00", "job": "measure"},
            **{"records": 10, "ratio": ratio, "codec": "zlib, random order"},
            **({"low": ratio - 0.02, "high": ratio + 0.02} if n else {}),
        }
        for n, ratio in enumerate([2.0, 2.01, 2.4])
    ]
    manifest = measure([measured(HOSTILE, 2.0, 0), measured("b", 3.0, 30)], compared(past))
    titles, text = read(measure_page(manifest))
    assert titles == ["Ratios", "Lengths of the records"] * 2 + [f"Ratio of {HOSTILE}, version by version"]
    assert "+19.40%, beyond chance" in text
    assert "15 smaller ones: in the manifest" in text
    assert f"rejected: 3 records of {HOSTILE}" in text
    titles, _ = read(measure_page(measure([measured(HOSTILE, 1.5, 1)], [])))
    assert titles == ["Ratios", "Lengths of the records"]
