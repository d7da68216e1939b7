"""A sign of life twice a minute while a stage runs: it may take hours and print nothing itself."""

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from threading import Event, Thread

BEAT_S = 30.0
"""Seconds from one sign of life to the next."""

LAST_WORD_S = 1.0
"""Seconds that the end of a stage waits for a sign that is just being given: a store may take its time to answer."""

SoFar = Callable[[], Mapping[str, int]]
"""Returns what a stage has done, by unit, such as ``{"rows in scored": 5000}``."""

Watch = Callable[[], SoFar]
"""Called when a stage begins; returns what is asked at each sign of life."""


@contextmanager
def heartbeat(beat: Callable[[float, Mapping[str, int]], None], watch: Watch) -> Iterator[None]:
    """Call `beat` every `BEAT_S` with the seconds since the start and what is done, in a thread of its own.

    `watch`, and what it returns, are called in that thread, too.
    """
    start, ended = time.perf_counter(), Event()

    def run() -> None:
        so_far = watch()
        while not ended.wait(BEAT_S):
            done = so_far()
            if not ended.is_set():
                beat(time.perf_counter() - start, done)

    thread = Thread(target=run, name="signs of life", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join(LAST_WORD_S)
