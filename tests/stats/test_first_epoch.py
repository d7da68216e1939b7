"""The loss of the first epoch: by hand, and against one loss a step."""

import doctest

import pytest
from hypothesis import given
from hypothesis import strategies as st

from zip_pipeline.stats import first_epoch as module
from zip_pipeline.stats.first_epoch import Point, first_epoch


def test_a_point_counts_with_its_steps() -> None:
    """A trainer that logs its first step, then every ten."""
    found = first_epoch([Point(1, 0.05, 9.0), Point(10, 0.5, 3.0), Point(20, 1.0, 2.0), Point(30, 1.5, 1.0)])
    assert found.loss == pytest.approx((1 * 9.0 + 9 * 3.0 + 10 * 2.0) / 20)
    assert (found.points, found.share) == (3, 1.0)


def test_the_epoch_ends_within_a_point() -> None:
    found = first_epoch([Point(10, 0.8, 3.0), Point(20, 1.6, 1.0)])
    assert found.loss == pytest.approx((10 * 3.0 + 2.5 * 1.0) / 12.5)


def test_rounded_epochs_end_where_they_end() -> None:
    """Transformers rounds to two digits or more: 1.0 may stand as 1.004 or 0.9998."""
    for end in (0.9998, 1.0, 1.004):
        assert first_epoch([Point(10, end, 3.0), Point(20, 2 * end, 1.0)]).loss == 3.0


def test_a_run_that_went_on_from_a_checkpoint_counts_each_step_once() -> None:
    points = [Point(5, 0.5, 9.0), Point(10, 1.0, 8.0), Point(5, 0.5, 4.0), Point(10, 1.0, 2.0)]
    assert first_epoch(points).loss == 3.0


def test_an_epoch_that_is_not_over() -> None:
    assert first_epoch([Point(5, 0.25, 9.0)]).share == 0.25


@given(st.lists(st.integers(1, 7), min_size=1, max_size=12), st.integers(1, 60), st.integers(1, 9))
def test_it_is_the_mean_of_single_steps(gaps: list[int], steps_an_epoch: int, last: int) -> None:
    losses = [1 + (7 * step % 5) for step in range(1, sum(gaps) + last + steps_an_epoch)]
    points, step = [], 0
    while step < steps_an_epoch:  # ends with a point at or behind the end of the epoch
        gap = gaps[len(points) % len(gaps)]
        if step < steps_an_epoch < step + gap:
            gap = steps_an_epoch - step
        mean = sum(losses[step : step + gap]) / gap
        step += gap
        points.append(Point(step, step / steps_an_epoch, mean))
    points.append(Point(step + last, (step + last) / steps_an_epoch, 1000.0))
    if (step + last) / steps_an_epoch <= 1 + module.ROUNDING:
        return
    assert first_epoch(points).loss == pytest.approx(sum(losses[:steps_an_epoch]) / steps_an_epoch)


@pytest.mark.parametrize(
    ("points", "message"),
    [
        ([], "no loss of the first epoch in it"),
        ([Point(0, 0.0, 1.0)], "no loss of the first epoch in it"),
        ([Point(5, 0.5, float("nan"))], "step 5: expected a number as the loss, found nan"),
    ],
)
def test_mistakes(points: list[Point], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        first_epoch(points)


def test_the_example_holds() -> None:
    assert doctest.testmod(module).attempted == 1
    assert not doctest.testmod(module).failed
