"""The package's own names: real signatures, and no Spark before one of them is used."""

import inspect
import subprocess
import sys

import pytest

import zip_pipeline
from zip_pipeline import api


@pytest.mark.parametrize("name", sorted(set(zip_pipeline.__all__) - {"__version__"}))
def test_a_public_function_is_the_one_of_the_api(name: str) -> None:
    function = getattr(zip_pipeline, name)
    assert function is getattr(api, name)
    parameters = inspect.signature(function).parameters
    assert all(parameter.kind is parameter.KEYWORD_ONLY for parameter in list(parameters.values())[1:-1])
    assert f"    Args:\n        {next(iter(parameters))}: " in str(function.__doc__)
    assert name in dir(zip_pipeline)


def test_importing_the_package_imports_no_spark() -> None:
    code = "import sys, zip_pipeline; sys.exit(bool({'pyspark', 'pydantic', 'numpy'} & sys.modules.keys()))"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


def test_other_names_are_refused() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'selekt'"):
        _ = zip_pipeline.selekt
