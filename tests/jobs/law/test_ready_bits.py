"""Tables of bits that somebody computed already: what counts, and what is refused."""

import pytest

from zip_pipeline.errors import InputError
from zip_pipeline.jobs.law.ready_bits import of_rows


def row(model: str, area: str | None, bits: float | None, score: float | None = None) -> dict[str, object]:
    return {"model": model, "area": area, "bits_per_byte": bits, "bits_per_character": None, "score": score}


def test_only_areas_that_all_models_have_count() -> None:
    ready = of_rows([row("a", "x", 1.0), row("a", "y", 3.0), row("b", "x", 2.0, 5.0)], "t", "area")
    assert (ready.models, ready.areas, ready.left_out, ready.unit) == (["a", "b"], ["x"], ["y"], "bits_per_byte")
    assert (ready.mean("a"), ready.mean("b")) == (1.0, 2.0)
    assert ready.scores == {"b": {"x": 5.0}}


@pytest.mark.parametrize(
    ("rows", "by", "message"),
    [
        ([row("a", None, None)], None, "t: no bits per byte and none per character"),
        ([row("a", None, 1.0), row("a", None, 2.0)], None, "t: model a appears twice; set rank.by to the column"),
        ([row("a", "x", 1.0), row("a", "x", 2.0)], "area", "t: model a appears twice$"),
        (
            [row("a", "x", 1.0), row("b", "x", None)],
            "area",
            "t: model b: expected bits_per_byte, 0 or more, found None",
        ),
        ([row("a", "x", 1.0), row("b", "y", 1.0)], "area", "t: no area that all 2 models have"),
    ],
)
def test_mistakes(rows: list[dict[str, object]], by: str | None, message: str) -> None:
    with pytest.raises(InputError, match=message):
        of_rows(rows, "t", by)
