"""L, the mean loss of the first epoch, from what a trainer logged.

A trainer logs the mean loss of the steps since it logged before. So a point counts with the number of its steps. The
epoch ends where the log says 1.0; of a point across that end, the part before it counts. A run that went on from a
checkpoint logs some steps again: the later entry counts.

>>> first_epoch([Point(1, 0.25, 4.0), Point(4, 1.0, 2.0), Point(8, 2.0, 1.0)])
FirstEpoch(loss=2.5, points=2, share=1.0)
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

EPOCH = 1.0
ROUNDING = 5e-3
"""Trainers round epochs to two digits: a point this far behind the end is at it."""


@dataclass(frozen=True)
class Point:
    """What a trainer logged.

    Attributes:
        step: steps since the beginning; of a log that has epochs alone, the epoch.
        epoch: how many times the data was seen, such as 0.5.
        loss: mean loss of the steps since the point before.
    """

    step: float
    epoch: float
    loss: float


@dataclass(frozen=True)
class FirstEpoch:
    """The first epoch of a run.

    Attributes:
        loss: its mean loss.
        points: how many were logged in it.
        share: how much of the epoch the log covers, at most 1.
    """

    loss: float
    points: int
    share: float


def first_epoch(points: Iterable[Point]) -> FirstEpoch:
    """Return the first epoch of a run.

    Args:
        points: in the order of the log.

    Raises:
        ValueError: when no point is in the first epoch, or one of it has no number as its loss.
    """
    by_step = {point.step: point for point in points}
    ordered = [Point(0, 0.0, 0.0), *(by_step[step] for step in sorted(by_step) if step > 0)]
    steps = total = 0.0
    count = 0
    for before, point in pairwise(ordered):
        if before.epoch >= EPOCH - ROUNDING / 10:
            break
        if not math.isfinite(point.loss):
            raise ValueError(f"step {point.step:g}: expected a number as the loss, found {point.loss}")
        across = point.epoch > EPOCH + ROUNDING
        part = (EPOCH - before.epoch) / (point.epoch - before.epoch) if across else 1.0
        weight = (point.step - before.step) * part
        steps, total, count = steps + weight, total + weight * point.loss, count + 1
    if not steps:
        raise ValueError("no loss of the first epoch in it")
    return FirstEpoch(total / steps, count, min(EPOCH, ordered[count].epoch))
