"""The slow twin of the deflate-size kernel: zlib's size, and the long-window model's, in plain Python.

It follows the definition in `zip_pipeline.codecs.deflate.long_window`, RFC 1951, and zlib's deflate.c and trees.c. It
uses lists and dicts, and nothing of the kernel, not even constants. With a window of 32 KiB it must equal
`zlib.compress`. With a longer window a difference from the kernel shows that one of them is wrong.
"""

from collections import defaultdict
from dataclasses import dataclass, field

TUNING = {  # level: good, lazy, nice, chain
    4: (4, 4, 16, 16),
    5: (8, 16, 32, 32),
    6: (8, 16, 128, 128),
    7: (8, 32, 128, 256),
    8: (32, 128, 258, 1024),
    9: (32, 258, 258, 4096),
}
REACH = 32506
MASK64 = (1 << 64) - 1
LENGTH_BASES = [3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163,
                195, 227, 258]  # fmt: skip
LENGTH_EXTRA = [0] * 8 + [bits for bits in range(1, 6) for _ in range(4)] + [0]
CODE_ORDER = (16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15)


def model_size(data: bytes, level: int = 9, window: int = 32768) -> int:
    """Bytes of the whole stream."""
    return Deflate(data, level, window).size()


@dataclass
class Block:
    """Symbols of the pending block."""

    start: int
    literals: list[int] = field(default_factory=lambda: [0] * 286)
    distances: list[int] = field(default_factory=list)
    symbols: int = 0


class Deflate:
    """One stream, parsed from its first byte to its last."""

    def __init__(self, data: bytes, level: int, window: int) -> None:
        self.data, self.window = data, window
        self.good, self.lazy, self.nice, self.chain = TUNING[level]
        self.distance_bases, self.distance_extra = distance_codes(window)
        self.buckets: dict[int, list[int]] = defaultdict(list)
        self.grams: dict[bytes, int] = {}
        self.last_distance = 0
        self.bits = 0
        self.block = self.new_block(0)

    def new_block(self, start: int) -> Block:
        return Block(start, distances=[0] * len(self.distance_bases))

    def size(self) -> int:
        data, end = self.data, len(self.data)
        length, start, available = 2, 0, False
        p = inserted = 0
        while p < end:
            while inserted < p:
                self.insert(inserted)
                inserted += 1
            previous, previous_start = length, start
            length = 2
            if previous < min(self.lazy, 258, end - p) and end - p >= 3:
                length, start = self.search(p, previous, previous_start)
            if previous >= 3 and length <= previous:
                self.match(previous, p - 1 - previous_start)
                p += previous - 1
                length, start, available = 2, 0, False
                self.end_full_block(p)
            else:
                if available:
                    self.literal(data[p - 1])
                    self.end_full_block(p)
                available = True
                p += 1
        if available:
            self.literal(data[p - 1])
        self.end_block(p)
        return 2 + (self.bits + 7) // 8 + 4

    def insert(self, p: int) -> None:
        """Make position `p` known to later searches."""
        data = self.data
        if p > 0 and p + 3 <= len(data):
            self.buckets[hash3(data, p)].append(p)
        if self.window > 32768 and p + 16 <= len(data):
            self.grams[data[p : p + 16]] = p

    def search(self, p: int, previous: int, previous_start: int) -> tuple[int, int]:
        clamp = min(258, len(self.data) - p)
        length, start = self.zlibs_match(p, previous, clamp)
        if length <= previous:
            length, start = 2, previous_start
        best = max(length, previous)
        if self.window == 32768:
            return length, start
        if self.last_distance:
            common = self.common(p - self.last_distance, p, clamp)
            if common >= 8 and common > best:
                best = length = common
                start = p - self.last_distance
        gram = self.data[p : p + 16]
        if best < 16 and len(gram) == 16 and sampled(gram):
            q = self.grams.get(gram)
            if q is not None and REACH < p - q <= self.window:
                return self.common(q, p, clamp), q
        return length, start

    def zlibs_match(self, p: int, previous: int, clamp: int) -> tuple[int, int]:
        """zlib's longest_match as deflate_slow uses it; at most `previous` if there is nothing."""
        data = self.data
        bucket = self.buckets.get(hash3(data, p))
        if not bucket or p - bucket[-1] > REACH:
            return 2, 0
        if p - bucket[-1] == REACH and p % 32768 == REACH and len(data) - p < 262:
            return 2, 0  # zlib has slid its window, and the head with it
        best, best_start = previous, 0
        nice = min(self.nice, clamp)
        steps = self.chain // 4 if previous >= self.good else self.chain
        for step, q in enumerate(reversed(bucket)):
            if step == steps or (step > 0 and p - q >= REACH):
                break
            if data[q + best] != data[p + best]:
                continue
            common = self.common(q, p, clamp)
            if common > best:
                best, best_start = common, q
                if best >= nice:
                    break
        if best == 3 and p - best_start > 4096:
            return 2, 0
        return best, best_start

    def common(self, q: int, p: int, clamp: int) -> int:
        data, length = self.data, 0
        if data[q : q + clamp] == data[p : p + clamp]:
            return clamp
        while length < clamp and data[q + length] == data[p + length]:
            length += 1
        return length

    def literal(self, byte: int) -> None:
        self.block.literals[byte] += 1
        self.block.symbols += 1

    def match(self, length: int, distance: int) -> None:
        self.block.literals[257 + last_at_most(LENGTH_BASES, length)] += 1
        self.block.distances[last_at_most(self.distance_bases, distance)] += 1
        self.block.symbols += 1
        if distance > REACH:
            self.last_distance = distance

    def end_full_block(self, p: int) -> None:
        if self.block.symbols == 16383:
            self.end_block(p)
            self.block = self.new_block(p)

    def end_block(self, p: int) -> None:
        """_tr_flush_block: the cheapest of stored, fixed and dynamic."""
        block, stored = self.block, p - self.block.start
        block.literals[256] = 1
        extra = sum(count * bits for count, bits in zip(block.literals[257:], LENGTH_EXTRA, strict=True))
        extra += sum(count * bits for count, bits in zip(block.distances, self.distance_extra, strict=True))
        fixed_literals = [8] * 144 + [9] * 112 + [7] * 24 + [8] * 6
        fixed_distances = [5 if code < 30 else 9 for code in range(len(block.distances))]
        fixed = extra + cost(block.literals, fixed_literals) + cost(block.distances, fixed_distances)
        literal_lengths = code_lengths(block.literals, 15)
        distance_lengths = code_lengths(block.distances, 15)
        sent = run_codes(literal_lengths) + run_codes(distance_lengths)
        counts = [sum(1 for code, _ in sent if code == symbol) for symbol in range(19)]
        header_lengths = code_lengths(counts, 7) + [0] * 19
        last = max([3] + [place for place, symbol in enumerate(CODE_ORDER) if header_lengths[symbol]])
        dynamic = extra + cost(block.literals, literal_lengths) + cost(block.distances, distance_lengths)
        dynamic += cost(counts, header_lengths) + sum(bits for _, bits in sent) + 3 * (last + 1) + 14
        fixed_bytes, dynamic_bytes = (fixed + 10) // 8, (dynamic + 10) // 8
        if stored + 4 <= min(fixed_bytes, dynamic_bytes):
            self.bits = -(-(self.bits + 3) // 8) * 8 + 32 + 8 * stored
        else:
            self.bits += 3 + (fixed if fixed_bytes <= dynamic_bytes else dynamic)


def hash3(data: bytes, p: int) -> int:
    return ((data[p] << 10) ^ (data[p + 1] << 5) ^ data[p + 2]) & 32767


def sampled(gram: bytes) -> bool:
    low, high = int.from_bytes(gram[:8], "little"), int.from_bytes(gram[8:], "little")
    return ((low * 0x5D2F1B8E93C64A7B + high * 0x39E8D4C1A65B720D) & MASK64) >> 61 == 0


def distance_codes(window: int) -> tuple[list[int], list[int]]:
    """(smallest distance, extra bits) of each code up to `window`."""
    bases, extra = [1, 2, 3, 4], [0, 0, 0, 0]
    bits = 1
    while bases[-1] + (1 << extra[-1]) <= window:
        for _ in range(2):
            bases.append(bases[-1] + (1 << extra[-1]))
            extra.append(bits)
        bits += 1
    return bases, extra


def last_at_most(bases: list[int], value: int) -> int:
    return max(code for code, base in enumerate(bases) if base <= value)


def cost(counts: list[int], lengths: list[int]) -> int:
    return sum(count * bits for count, bits in zip(counts, lengths, strict=False))


def code_lengths(counts: list[int], longest: int) -> list[int]:
    """build_tree and gen_bitlen: the lengths up to the highest code, forced ones included."""
    frequency = dict(enumerate(counts))
    depth = dict.fromkeys(frequency, 0)
    heap = [symbol for symbol, count in enumerate(counts) if count]
    highest = heap[-1] if heap else -1
    paid = set(heap)
    while len(heap) < 2:
        node = 0
        if highest < 2:
            highest += 1
            node = highest
        heap.append(node)
        frequency[node] = 1

    def smaller(a: int, b: int) -> bool:
        return (frequency[a], depth[a]) <= (frequency[b], depth[b])

    def sift(place: int) -> None:
        """pqdownheap; places count from 1."""
        node = heap[place - 1]
        while 2 * place <= len(heap):
            child = 2 * place
            if child < len(heap) and smaller(heap[child], heap[child - 1]):
                child += 1
            if smaller(node, heap[child - 1]):
                break
            heap[place - 1] = heap[child - 1]
            place = child
        heap[place - 1] = node

    for place in range(len(heap) // 2, 0, -1):
        sift(place)
    parent: dict[int, int] = {}
    removed = []
    new = len(counts)
    while len(heap) > 1:
        first = heap[0]
        heap[0] = heap.pop()
        sift(1)
        second = heap[0]
        removed += [first, second]
        frequency[new] = frequency[first] + frequency[second]
        depth[new] = max(depth[first], depth[second]) + 1
        parent[first] = parent[second] = new
        heap[0] = new
        new += 1
        sift(1)
    length = {heap[0]: 0}
    overflow = 0
    for node in reversed(removed):
        length[node] = length[parent[node]] + 1
        if length[node] > longest:
            length[node] = longest
            overflow += 1
    leaves = [node for node in removed if node < len(counts)]  # rarest first
    if overflow:
        number = [0] * (longest + 1)
        for leaf in leaves:
            number[length[leaf]] += 1
        while overflow > 0:
            bits = longest - 1
            while not number[bits]:
                bits -= 1
            number[bits] -= 1
            number[bits + 1] += 2
            number[longest] -= 1
            overflow -= 2
        order = iter(leaves)
        for bits in range(longest, 0, -1):
            for _ in range(number[bits]):
                length[next(order)] = bits
    assert paid <= length.keys()
    return [length.get(symbol, 0) for symbol in range(highest + 1)]


def run_codes(lengths: list[int]) -> list[tuple[int, int]]:
    """scan_tree: the codes that send these lengths, each with its extra bits."""
    sent: list[tuple[int, int]] = []
    place = 0
    while place < len(lengths):
        value = lengths[place]
        run = 1
        while place + run < len(lengths) and lengths[place + run] == value:
            run += 1
        place += run
        if value:
            sent.append((value, 0))
            run -= 1
        while run:
            chunk = min(run, 6 if value else 138)
            if chunk < 3:
                sent += [(value, 0)] * chunk
            elif value:
                sent.append((16, 2))
            else:
                sent.append((17, 3) if chunk <= 10 else (18, 7))
            run -= chunk
    return sent
