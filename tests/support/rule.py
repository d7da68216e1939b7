"""Pools of texts, and the rule over them without Spark."""

import random
import zlib
from collections.abc import Callable, Iterable, Iterator

import numpy as np
import pyarrow as pa

from support.pools import WORDS
from zip_pipeline.codecs.base import Codec, Evaluator
from zip_pipeline.codecs.evaluator import PrefixEvaluator
from zip_pipeline.codecs.zlib_codec import ZlibCodec
from zip_pipeline.codecs.zlib_kernel import KernelEvaluator
from zip_pipeline.records.payload_store import Payloads
from zip_pipeline.records.render import Framing
from zip_pipeline.selection import greedy
from zip_pipeline.selection.frontier import Frontier, Scored
from zip_pipeline.selection.greedy import Pick, Round, RoundSize, StagedRule, rounds
from zip_pipeline.selection.objective import SelectionContext
from zip_pipeline.selection.quotas import Budget, Quotas, Tally
from zip_pipeline.selection.rules import RULES
from zip_pipeline.selection.selector import GreedySelector

K = tuple[int, int, int]

STAGED = sorted(name for name, rule in RULES.items() if rule.has_stages)
"""The rules whose rounds have stages; those of the others have tests of their own."""


def text_pool(seed: int, records: int, words: int = 30) -> dict[str, bytes]:
    rng = random.Random(seed)
    return {
        f"r{number}": " ".join(rng.choices(WORDS, k=rng.randrange(words) + 1)).encode() for number in range(records)
    }


def noise_pool(seed: int, records: int) -> dict[str, bytes]:
    rng = random.Random(seed)
    return {f"n{number}": rng.randbytes(rng.randrange(1, 200)) for number in range(records)}


def twin_pool(seed: int, records: int) -> dict[str, bytes]:
    """Many equal payloads: ties everywhere."""
    pool = text_pool(seed, max(1, records // 4))
    return {f"t{number}": random.Random(number).choice(list(pool.values())) for number in range(records)}


def rounds_of(
    frontier: Frontier, evaluator: Evaluator, tally: Tally, k: K, rule: str = "paper", done: Iterable[Round] = ()
) -> Iterator[Round]:
    """The rule with any evaluator."""
    how = RULES[rule]
    assert isinstance(how, StagedRule)
    objective = how.objective(SelectionContext(frontier, evaluator, GreedySelector(how).evaluator))
    return rounds(frontier, objective, tally, how, RoundSize(*k), done)


def picks_of(frontier: Frontier, evaluator: Evaluator, tally: Tally, k: K, rule: str = "paper") -> list[Pick]:
    return list(greedy.picks_of(frontier, rounds_of(frontier, evaluator, tally, k, rule)))


def our_picks(
    pool: dict[str, bytes],
    *,
    framing: Framing,
    level: int = 9,
    workers: int = 1,
    evaluator: type[PrefixEvaluator | KernelEvaluator] = KernelEvaluator,
    budget: int,
    k: K,
    rule: str = "paper",
) -> list[Pick]:
    codec = ZlibCodec(level)
    frontier = Frontier(runs(pool, framing, codec, rule))
    return picks_of(frontier, evaluator(codec, framing, frontier.payloads, workers), everything(budget), k, rule)


def everything(budget: int) -> Tally:
    return Tally(Quotas(Budget(budget)))


def states_of(pool: dict[str, bytes], framing: Framing, codec: Codec, rule: str = "paper") -> dict[str, float]:
    """What records begin with."""
    if RULES[rule].initial_column == "random":
        return {i: zlib.crc32(i.encode()) / 2**32 for i in pool}
    alone = {i: framing.join([payload]) for i, payload in pool.items()}
    return {i: len(data) / codec.compressed_size(data) for i, data in alone.items()}


def runs(
    pool: dict[str, bytes],
    framing: Framing,
    codec: Codec,
    rule: str = "paper",
    stratum_of: Callable[[str], str] = lambda _: "",
    size: int = 7,
) -> Iterator[Scored]:
    """The pool as a scored table gives it: run after run."""
    states = states_of(pool, framing, codec, rule)
    ids = sorted(pool, key=lambda i: (states[i], i))
    for begin in range(0, len(ids), size):
        part = ids[begin : begin + size]
        alone = [framing.join([pool[i]]) for i in part]
        payloads = Payloads(pool[i] for i in part)
        yield Scored(
            np.array([states[i] for i in part]),
            part,
            [f"source of {i}" for i in part],
            [stratum_of(i) for i in part],
            np.array([len(data) for data in alone]),
            codec.record_sizes(pa.array(alone, pa.binary())),
            payloads.flat,
            payloads.offsets,
        )
