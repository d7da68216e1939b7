"""Compare the size kernel with zlib at length: python tests/fuzz_deflate_size.py --pairs 1000000"""

import argparse
import time
from collections import Counter

from support.deflate_families import FAMILIES, cases, check


def run(pairs: int, seed: int, families: list[str], threads: int = 1) -> tuple[Counter[str], Counter[str]]:
    """(pairs, mismatches) by family, round after round until `pairs` are compared."""
    done: Counter[str] = Counter()
    wrong: Counter[str] = Counter()
    number = 0
    while done.total() < pairs:
        for family in families:
            for name, case in cases(family, seed, number, 1):
                mismatches = check(case, threads)
                done[family] += len(case.candidates)
                wrong[family] += len(mismatches)
                for candidate, size, expected in mismatches[:3]:
                    print(f"MISMATCH {name} level {case.level} candidate {candidate}: {size}, zlib {expected}")
        number += 1
    return done, wrong


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", type=int, default=20000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--family", action="append", choices=sorted(FAMILIES))
    arguments = parser.parse_args()
    started = time.perf_counter()
    done, wrong = run(arguments.pairs, arguments.seed, arguments.family or list(FAMILIES), arguments.threads)
    for family in sorted(done):
        print(f"{family:16} {done[family]:9,} pairs {wrong[family]:6,} mismatches")
    seconds = time.perf_counter() - started
    print(f"{'all':16} {done.total():9,} pairs {wrong.total():6,} mismatches, {seconds:.0f} s")
    return 1 if wrong.total() else 0


if __name__ == "__main__":
    raise SystemExit(main())
