"""Arrays on the heap and in files: the same selection, and nothing remains on the disk."""

import doctest
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from support.rounds import same, selection
from support.rule import text_pool
from zip_pipeline.records import buffers
from zip_pipeline.records.buffers import GrowableArray, in_files
from zip_pipeline.selection.quotas import Budget


def test_documentation_examples() -> None:
    assert doctest.testmod(buffers).failed == 0


def test_an_earlier_view_stays_what_it_was() -> None:
    numbers = GrowableArray(np.int64, in_files)
    numbers.extend(range(10))
    view = numbers.values
    numbers.extend(range(10**6))
    assert view.tolist() == list(range(10))
    assert numbers.values[10:].tolist() == list(range(10**6))


@pytest.mark.parametrize("strata", ["compete", "shares"])
def test_the_selection_does_not_depend_on_where_records_lie(strata: str) -> None:
    asked = text_pool(4, 200), "gain", strata, (30, 12, 5), Budget(60)
    (_, on_the_heap, _), (_, in_their_files, _) = selection(*asked), selection(*asked, in_files)
    assert same(on_the_heap([]), in_their_files([]))


def test_nothing_is_left_of_a_killed_process(tmp_path: Path) -> None:
    code = """
import os, signal, numpy as np
from zip_pipeline.records.buffers import GrowableArray, in_files
numbers = GrowableArray(np.int64, in_files)
numbers.extend(range(10**5))
os.kill(os.getpid(), signal.SIGKILL)
"""
    done = subprocess.run([sys.executable, "-c", code], env={**os.environ, "TMPDIR": str(tmp_path)})
    assert done.returncode == -9
    assert not list(tmp_path.iterdir())


def test_a_full_disk_is_an_error_not_a_crash() -> None:
    code = """
import resource, numpy as np
from zip_pipeline.records.buffers import GrowableArray, in_files
resource.setrlimit(resource.RLIMIT_FSIZE, (10**6, 10**6))
try:
    GrowableArray(np.uint8, in_files).extend(bytearray(10**7))
except OSError as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stdout, done.stderr
    assert done.returncode == 0
