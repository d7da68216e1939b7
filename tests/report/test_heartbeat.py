"""Signs of life: what they say, and that a store that does not answer holds nothing up."""

from collections.abc import Mapping
from threading import Event

import pytest

from zip_pipeline.report import heartbeat
from zip_pipeline.report.heartbeat import SoFar


def test_each_has_the_seconds_and_what_is_done(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heartbeat, "BEAT_S", 0.001)
    beats: list[tuple[float, Mapping[str, int]]] = []
    heard, watched = Event(), []

    def watch() -> SoFar:
        watched.append(1)
        return lambda: {"rows": len(beats)}

    def beat(seconds: float, done: Mapping[str, int]) -> None:
        beats.append((seconds, done))
        if len(beats) == 2:
            heard.set()

    with heartbeat.heartbeat(beat, watch):
        assert heard.wait(20)
    assert [done["rows"] for _, done in beats] == list(range(len(beats)))
    assert 0 < beats[0][0] < beats[1][0]
    assert watched == [1]


def test_a_stage_does_not_wait_for_an_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """And what comes too late is not said."""
    monkeypatch.setattr(heartbeat, "BEAT_S", 0.001)
    monkeypatch.setattr(heartbeat, "LAST_WORD_S", 0.001)
    asked, answer, answered = Event(), Event(), Event()
    beats: list[float] = []

    def so_far() -> dict[str, int]:
        asked.set()
        answer.wait(20)
        answered.set()
        return {}

    with heartbeat.heartbeat(lambda seconds, _: beats.append(seconds), lambda: so_far):
        assert asked.wait(20)
    assert not answered.is_set(), "the stage ended first"
    answer.set()
    assert answered.wait(20)
    assert beats == []
