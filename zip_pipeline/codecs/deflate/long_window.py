"""The long-memory size model: deflate with matches beyond zlib's reach, and how the parse finds them.

With a window of 32 KiB the kernel is zlib to the bit. With a longer one, W = 2**k bytes up to 1 GiB, it gives
the size in a format of this project's own, which nothing writes or reads: deflate as zlib parses it (its search,
lazy evaluation, blocks and code lengths), and these rules.

Let N be the length of the stream, and p a position at which deflate_slow would search if its chain were not
empty: 3 bytes lie ahead, and the pending match is shorter than the level's lazy value and than min(258, N - p).
`best` is the longer of the pending match and of what zlib's search returns. R = 32,506 is as far as zlib reaches.

1. Continuation. Let D be the distance of the last match sent from beyond R, none before the first. If the
   bytes at p and p - D have a common length of at least 8, longer than `best`, that match takes the place of
   zlib's, and of `best`. So a long passage costs one match every 258 bytes, wherever matches within reach
   interrupt it.
2. Far source. If `best` is still below 16, 16 bytes lie ahead of p, and this gram of 16 bytes is sampled: let q be
   the latest position before p with the same gram. If R < p - q <= W, the match from q, of its full common
   length, takes the place of zlib's. Position 0 counts as any other.
   A gram is sampled if the top three bits of (a * A + b * B) mod 2**64 are zero, where a and b are its halves
   as little-endian numbers, A = MULTIPLIER_LOW and B = MULTIPLIER_HIGH: one gram in eight, in all its occurrences.
3. A common length is at most min(258, N - p). Budget and nice length do not bind far matches; lazy evaluation
   treats them as it treats zlib's.
4. Price. The distance codes go on: 30 and 31 with 14 extra bits for 32,769 to 65,536, and so on, each doubling
   two more, to code 59 at 1 GiB. The dynamic distance alphabet has as many codes as the window needs; its
   header counts cost 14 bits as ever. In fixed blocks, codes from 30 cost 9 bits: deflate's fixed distance code
   leaves two words of 5 bits unused, which hold 32 words of 9 bits.

What follows: the size is a function of bytes, level and window alone; a stream of up to 32,522 bytes has zlib's
size; there is no hole between zlib's reach and the window, but that at R itself zlib sees the head of a chain
only. A copy is seen from its first sampled gram on, that is 8 bytes into it on average; far copies of less than
16 bytes are not seen, but for those that go on.

How it is found: the far index holds the anchor's text and, in a hash table with open addressing, the latest
position of every sampled gram up to INDEXED. The positions from there on are the bytes still to be parsed, all
within zlib's reach of one another; whether a gram occurs among them is seen along the 8-byte
chain, or, where searches are recalled, from what the near search found.

What this module does not do: allocate (`far_index`), parse (`parse`).
"""

from numba import njit

from zip_pipeline.codecs.deflate.layout import FAR_DISTANCE, LINKS, MAX_DISTANCE, ORIGIN, TEXT
from zip_pipeline.codecs.deflate.raw_memory import common_length, load64, store64

GRAM = 16
MULTIPLIER_LOW = 0x5D2F1B8E93C64A7B
MULTIPLIER_HIGH = 0x39E8D4C1A65B720D
SHORTEST_CONTINUATION = 8
# Longest text that may lie behind INDEXED when it is searched, with up to 261 bytes parsed before: grams that
# the index lacks are then within zlib's reach.
MOST_UNINDEXED = 32256

# The far index, int64 fields at an address of its own; all positions count from the beginning of the stream.
FAR_TEXT = 0  # address at which position 0 would lie
HELD_FROM = 8  # first position whose text is held
INDEXED = 16  # the grams that begin before this position are in the table
SLOTS = 24  # address of the table: gram hash << 32 | position - HELD_FROM + 1, or 0 in an empty slot
SLOT_COUNT = 32
SLOTS_USED = 40
MOST_USED = 48  # the table must grow before more slots are used; less than SLOT_COUNT
WINDOW_SIZE = 56
FAR_BYTES = 64

_LOW_HALF = 0xFFFFFFFF


@njit(nogil=True, error_model="numpy")
def _hash(gram: int) -> int:
    return load64(gram) * MULTIPLIER_LOW + load64(gram + 8) * MULTIPLIER_HIGH


@njit(nogil=True, error_model="numpy")
def _is_sampled(hashed: int) -> bool:
    return (hashed >> 61) & 7 == 0


@njit(nogil=True, error_model="numpy")
def _tag(hashed: int) -> int:
    """The 32 bits below those that decide on sampling; they choose the slot and stand in it."""
    return (hashed >> 29) & _LOW_HALF


@njit(nogil=True, error_model="numpy")
def _first_slot(slots: int, slot_count: int, tag: int) -> int:
    return slots + 8 * ((tag * slot_count) >> 32)


@njit(nogil=True, error_model="numpy")
def _find(far: int, gram: int, tag: int) -> int:
    """Address of the slot that holds the gram of 16 bytes at address `gram`, or of the empty one where it belongs."""
    slots = load64(far + SLOTS)
    slot_count = load64(far + SLOT_COUNT)
    before_held = load64(far + FAR_TEXT) + load64(far + HELD_FROM) - 1
    slot = _first_slot(slots, slot_count, tag)
    while True:
        entry = load64(slot)
        if entry == 0:
            return slot
        if (entry >> 32) & _LOW_HALF == tag:
            other = before_held + (entry & _LOW_HALF)
            if load64(other) == load64(gram) and load64(other + 8) == load64(gram + 8):
                return slot
        slot += 8
        if slot == slots + 8 * slot_count:
            slot = slots


@njit(nogil=True, error_model="numpy")
def _occurs_since(base: int, position: int, oldest: int) -> bool:
    """Whether the gram at `position` begins at a position from `oldest` on, too; both within zlib's reach."""
    text = base + TEXT
    links = base + LINKS
    low = load64(text + position)
    high = load64(text + position + 8)
    candidate = position
    while True:
        step = (load64(links + 8 * candidate) >> 32) & 0xFFFF
        candidate -= step
        if candidate < oldest:
            return False
        if load64(text + candidate) == low and load64(text + candidate + 8) == high:
            return True


@njit(nogil=True, error_model="numpy")
def far_search(
    base: int, fields: int, far: int, position: int, pending: int, length: int, start: int, clamp: int, linked: int
) -> tuple[int, int]:
    """Match at `position` by the rules above; zlib's own (`length`, `start`), 0 if it has none, if it stands.

    `pending` is the length of the match that waits, `clamp` the longest that may count. The text is linked up to
    `linked`; from there on zlib's search must have been bound by its reach and nice length only. The start is local
    to the state's text, and may lie before it.
    """
    here = base + TEXT + position
    origin = load64(fields + ORIGIN)
    far_text = load64(far + FAR_TEXT) + origin
    best = max(pending, length)
    distance = load64(fields + FAR_DISTANCE)
    if distance != 0 and clamp >= SHORTEST_CONTINUATION:
        source = far_text + position - distance
        if load64(source) == load64(here):
            common = common_length(source, here, clamp)
            if common > best:
                best = length = common
                start = position - distance
    if best < GRAM and clamp >= GRAM:
        hashed = _hash(here)
        if _is_sampled(hashed):
            entry = load64(_find(far, here, _tag(hashed))) & _LOW_HALF
            found = entry - 1 + load64(far + HELD_FROM) - origin
            distance = position - found
            if entry != 0 and distance > MAX_DISTANCE and distance <= load64(far + WINDOW_SIZE):
                unindexed = load64(far + INDEXED) - origin
                # Grams that the index lacks are nearer than MAX_DISTANCE and not at position 0, and no level's nice
                # length is below 16. So where no budget binds, zlib's search finds such a gram: `best` is 16 or more.
                if position >= linked or not _occurs_since(base, position, max(unindexed, position - MAX_DISTANCE)):
                    length = common_length(far_text + found, here, clamp)
                    start = found
    return length, start


@njit(nogil=True, error_model="numpy")
def enter_grams(far: int, end: int, log: int) -> int:
    """Enter the sampled grams from INDEXED up to `end` into the table, as far as it has room; INDEXED moves on.

    `log` is 0, or the address of 16 bytes a position: each change is written there, the slot's address and what
    was in it. Returns the number of changes.
    """
    far_text = load64(far + FAR_TEXT)
    held_from = load64(far + HELD_FROM)
    used = load64(far + SLOTS_USED)
    most_used = load64(far + MOST_USED)
    position = load64(far + INDEXED)
    changes = 0
    while position < end and used < most_used:
        gram = far_text + position
        hashed = _hash(gram)
        if _is_sampled(hashed):
            tag = _tag(hashed)
            slot = _find(far, gram, tag)
            entry = load64(slot)
            used += entry == 0
            if log != 0:
                store64(log + 16 * changes, slot)
                store64(log + 16 * changes + 8, entry)
            changes += 1
            store64(slot, (tag << 32) | (position - held_from + 1))
        position += 1
    store64(far + SLOTS_USED, used)
    store64(far + INDEXED, position)
    return changes


@njit(nogil=True, error_model="numpy")
def take_back(log: int, changes: int) -> None:
    """Undo the `changes` that `enter_grams` wrote to `log`, the last one first."""
    for k in range(changes - 1, -1, -1):
        store64(load64(log + 16 * k), load64(log + 16 * k + 8))


@njit(nogil=True, error_model="numpy")
def move_slots(slots: int, slot_count: int, new_slots: int, new_count: int, shift: int) -> int:
    """Copy a table into an empty one, positions `shift` lower; those that fall below 0 are left out.

    Returns the number of slots used; the new table must have room.
    """
    used = 0
    for k in range(slot_count):
        entry = load64(slots + 8 * k)
        if entry & _LOW_HALF > shift:
            slot = _first_slot(new_slots, new_count, (entry >> 32) & _LOW_HALF)
            while load64(slot) != 0:
                slot += 8
                if slot == new_slots + 8 * new_count:
                    slot = new_slots
            store64(slot, entry - shift)
            used += 1
    return used
