"""Microseconds an evaluation: how large is the anchor with this candidate behind it?"""

import zlib
from collections.abc import Callable, Iterator
from typing import Any

from bench.pools import Pool
from bench.timing import in_turns
from zip_pipeline.core.evaluator import PrefixEvaluator
from zip_pipeline.core.kernel_evaluator import KernelEvaluator
from zip_pipeline.core.payloads import Payloads
from zip_pipeline.core.render import FRAMINGS
from zip_pipeline.core.zlib_codec import ZlibCodec
from zip_pipeline.core.zstd_codec import ZstdCodec
from zip_pipeline.core.zstd_evaluator import ZstdEvaluator

ANCHORS = {"1 KB": 1 << 10, "30 KB": 30 << 10, "300 KB": 300 << 10, "3 MB": 3 << 20}
CANDIDATES = 1000
REPEATS = 7


def rows(pool: Pool) -> Iterator[dict[str, Any]]:
    """Yield a row an anchor: the floor, a fresh compression of the candidate alone, and every evaluator."""
    texts, framing = pool.payloads(), FRAMINGS["content"]
    candidates, rest = texts[:CANDIDATES], texts[CANDIDATES:]
    places = range(CANDIDATES)
    for name, size in ANCHORS.items():
        payloads = Payloads(candidates)
        chosen = []
        for text in [*rest, *rest]:
            if sum(chosen) < size:
                chosen.append(len(text))
                payloads.append(text)
        anchors = {
            "copy + flush": PrefixEvaluator(ZlibCodec(), framing, payloads, 1),
            "kernel": KernelEvaluator(ZlibCodec(), framing, payloads, 1),
            "kernel, 2 threads": KernelEvaluator(ZlibCodec(), framing, payloads, 2),
            "kernel, 64 MB window": KernelEvaluator(ZlibCodec(9, 64 << 20), framing, payloads, 1),
            "zstd": ZstdEvaluator(ZstdCodec(), framing, payloads, 1),
        }
        sides: dict[str, Callable[[], object]] = {"floor": lambda: [len(zlib.compress(text, 9)) for text in candidates]}
        for side, anchor in anchors.items():
            anchor.extend(range(CANDIDATES, CANDIDATES + len(chosen)))
            sides[side] = lambda anchor=anchor: anchor.sizes(places)
        took = in_turns(sides, REPEATS)
        yield {
            "anchor": name,
            **{f"{side}, us": took[side] / CANDIDATES * 1e6 for side in took},
            "kernel / floor": took["kernel"] / took["floor"],
            "copy + flush / kernel": took["copy + flush"] / took["kernel"],
            "64 MB window / 32 KB": took["kernel, 64 MB window"] / took["kernel"],
            "1 thread / 2 threads": took["kernel"] / took["kernel, 2 threads"],
        }
