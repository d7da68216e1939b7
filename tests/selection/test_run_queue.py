"""Queues stay quick however much is in them."""

import doctest

import numpy as np

from zip_pipeline.selection import run_queue


def test_documentation_examples() -> None:
    assert doctest.testmod(run_queue).failed == 0


def test_records_are_in_few_runs() -> None:
    """Whatever is pushed and removed, so that a look costs about the same."""
    queue, rng = (
        run_queue.RunQueue(lambda places, states, count: np.lexsort((places, states))[:count]),
        np.random.default_rng(0),
    )
    for number in range(400):
        queue.push(0, np.arange(100) + 100 * number, rng.random(100) + rng.integers(0, 3))
        queue.remove(queue.peek([0], int(rng.integers(0, 90))))
        sizes = [len(run) for run, _ in queue._runs[0]]
        assert len(sizes) <= 1 + np.log2(100 * (number + 1))
