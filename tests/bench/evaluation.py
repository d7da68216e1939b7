"""Microseconds an evaluation: how large is the anchor with this candidate behind it?"""

import zlib
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np

from bench.pools import Pool
from bench.timing import in_turns
from zip_pipeline.codecs.evaluator import PrefixEvaluator
from zip_pipeline.codecs.zlib_codec import ZlibCodec
from zip_pipeline.codecs.zstd_codec import ZstdCodec, ZstdEvaluator
from zip_pipeline.records.payload_store import Payloads
from zip_pipeline.records.render import FRAMINGS

ANCHORS = {"1 KB": 1 << 10, "30 KB": 30 << 10, "300 KB": 300 << 10, "3 MB": 3 << 20}
CANDIDATES = 1000
REPEATS = 7


def rows(pool: Pool) -> Iterator[dict[str, Any]]:
    """Yield a row an anchor: the floor, a fresh compression of the candidate alone, and every evaluator."""
    texts, framing = pool.payloads(), FRAMINGS["content"]
    candidates, rest = texts[:CANDIDATES], texts[CANDIDATES:]
    places = np.arange(CANDIDATES)
    for name, size in ANCHORS.items():
        payloads = Payloads(candidates)
        chosen = []
        for text in [*rest, *rest]:
            if sum(chosen) < size:
                chosen.append(len(text))
                payloads.append(text)
        evaluators = {
            "copy + flush": PrefixEvaluator(ZlibCodec(), framing, payloads, 1),
            "zstd": ZstdEvaluator(ZstdCodec(), framing, payloads, 1),
        }
        # The kernel itself: its evaluator would recall what the candidates matched a turn before.
        kernels = {
            "kernel": (ZlibCodec().anchor(), 1),
            "kernel, 2 threads": (ZlibCodec().anchor(), 2),
            "kernel, 64 MB window": (ZlibCodec(9, 64 << 20).anchor(), 1),
        }
        sides: dict[str, Callable[[], object]] = {"floor": lambda: [len(zlib.compress(text, 9)) for text in candidates]}
        for side, evaluator in evaluators.items():
            evaluator.extend(range(CANDIDATES, CANDIDATES + len(chosen)))
            sides[side] = partial(evaluator.sizes, places)
        for side, (anchor, threads) in kernels.items():
            anchor.append(payloads.flat[payloads.offsets[CANDIDATES] :].tobytes())
            sides[side] = partial(anchor.sizes, payloads.flat, payloads.offsets, places, b"", threads)
        took = in_turns(sides, REPEATS)
        yield {
            "anchor": name,
            **{f"{side}, us": took[side] / CANDIDATES * 1e6 for side in took},
            "kernel / floor": took["kernel"] / took["floor"],
            "copy + flush / kernel": took["copy + flush"] / took["kernel"],
            "64 MB window / 32 KB": took["kernel, 64 MB window"] / took["kernel"],
            "1 thread / 2 threads": took["kernel"] / took["kernel, 2 threads"],
        }
