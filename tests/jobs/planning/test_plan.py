"""The frame of a plan: seconds by stage add up, over the cores; which cores a session has."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from zip_pipeline.jobs.planning.plan import Stages, cores_of


def test_stages_add_up() -> None:
    stages = Stages(2)
    stages.add("start Spark", 5.0)
    stages.add("score", 1.0, of_a_core=6.0)
    stages.add("score", 0.5)
    with stages.measured("pick", beyond=lambda: 40.0):
        pass
    assert {name: round(seconds, 1) for name, seconds in stages.seconds.items()} == {
        "start Spark": 5.0,
        "score": 4.5,
        "pick": 20.0,
    }
    assert stages.part() == {
        "seconds": 29.5,
        "cores": 2,
        "within": 1.5,
        "stages": {"start Spark": 5.0, "score": 4.5, "pick": 20.0},
    }
    assert str(stages) == "time: about 30 s on 2 cores that nothing else uses: start Spark 5, score 4, pick 20"


@pytest.mark.parametrize(
    ("settings", "cores"),
    [
        ({"spark.master": "local[3]"}, 3),
        ({"spark.master": "local[4,2]"}, 4),
        ({"spark.master": "local"}, 1),
        ({"spark.master": "yarn", "spark.executor.instances": "5", "spark.executor.cores": "4"}, 20),
        ({}, 1),
    ],
)
def test_the_cores_of_a_session(settings: dict[str, str], cores: int) -> None:
    spark = SimpleNamespace(conf=SimpleNamespace(get=lambda key, other: settings.get(key, other)))
    assert cores_of(cast("Any", SimpleNamespace(spark=spark))) == cores
