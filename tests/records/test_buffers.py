"""Records in files: the same selection, nothing left on the disk, nothing of them on the heap."""

import os
import subprocess
import sys
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from support.rounds import same, selection
from support.rule import text_pool
from zip_pipeline.records.buffers import GrowableArray, in_files
from zip_pipeline.records.payload_store import Payloads
from zip_pipeline.selection.quotas import Budget


@given(parts=st.lists(st.lists(st.binary(max_size=3000), max_size=20), max_size=8))
def test_payloads_in_files_are_payloads(parts: list[list[bytes]]) -> None:
    heap, files = Payloads(), Payloads(allocator=in_files)
    for part in parts:
        run = Payloads(part)
        for payloads in (heap, files):
            payloads.extend(run.flat, run.offsets)
    assert [files[place] for place in range(len(files))] == [payload for part in parts for payload in part]
    assert heap.flat.tobytes() == files.flat.tobytes()
    assert heap.offsets.tolist() == files.offsets.tolist()


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


def test_records_are_not_on_the_heap() -> None:
    tracemalloc.start()
    payloads = Payloads(allocator=in_files)
    for _ in range(100):
        payloads.extend(np.zeros(100_000, dtype=np.uint8), np.arange(0, 100_001, 1000))
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(payloads.flat) == 10**7
    assert held < 20_000


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
