"""Break each rule of the deflate-size kernel once, on purpose, and show which test families notice.

    python tests/mutants_deflate_size.py [--rounds 2] [--only TEXT]

Each mutant is a textual change of the kernel's source in a copy of the package. A process of its own judges it by the
families of `deflate_families`, or of `long_window_families` for the longer window. Both are evaluated once, and as
shortlists of a growing anchor. A family that gives a wrong size, trips a guard, crashes or hangs has caught it.
The exit code is 1 if a mutant survives.
"""

import argparse
import importlib
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
JUDGE_SECONDS = 180


@dataclass
class Mutant:
    """One broken rule: in module `deflate.<module>`, each (old, new) replaces the only occurrence of `old`."""

    rule: str
    module: str
    changes: list[tuple[str, str]]

    @property
    def path(self) -> Path:
        return Path("zip_pipeline/codecs/deflate") / f"{self.module}.py"

    @property
    def families(self) -> str:
        return "long_window" if self.rule.startswith("window") else "deflate"

    def source(self) -> str:
        """The module's source with the rule broken."""
        source = (ROOT / self.path).read_text()
        for old, new in self.changes:
            if source.count(old) != 1:
                raise ValueError(f"{self.rule}: {source.count(old)} occurrences of {old!r}, expected 1")
            source = source.replace(old, new)
        return source


def mutant(rule: str, module: str, *texts: str) -> Mutant:
    return Mutant(rule, module, list(zip(texts[::2], texts[1::2], strict=True)))


MUTANTS = [
    mutant("1 last gram not inserted", "hash_chains", "stop = max(start, new_end - 7)\n    link_seam",
           "new_end -= 1\n    stop = max(start, new_end - 7)\n    link_seam"),
    mutant("1 grams across the anchor's end not inserted", "hash_chains",
           "for position in range(max(1, old_end - 7), start):", "for position in range(start, start):"),
    mutant("1 undo forgets grams across the anchor's end", "hash_chains",
           "for position in range(start - 1, max(1, old_end - 7) - 1, -1):", "for position in range(0):"),
    mutant("1 undo keeps the ranks", "hash_chains", "rank = (load64(slot3) >> 32) - 1", "rank = load64(slot3) >> 32"),
    mutant("2 other 3-byte hash", "hash_chains", "((word >> 8) & 0xFF) << 5", "((word >> 8) & 0xFF) << 6"),
    mutant("2 farthest instead of nearest, short walk", "match_finder",
           "offset = max(0, length - 3)", "offset = max(0, length - 4)",
           "                    offset = length - 3", "                    offset = length - 4",
           "if common > length:\n                    if _beyond_budget",
           "if common >= length and common > max(best, 3):\n                    if _beyond_budget"),
    mutant("2 short chain not shifted with the text", "layout", ', ("links4", np.uint16)):', "):"),
    mutant("2 short chain not copied", "layout",
           'self._region("links4")[: 2 * self.size] = other._region("links4")[: 2 * self.size]', "pass"),
    mutant("2 short chain broken at the anchor's end", "hash_chains",
           "        store16(entry + 2, distance)\n        store16(base + LINKS4 + 2 * position, distance)\n",
           "        store16(entry + 2, distance)\n"),
    mutant("2 farthest instead of nearest, long walk", "match_finder",
           "if load64(text + candidate + length - 7) == ending:", "if ending == ending:",
           "if common > length:\n                    length = common\n                    start = candidate\n"
           "                    if length >= nice:\n                        break",
           "if common >= length and common > best:\n                    length = common\n"
           "                    start = candidate\n                    if length >= nice:\n                        break"),
    mutant("2 8-byte walk goes on from a match of 7", "match_finder",
           "if length > 7 and start != 0:", "if length >= 7 and start != 0:"),
    mutant("2 no walk over 8-byte hashes", "match_finder", "    if length >= 7:\n        # Nothing", "    if length >= 300:\n        # Nothing"),
    mutant("2 no match of 3", "match_finder", "elif length == 2:", "elif length == 1:"),
    mutant("2 match of 3 without comparing", "match_finder",
           "if load32(text + candidate) & _THREE_BYTES == prefix:", "if prefix >= 0:"),
    mutant("2 too far from 4095", "match_finder", "_TOO_FAR = 4096", "_TOO_FAR = 4095"),
    mutant("2 too far from 4097", "match_finder", "_TOO_FAR = 4096", "_TOO_FAR = 4097"),
    mutant("3 budget one less", "lazy_parse", "budget = chain >> 2 if match_length >= good else chain",
           "budget = (chain >> 2 if match_length >= good else chain) - 1"),
    mutant("3 budget one more", "lazy_parse", "budget = chain >> 2 if match_length >= good else chain",
           "budget = (chain >> 2 if match_length >= good else chain) + 1"),
    mutant("3 budget not cut behind a good match", "lazy_parse",
           "budget = chain >> 2 if match_length >= good else chain", "budget = chain"),
    mutant("3 budget cut one length late", "lazy_parse", "if match_length >= good else chain", "if match_length > good else chain"),
    mutant("3 ranks of another bucket heeded", "match_finder",
           "return (load32(text + candidate) ^ load32(text + position)) & _THREE_BYTES == 0", "return True"),
    mutant("3 budget ignored", "lazy_parse", "budget = chain >> 2 if match_length >= good else chain", "budget = 65535"),
    mutant("4 largest distance 32505", "layout", "MAX_DISTANCE = WINDOW - MIN_LOOKAHEAD", "MAX_DISTANCE = 32505"),
    mutant("4 largest distance 32507", "layout", "MAX_DISTANCE = WINDOW - MIN_LOOKAHEAD", "MAX_DISTANCE = 32507"),
    mutant("4 full distance never", "match_finder",
           "return MAX_DISTANCE if distance3 == MAX_DISTANCE else MAX_DISTANCE - 1", "return MAX_DISTANCE - 1"),
    mutant("4 full distance for any node", "match_finder",
           "return MAX_DISTANCE if distance3 == MAX_DISTANCE else MAX_DISTANCE - 1", "return MAX_DISTANCE"),
    mutant("4 early slide ignored", "lazy_parse",
           "edge = near_end and (position & (WINDOW - 1)) == MAX_DISTANCE", "edge = False"),
    mutant("4 early slide also far from the end", "lazy_parse",
           "edge = near_end and (position & (WINDOW - 1)) == MAX_DISTANCE", "edge = (position & (WINDOW - 1)) == MAX_DISTANCE"),
    mutant("4 early slide one lookahead early", "lazy_parse",
           "edge = near_end and (position", "edge = lookahead <= MIN_LOOKAHEAD and (position"),
    mutant("4 early slide one lookahead late", "lazy_parse",
           "edge = near_end and (position", "edge = lookahead < MIN_LOOKAHEAD - 1 and (position"),
    mutant("4 position 0 may match", "hash_chains", "BIAS = 0x10000", "BIAS = 0"),
    mutant("4 far distances not capped", "hash_chains", "min(position + BIAS - head, NONE)", "position + BIAS - head"),
    mutant("4 what is out of reach comes back into it", "hash_chains", "NONE = 0xFFFF  #", "NONE = 0x7FFF  #"),
    mutant("5 length not clamped to the text", "lazy_parse", "clamp = min(MAX_MATCH, lookahead)", "clamp = MAX_MATCH"),
    mutant("5 longest match 257", "match_finder", "MAX_MATCH = 258", "MAX_MATCH = 257"),
    mutant("6 no lazy evaluation", "lazy_parse", "if match_length >= _MIN_MATCH and new_length <= match_length:",
           "if match_length >= _MIN_MATCH:"),
    mutant("6 a search that does not win moves the match", "lazy_parse",
           "find(base, position, match_length, clamp,", "find(base, position, 2, clamp,",
           "_count_match(frequencies, match_length, position - 1 - match_start)",
           "_count_match(frequencies, match_length, position - 1 - (new_start if new_length == match_length else match_start))"),
    mutant("6 waiting literal dropped", "lazy_parse", "            available = 1\n", "            available = 0\n"),
    mutant("7 block start not saved", "lazy_parse", "block_start = load64(fields + BLOCK_START)", "block_start = 0"),
    mutant("7 block start not shifted", "layout", "(POSITION, MATCH_START, BLOCK_START)", "(POSITION, MATCH_START)"),
    mutant("7 match start not shifted", "layout", "(POSITION, MATCH_START, BLOCK_START)", "(POSITION, BLOCK_START)"),
    mutant("7 symbol number not saved", "lazy_parse", "symbols = load64(fields + SYMBOLS)", "symbols = 0"),
    mutant("7 bits not saved", "lazy_parse", "bits = load64(fields + BITS)", "bits = 0"),
    mutant("7 compaction forgets one window too many", "layout", "// WINDOW - 1) * WINDOW", "// WINDOW) * WINDOW"),
    mutant("7 compaction loses the window's phase", "layout", "// WINDOW - 1) * WINDOW\n", "// WINDOW - 1) * WINDOW - 96\n"),
    mutant("7 compaction does not shift heads", "layout", "np.maximum(heads - shift, 0, out=heads)", "np.maximum(heads, 0, out=heads)"),
    mutant("8 parse runs into text to come: match to the end", "lazy_parse",
           "if near_end and not final and length == clamp:", "if False:"),
    mutant("8 parse runs into text to come: last bytes", "lazy_parse", "(lookahead < tail or match_length >= clamp)", "match_length >= clamp"),
    mutant("8 parse runs into text to come: tail one short", "lazy_parse", "_TAIL = 4", "_TAIL = 3"),
    mutant("8 parse runs into text to come: pending match", "lazy_parse", "(lookahead < tail or match_length >= clamp)", "lookahead < tail"),
    mutant("8 parse runs into text to come: early slide", "lazy_parse", "if edge and not final:", "if False:"),
    mutant("9 block of 16382", "lazy_parse", "_BLOCK_SYMBOLS = 16383", "_BLOCK_SYMBOLS = 16382"),
    mutant("9 block of 16384", "lazy_parse", "_BLOCK_SYMBOLS = 16383", "_BLOCK_SYMBOLS = 16384"),
    mutant("9 block behind a literal one byte longer", "lazy_parse",
           "            block_end = position\n            available", "            block_end = position + 1\n            available"),
    mutant("9 block behind a match one byte shorter", "lazy_parse",
           "            block_end = position\n            match_length", "            block_end = position - 1\n            match_length"),
    mutant("9 last literal ends its block", "lazy_parse",
           "    if final:\n        if available != 0:\n            _count(frequencies + 4 * load8(text + position - 1))\n",
           "    if final:\n        if available != 0:\n            _count(frequencies + 4 * load8(text + position - 1))\n"
           "            if symbols == _BLOCK_SYMBOLS - 1:\n"
           "                bits = _end_block(base, frequencies, position - block_start, bits)\n"
           "                block_start = position\n"),
    mutant("9 empty last block left out", "lazy_parse",
           "        bits = _end_block(base, frequencies, position - block_start, bits)\n    store64",
           "        if position > block_start:\n"
           "            bits = _end_block(base, frequencies, position - block_start, bits)\n    store64"),
    mutant("10 dynamic bytes rounded otherwise", "huffman", "dynamic_bytes = (dynamic + 10) >> 3", "dynamic_bytes = (dynamic + 7) >> 3"),
    mutant("10 dynamic codes on a tie", "huffman", "if static_bytes <= dynamic_bytes:", "if static_bytes < dynamic_bytes:"),
    mutant("10 bits compared instead of bytes", "huffman", "if static_bytes <= dynamic_bytes:", "if static <= dynamic:"),
    mutant("10 stored one byte dearer", "huffman", "if stored_length + 4 <=", "if stored_length + 5 <="),
    mutant("10 stored one byte cheaper", "huffman", "if stored_length + 4 <=", "if stored_length + 3 <="),
    mutant("10 stored block aligned before its type", "huffman", "((bits + 10) & ~7) + 32", "((bits + 7) & ~7) + 8 + 32"),
    mutant("11 ties broken by node", "huffman", "goes_right = right <= (best | _NODE_MASK)", "goes_right = right <= best"),
    mutant("11 left before right", "huffman", "goes_right = right <= (best | _NODE_MASK)", "goes_right = right < (best & ~_NODE_MASK)"),
    mutant("11 item below its equals", "huffman", "stays = item <= (best | _NODE_MASK)", "stays = item < (best & ~_NODE_MASK)"),
    mutant("11 item above its equals by node", "huffman", "stays = item <= (best | _NODE_MASK)", "stays = item <= best"),
    mutant("11 heap not down to the last level", "huffman", "for _ in range(levels):", "for _ in range(levels - 1):"),
    mutant("11 slots behind the heap not closed", "huffman", "        store32(heap + 4 * slot, _SENTINEL)", "        pass"),
    mutant("11 slot of a removed item not closed", "huffman", "        store32(heap + 4 * count, _SENTINEL)\n", ""),
    mutant("11 levels below a hole counted from the top", "huffman", "_level(count) - _level(hole)", "_level(hole)"),
    mutant("11 depth ignored", "huffman", "(frequency << 16) | (depth << 10) | merged", "(frequency << 16) | merged"),
    mutant("11 depth is the smaller one's", "huffman", "depth = max(", "depth = min("),
    mutant("11 forced code always symbol 0", "huffman", "if max_code < 2:", "if max_code < 0:"),
    mutant("11 forced code paid for", "huffman", "bits = -forced", "bits = 0"),
    mutant("11 one code suffices", "huffman", "while count < 2:", "while count < 1:"),
    mutant("11 literal codes up to 16 bits", "huffman", "frequencies, LITERAL_SYMBOLS, 15", "frequencies, LITERAL_SYMBOLS, 16"),
    mutant("11 header codes up to 8 bits", "huffman", "codes, _CODE_SYMBOLS, 7", "codes, _CODE_SYMBOLS, 8"),
    mutant("11 overflow fixed from the other end", "huffman",
           "            node = load32(removed + 4 * i)\n            i += 1",
           "            node = load32(removed + 4 * (removed_count - 1 - i))\n            i += 1"),
    mutant("11 header without its 14 bits", "huffman", "3 * (last + 1) + 14", "3 * (last + 1) + 13"),
    mutant("11 header's last code one more", "huffman", "3 * (last + 1) + 14", "3 * (last + 2) + 14"),
    mutant("11 header never below 15 codes", "huffman", "while last > 3 and", "while last > 14 and"),
    mutant("11 runs of zeros up to 137", "huffman", "chunk = min(run, 138)", "chunk = min(run, 137)"),
    mutant("11 short runs of zeros up to 11", "huffman", "elif chunk <= 10:", "elif chunk <= 11:"),
    mutant("11 repeats up to 7", "huffman", "chunk = min(run, 6)", "chunk = min(run, 7)"),
    mutant("11 repeat bits", "huffman", "bits = 2 * load32(codes", "bits = 3 * load32(codes"),
    mutant("11 short zero bits", "huffman", "bits += 3 * load32(codes", "bits += 2 * load32(codes"),
    mutant("11 long zero bits", "huffman", "bits += 7 * load32(codes", "bits += 6 * load32(codes"),
    mutant("11 last code length not sent", "huffman",
           "_count_code_lengths(base, max_code)\n", "_count_code_lengths(base, max_code - 1)\n"),
    mutant("12 match out of reach remembered", "match_cache", "back != 0 and start >= in_reach and start", "back != 0 and start"),
    mutant("12 remembered match at the full distance", "match_cache",
           "in_reach = position - MAX_DISTANCE + 1", "in_reach = position - MAX_DISTANCE"),
    mutant("12 match into another text remembered", "match_cache", " and start + length <= last_end", ""),
    mutant("12 matches that end in new text overlooked", "match_cache", "oldest = last_end - MAX_MATCH", "oldest = last_end"),
    mutant("12 as long and nearer overlooked", "match_cache", "min(length, nice) - 1", "min(length, nice)"),
    mutant("12 nice and nearer overlooked", "match_cache", "min(length, nice) - 1", "length - 1"),
    mutant("12 match inside loses to one as long", "match_cache", "least = max(best, inside, 3)", "least = max(best, inside - 1, 3)"),
    mutant("12 nice match inside not final", "match_cache", "if inside >= nice:", "if inside >= 259:"),
    mutant("12 match inside overlooked", "match_cache", "if inside > best:", "if inside > 258:"),
    mutant("12 no match of 3 in the anchor", "match_cache", "if best == 2:", "if best == 1:"),
    mutant("12 threshold of an empty search forgotten", "match_cache",
           "        length = least\n        start = size", "        length = max(3, length)\n        start = size"),
    mutant("12 length above the threshold taken for a threshold", "match_cache", "if oldest >= in_reach and (length <= least or is_valid)",
           "if oldest >= in_reach"),
    mutant("12 chain budget ignored", "match_cache", "return bucket <= budget and", "return"),
    mutant("12 chain budget behind a good match ignored", "entry_points", "joint_bucket, chain >> 2)", "joint_bucket, chain)"),
    mutant("12 candidate's own bucket ignored", "entry_points", "bucket + 2 + load64(buckets + 8 * index)", "bucket + 2"),
    mutant("12 early slide ignored", "match_cache", "(edge < size or end - edge >= MIN_LOOKAHEAD) and", ""),
    mutant("12 early slide one lookahead late", "match_cache", "end - edge >= MIN_LOOKAHEAD)", "end - edge >= MIN_LOOKAHEAD - 1)"),
    mutant("12 full distance behind a head inside", "match_cache", "return MAX_DISTANCE - 1", "return MAX_DISTANCE"),
    mutant("12 full distance never", "match_cache", "return reach(distance)", "return min(reach(distance), MAX_DISTANCE - 1)"),
    mutant("12 grams across the anchor's end not in the chains", "entry_points",
           " link_seam(base, size, end)\n", " link_seam(base, size, size)\n",
           "            unlink_seam(base, size, end)\n", ""),
    mutant("12 grams across the anchor's end not in the filter", "entry_points", "added = add_seam_grams(base, size, end)", "added = 0"),
    mutant("12 filter without the old end", "entry_points", "last_end - MAX_MATCH", "last_end"),
    mutant("12 filter taken for older text", "match_cache", "last_search < number - 1 or", "last_search < number - 2 or"),
    mutant("12 filter asked for one byte more", "match_cache", "_may_occur(base, position, beat + 1)", "_may_occur(base, position, beat + 2)"),
    mutant("window 1 no continuation", "long_window", "if distance != 0 and clamp >=", "if distance < 0 and clamp >="),
    mutant("window 1 continuation from 9 bytes", "long_window", "SHORTEST_CONTINUATION = 8", "SHORTEST_CONTINUATION = 9",
           "if common > best:", "if common > best and common > 8:"),
    mutant("window 1 continuation wins when equal", "long_window", "if common > best:", "if common >= best:"),
    mutant("window 1 continuation against zlib's match only", "long_window", "best = max(pending, length)", "best = length"),
    mutant("window 1 distance below 32769 forgotten", "lazy_parse",
           "if position - 1 - match_start > MAX_DISTANCE:", "if position - 1 - match_start > 32768:"),
    mutant("window 1 distance remembered when found, not when sent", "long_window",
           "                    start = copied\n", "                    start = copied\n                    store64(fields + LAST_DISTANCE, distance)\n"),
    mutant("window 2 gram although zlib found 16", "long_window", "if best < GRAM and clamp", "if best <= GRAM and clamp"),
    mutant("window 2 no gram when zlib found 15", "long_window", "if best < GRAM and clamp", "if best < GRAM - 1 and clamp"),
    mutant("window 2 gram cut off by the end", "long_window", "and clamp >= GRAM:", "and clamp >= GRAM - 1:"),
    mutant("window 2 one gram in four", "long_window", "return (hashed >> 61) & 7 == 0", "return (hashed >> 62) & 3 == 0"),
    mutant("window 2 other hash", "long_window", "MULTIPLIER_HIGH = 0x39E8D4C1A65B720D", "MULTIPLIER_HIGH = 0x39E8D4C1A65B720F"),
    mutant("window 2 earliest occurrence", "long_window", "            store64(slot, (tag << 32)", "            if entry == 0:\n                store64(slot, (tag << 32)"),
    mutant("window 2 reach 32505", "long_window",
           "distance > MAX_DISTANCE and", "distance > 32505 and", "position - MAX_DISTANCE)", "position - 32505)"),
    mutant("window 2 reach 32507", "long_window",
           "distance > MAX_DISTANCE and", "distance > 32507 and", "position - MAX_DISTANCE)", "position - 32507)"),
    mutant("window 2 window one byte less", "long_window", "distance <= load64(window_index + WINDOW_SIZE)", "distance < load64(window_index + WINDOW_SIZE)"),
    mutant("window 2 window one byte more", "long_window", "distance <= load64(window_index + WINDOW_SIZE)", "distance <= load64(window_index + WINDOW_SIZE) + 1"),
    mutant("window 2 nearer occurrence not looked for", "long_window", "or not _occurs_since(", "or load64(base) == 0 or not _occurs_since(",
           "max(unindexed, position - MAX_DISTANCE)", "position"),
    mutant("window 2 nearer occurrence by its first half", "long_window",
           "load64(text + candidate) == low and load64(text + candidate + 8) == high:", "load64(text + candidate) == low and high == high:"),
    mutant("window 2 searches recalled although a budget binds", "match_cache", "return bucket <= budget and", "return"),
    mutant("window 2 searches recalled without the index", "entry_points", "own_cache, window_index, tuning", "own_cache, 0, tuning"),
    mutant("window 3 length not clamped", "long_window", "length = common_length(index_text + copied, here, clamp)", "length = common_length(index_text + copied, here, 258)"),
    mutant("window 4 fixed codes of 5 bits", "huffman", "_DISTANT_FIXED_BITS = 9", "_DISTANT_FIXED_BITS = 5"),
    mutant("window 4 fixed codes of 10 bits", "huffman", "_DISTANT_FIXED_BITS = 9", "_DISTANT_FIXED_BITS = 10"),
    mutant("window 4 alphabet too small", "state", "ZLIB_DISTANCE_SYMBOLS + 2 * doublings", "ZLIB_DISTANCE_SYMBOLS + doublings"),
    mutant("window parse runs into grams to come", "lazy_parse", "tail = _TAIL if window_index == 0 else GRAM", "tail = _TAIL if window_index == 0 else GRAM - 1"),
    mutant("window stream's origin not kept", "layout", "fields[ORIGIN // 8] += shift", "fields[ORIGIN // 8] += 0"),
    mutant("window grams entered before they are parsed", "state", "window_index.enter_until(memory.parse_position())", "window_index.enter_until(memory.total)"),
    mutant("window grams entered before they are complete", "long_window_index", "last = min(position, self._end - GRAM + 1)", "last = position"),
    mutant("window anchor's pieces too long", "state", "else MOST_UNINDEXED\n", "else data.size\n"),
    mutant("window candidates in place too long", "entry_points", "if window_index == 0 else MOST_UNINDEXED", "if window_index == 0 else OVERLAY_CAPACITY"),
    mutant("window long candidate's grams stay", "long_window_index", "for log, changes in reversed(self._changes):", "for log, changes in ():"),
    mutant("window long candidate's grams undone from the front", "long_window", "for k in range(changes - 1, -1, -1):", "for k in range(changes):"),
    mutant("window long candidate's pieces undone from the front", "long_window_index",
           "for log, changes in reversed(self._changes):", "for log, changes in self._changes:"),
    mutant("window long candidate's grams counted as parsed", "long_window_index", "self._fields[INDEXED // 8] = indexed\n", "pass\n"),
    mutant("window dropped text's grams not shifted", "long_window_index", "self._rebuild(self._slots.size, count)", "pass"),
    mutant("window text dropped too early", "long_window_index", "_UNPARSED = 512", "_UNPARSED = -300"),
]  # fmt: skip


def judge(kind: str, rounds: int) -> dict[str, str]:
    """Families that notice something wrong with the package in this process, each with what it noticed."""
    families = importlib.import_module(f"support.{kind}_families")
    caught = {}
    for family in families.FAMILIES:
        for name, case in families.cases(family, 0, 0, rounds):
            try:
                if families.check(case) or families.check_growth(case, random.Random(name)):
                    caught[family] = "size"
                    break
            except AssertionError:
                caught[family] = "guard"
                break
    return caught


def run_mutant(candidate: Mutant, rounds: int) -> dict[str, str]:
    """Families that catch the mutant; {"process": ...} if it crashed or hung."""
    with tempfile.TemporaryDirectory() as folder:
        for part in ("zip_pipeline", "tests"):
            shutil.copytree(ROOT / part, Path(folder) / part, ignore=shutil.ignore_patterns("__pycache__"))
        (Path(folder) / candidate.path).write_text(candidate.source())
        command = [sys.executable, "tests/mutants_deflate_size.py", "--judge", candidate.families]
        command += ["--rounds", str(rounds)]
        # Else the package that is installed would be judged, and the machine code of every mutant be kept.
        environment = os.environ | {"PYTHONPATH": folder, "NUMBA_CACHE_DIR": folder}
        try:
            result = subprocess.run(
                command, cwd=folder, env=environment, capture_output=True, text=True, check=False, timeout=JUDGE_SECONDS
            )
        except subprocess.TimeoutExpired:
            return {"process": "hung"}
        if result.returncode < 0:
            return {"process": f"signal {-result.returncode}"}
        if result.returncode > 0:
            raise RuntimeError(f"{candidate.rule}: the judge failed\n{result.stderr}")
        caught: dict[str, str] = json.loads(result.stdout)
        return caught


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--rounds", type=int, default=2, help="rounds of the families; a survivor gets 26, as in the tests"
    )
    parser.add_argument("--only", default="", help="run the mutants whose rule contains this text")
    parser.add_argument(
        "--judge", choices=["deflate", "long_window"], help="judge the package in the current folder, print JSON"
    )
    arguments = parser.parse_args()
    if arguments.judge:
        print(json.dumps(judge(arguments.judge, arguments.rounds)))
        return 0
    survivors = 0
    for candidate in MUTANTS:
        if arguments.only in candidate.rule:
            caught = run_mutant(candidate, arguments.rounds) or run_mutant(candidate, 26)
            survivors += not caught
            names = ", ".join(f"{name} ({how})" if how != "size" else name for name, how in caught.items())
            print(f"{candidate.rule:50} {names or 'SURVIVED'}", flush=True)
    print(f"{survivors} survivors")
    return 1 if survivors else 0


if __name__ == "__main__":
    raise SystemExit(main())
