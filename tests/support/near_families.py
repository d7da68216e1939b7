"""Texts with near copies of stated kinds, and look-alikes that are none, in many languages and formats.

    records = family("Chinese", originals=100)

makes 100 texts of their own, and two copies of each: one that differs in writing only (case, white space, Unicode
form), and one with a small edit. The texts of a family are look-alikes of one another: they share a request, a system
prompt, a list of tools, a licence, a form. A seed decides all. English and code come from Python's library and so
differ from version to version of Python; the other texts are drawn from the words in `near_vocabulary`.
"""

import base64
import functools
import itertools
import json
import random
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from support.near_vocabulary import english, functions, zipf

Part = tuple[str, ...]
"""A sentence, a line, a field: its words."""


@dataclass(frozen=True)
class Document:
    """A text in parts.

    Attributes:
        parts: what it says.
        fresh: makes another part of the same kind.
        head: what it shares with others, before the parts.
        tail: the same after the parts.
        glue: between parts.
        space: between the words of a part.
    """

    parts: tuple[Part, ...]
    fresh: Callable[[random.Random], Part]
    head: str = ""
    tail: str = ""
    glue: str = " "
    space: str = " "

    def text(self) -> str:
        """Return the whole text."""
        return self.head + self.glue.join(self.space.join(part) for part in self.parts) + self.tail

    def with_words(self, change: Callable[[int, str], str]) -> "Document":
        """Return the document with each word changed by a function of its number and itself."""
        count, parts = 0, []
        for part in self.parts:
            parts.append(tuple(change(count + place, word) for place, word in enumerate(part)))
            count += len(part)
        return replace(self, parts=tuple(parts))


@dataclass(frozen=True)
class Record:
    """A text of a family.

    Attributes:
        text: as it would be compared.
        original: the number of the text that it is, or is a copy of.
        copy: the kind of copy; "" for the original.
    """

    text: str
    original: int
    copy: str


# --- what changes a text --------------------------------------------------------------------------------------------


def _capitals(document: Document, _: random.Random) -> str:
    return document.with_words(lambda _, word: word.title()).text()


def _quotes(document: Document, rng: random.Random) -> str:
    begin, end = rng.choice(["“”", "«»", "''", "「」"])
    first = rng.randrange(7)
    return document.with_words(lambda n, word: f"{begin}{word}{end}" if n % 7 == first else word).text()


def _white_space(document: Document, rng: random.Random) -> str:
    """Wrap it: after words where there are spaces, else after some 20 characters."""
    text = document.text()
    if document.space == " ":
        return "".join(
            rng.choice(["  ", "\n", "\u00a0", "\u3000"]) if one == " " and rng.random() < 0.3 else one for one in text
        )
    return "\n".join(text[place : place + 20] for place in range(0, len(text), 20))


def _decomposed(document: Document, _: random.Random) -> str:
    return unicodedata.normalize("NFD", document.text())


def _other_width(document: Document, _: random.Random) -> str:
    """Write ASCII letters and digits full-width, and Katakana half-width."""
    text = unicodedata.normalize("NFD", document.text())
    return "".join(
        _narrow().get(one) or (chr(ord(one) + 0xFEE0) if one.isascii() and one.isalnum() else one) for one in text
    )


@functools.cache
def _narrow() -> dict[str, str]:
    """Katakana and their half-width forms."""
    forms = [*map(chr, range(0xFF66, 0xFF9E))]
    return {unicodedata.normalize("NFKC", form): form for form in forms} | {"\u3099": "\uff9e", "\u309a": "\uff9f"}


def _punctuation(document: Document, rng: random.Random) -> str:
    table = {ord(old): rng.choice(";…·") for old in ",.!?:。\uff0c、،"}
    return document.with_words(lambda _, word: word.translate(table)).text()


def _part_changed(document: Document, rng: random.Random) -> str:
    """Replace one part in 20 by another one."""
    parts = list(document.parts)
    for place in rng.sample(range(len(parts)), len(parts) // 20):
        parts[place] = document.fresh(rng)
    return replace(document, parts=tuple(parts)).text()


def _words_replaced(every: int) -> Callable[[Document, random.Random], str]:
    def change(document: Document, rng: random.Random) -> str:
        first = rng.randrange(every)
        return document.with_words(
            lambda n, word: rng.choice(document.fresh(rng)) if n % every == first else word
        ).text()

    return change


def _framed(document: Document, rng: random.Random) -> str:
    """Put a line in front of it and one behind it, as a crawler finds them."""
    return f"Home > Archive > {rng.randrange(2000)}\n{document.text()}\nPage {rng.randrange(90)}, all rights reserved"


def _cut_off(document: Document, _: random.Random) -> str:
    """Leave out the last fifth of what it says."""
    text = document.text()
    return text[: len(text) - (len(text) - len(document.head)) // 5]


def _shifted(document: Document, rng: random.Random) -> str:
    """Put a few characters in front, which moves all others along."""
    return replace(document, head=document.head + "".join(rng.choices("acgt0123", k=rng.randint(1, 30)))).text()


def _shuffled(document: Document, rng: random.Random) -> str:
    return replace(document, parts=tuple(rng.sample(document.parts, len(document.parts)))).text()


def _halved(document: Document, _: random.Random) -> str:
    return replace(document, parts=document.parts[: len(document.parts) // 2]).text()


def _wrapped(document: Document, _: random.Random) -> str:
    text = document.text()
    return "\n".join(text[place : place + 76] for place in range(0, len(text), 76))


WRITING: dict[str, Callable[[Document, random.Random], str]] = {
    "title case": _capitals,
    "quotes round words": _quotes,
    "other white space": _white_space,
    "NFD": _decomposed,
    "full or half width": _other_width,
    "other punctuation": _punctuation,
}
EDITS: dict[str, Callable[[Document, random.Random], str]] = {
    "one part in 20 changed": _part_changed,
    "one word in 30 replaced": _words_replaced(30),
    "header and footer": _framed,
    "last fifth cut off": _cut_off,
    "shifted": _shifted,
    "one word in 15 replaced": _words_replaced(15),
}
PROSE = ("English", "Chinese", "Thai")
LIMITS: dict[str, tuple[tuple[str, ...], Callable[[Document, random.Random], str]]] = {
    "one word in 10 replaced": (PROSE, _words_replaced(10)),
    "sentences in another order": (PROSE, _shuffled),
    "second half left out": (PROSE, _halved),
    "a line break after every 76 characters": (("base64", "hex", "FASTA"), _wrapped),
}
"""Changes that leave about half of the runs or fewer, and families that show it. They are none of those' copies."""

COPIES = WRITING | EDITS
LEAST_PARTS = 20
"""Of a text that has one part in 20 changed."""


# --- what texts say -------------------------------------------------------------------------------------------------


def _sentence(language: str, rng: random.Random) -> Part:
    if language == "English":
        return tuple(rng.choice(english()).split())
    words = zipf(language, rng, rng.randint(7, 18))
    if rng.random() < 0.2:
        words[rng.randrange(len(words))] = str(rng.randrange(3000))
    comma, stop = {"Chinese": "\uff0c。", "Japanese": "、。", "Thai": "  ", "Arabic": "،."}.get(language, ",.")
    words[len(words) // 2] += comma
    words[-1] += stop
    return (words[0].capitalize(), *words[1:])


def prose(language: str, rng: random.Random, sentences: int) -> Document:
    """Return an answer of so many sentences to a question of one."""
    speak = functools.partial(_sentence, language)
    space = "" if language in ("Chinese", "Japanese", "Thai") else " "
    parts = tuple(speak(rng) for _ in range(sentences))
    return Document(parts, speak, f"user: {space.join(speak(rng))}\nassistant: ", space=space, glue=space)


def _prose(language: str, rng: random.Random) -> Document:
    return prose(language, rng, rng.choice([4, 7, 20, 24, 40]))


def _words(document: Document, count: int) -> Document:
    """Return the first parts that have so many words together."""
    total, parts = 0, []
    for part in document.parts:
        parts.append(part[: count - total])
        total += len(parts[-1])
    return replace(document, parts=tuple(part for part in parts if part))


@functools.cache
def _fixed(words: int) -> str:
    """Return a text of so many words that all records of a family share."""
    rng = random.Random(words)
    return " ".join([word for _ in range(words) for word in _sentence("English", rng)][:words])


def _system_prompt(rng: random.Random) -> Document:
    """A system prompt of 60 words, and a conversation of two questions."""
    answer = _prose(rng.choice(["English", "English", "German", "Arabic"]), rng)
    return replace(answer, head=f"system: You are a helpful assistant. {_fixed(60)}\n{answer.head}")


def _tools(rng: random.Random) -> Document:
    """A list of tools of 306 words in the user's turn, and 120 words of the record's own."""
    own = _words(replace(_prose("English", rng), parts=tuple(_sentence("English", rng) for _ in range(20))), 120)
    return replace(own, head=f"user: You may call these functions. {_fixed(300)}\n", glue="\n")


def _contract(rng: random.Random) -> Document:
    """A licence's text of 200 words between what two parties agree."""
    own = _words(replace(_prose("English", rng), parts=tuple(_sentence("English", rng) for _ in range(20))), 150)
    number = rng.randrange(10**6)
    return replace(own, head=f"Agreement {number} between the parties. ", tail=f"\n{' '.join(_apache().split()[:200])}")


@functools.cache
def _apache() -> str:
    return (Path(__file__).parents[2] / "LICENSE").read_text(encoding="utf-8")


def _code(rng: random.Random) -> Document:
    """One to four functions below a licence's header."""
    count = rng.choice([1, 2, 4])
    first = rng.randrange(len(functions()) // 4) * 4  # no two texts have a function in common, or they have the first
    lines = "\n\n".join(functions()[first : first + count]).splitlines()
    header = "\n".join(f"# {line}".rstrip() for line in _apache().partition("   Copyright [yyyy]")[2].splitlines())
    return Document(tuple(tuple(line.split(" ")) for line in lines), _line, f"{header}\n\n", glue="\n")


def _line(rng: random.Random) -> Part:
    return tuple(rng.choice([line for line in rng.choice(functions()).splitlines() if len(line) > 20]).split(" "))


def _json(rng: random.Random) -> Document:
    """One object of 20 to 40 fields behind a request of 10 words."""
    names = [f"{one}_{other}" for one in ("user", "order", "item", "ship", "bill") for other in KEYS]
    parts = tuple(_field(name, rng) for name in names[: rng.randint(20, 40)])
    head = "user: Read this record and tell me what it is about\n{"
    return Document(parts, lambda rng: _field(rng.choice(names), rng), head, "}", glue=", ")


KEYS = ("id", "name", "street", "city", "zip", "phone", "note", "state")


def _field(name: str, rng: random.Random) -> Part:
    text = " ".join(zipf("German", rng, rng.randint(1, 6)))
    value = rng.choice([rng.randrange(10**6), round(rng.random() * 100, 2), text, text, text])
    return (f'"{name}":', json.dumps(value, ensure_ascii=False))


def _pieces(symbols: str, size: int, glue: str, rng: random.Random) -> Document:
    """Random symbols in pieces behind a request of 10 words."""

    def fresh(rng: random.Random) -> Part:
        return ("".join(rng.choices(symbols, k=size)),)

    head = "user: Tell me what is in this file that I found:\n"
    return Document(tuple(fresh(rng) for _ in range(rng.randint(20, 60))), fresh, head, glue=glue, space="")


def _base64(rng: random.Random) -> Document:
    """A binary file, as text on one line."""
    pieces = _pieces("x", 1, "", rng)
    fresh = lambda rng: (base64.b64encode(rng.randbytes(30)).decode(),)  # noqa: E731
    return replace(pieces, parts=tuple(fresh(rng) for _ in pieces.parts), fresh=fresh)


def _javascript(rng: random.Random) -> Document:
    """Minified functions on one line."""
    parts = tuple(_statement(rng) for _ in range(rng.randint(20, 60)))
    return Document(parts, _statement, "user: What does this script do when I open the page?\n", glue="", space="")


def _statement(rng: random.Random) -> Part:
    a, b, c, d = (rng.choice("abcdefghijklmnopqrstuvwxyz") + rng.choice(["", "", "e", "t1", "n"]) for _ in range(4))
    method = rng.choice(
        ["push", "call", "map", "apply", "slice", "join", "replace", "concat", "filter", "getAttribute"]
    )
    number = rng.randrange(500)
    return (
        rng.choice(
            [
                f"function {a}({b},{c}){{return {b}.{method}({c},{number})}}",
                f"var {a}={b}+{c},{d}={number};",
                f"if({a}>{b}&&!{c}){{{d}.{method}({a})}}",
                f"for(var {a}=0;{a}<{b}.length;{a}++){{{c}[{a}]={d}({number})}}",
                f"{a}.{method}(function({b}){{return {b}==={c}?{number}:{d}}});",
            ]
        ),
    )


def _examples(rng: random.Random) -> Document:
    """400 words of examples, the same in all records, before a question and answer of 40 words."""
    parts = tuple(_sentence("English", rng) for _ in range(8))
    own = _words(Document(parts, functools.partial(_sentence, "English")), 40)
    return replace(own, head=f"user: {_fixed(400)}\n", glue="\n")


def _review(rng: random.Random) -> Document:
    """A few words of a user, and a verdict of one word on them, in a form that all share."""
    words = tuple(word for word in zipf("German", rng, rng.randint(9, 25)))
    stars = rng.randint(1, 5) * "★"
    head = 'user: What would be the ★-rating of this review (★ being the lowest and ★★★★★ the highest)?\n"'
    return Document((words,), lambda rng: tuple(zipf("German", rng, 12)), head, f'"\nassistant: {stars}')


def _multiple_choice(rng: random.Random) -> Document:
    """A question with four answers, and which one is right."""
    short = [sentence for sentence in english() if len(sentence.split()) < 14]
    fresh = lambda rng: tuple(rng.choice(short).split())  # noqa: E731
    parts = [fresh(rng), *((f"{letter})", *fresh(rng)) for letter in "ABCD")]
    head = "user: Read the question below and choose the one answer that is right.\nQuestion: "
    tail = f"\nAnswer with the letter only.\nassistant: The right answer is {rng.choice('ABCD')}."
    return Document(tuple(parts), fresh, head, tail, glue="\n")


def _arithmetic(rng: random.Random) -> Document:
    """One sum of two numbers and its result."""
    one, other, sign = rng.randint(2, 60), rng.randint(2, 60), rng.choice("+-*/")
    results = {"+": one + other, "-": one - other, "*": one * other, "/": round(one / other, 2)}
    words = (str(one), sign, f"{other}?")
    tail = f" Give the result as a number.\nassistant: The result is {results[sign]}."
    return Document((words,), lambda _: words, "user: How much is ", tail)


IN_PROSE = (
    *("title case", "quotes round words", "other white space", "NFD", "full or half width", "other punctuation"),
    *("one part in 20 changed", "one word in 30 replaced", "header and footer", "last fifth cut off"),
    "one word in 15 replaced",
)
IN_LINES = (
    "other white space",
    "full or half width",
    "one part in 20 changed",
    "header and footer",
    "last fifth cut off",
)
IN_PIECES = ("full or half width", "one part in 20 changed", "header and footer", "last fifth cut off", "shifted")

Family = tuple[Callable[[random.Random], Document], tuple[str, ...]]
FAMILIES: dict[str, Family] = {
    **{
        language: (functools.partial(_prose, language), IN_PROSE)
        for language in ("English", "German", "Chinese", "Japanese", "Thai", "Arabic")
    },
    "code": (_code, (*IN_LINES, "one word in 30 replaced")),
    "JSON": (_json, IN_LINES),
    "base64": (_base64, IN_PIECES),
    "hex": (functools.partial(_pieces, "0123456789abcdef", 40, ""), IN_PIECES),
    "FASTA": (functools.partial(_pieces, "ACGT", 60, ""), IN_PIECES),
    "minified JavaScript": (_javascript, IN_PIECES),
    "system prompt": (_system_prompt, IN_PROSE),
    "list of tools": (_tools, IN_PROSE),
    "contracts": (_contract, IN_PROSE),
    "shared examples": (_examples, (*WRITING, "one word in 30 replaced")),
    "short reviews": (_review, tuple(WRITING)),
    "multiple choice": (_multiple_choice, (*WRITING, "header and footer")),
    "arithmetic": (_arithmetic, tuple(kind for kind in WRITING if kind != "quotes round words")),
}


def family(name: str, originals: int = 100) -> list[Record]:
    """Return so many texts of a family, each followed by its two copies."""
    make, kinds = FAMILIES[name]
    writing = [kind for kind in kinds if kind in WRITING]
    edits = [kind for kind in kinds if kind in EDITS]
    records: list[Record] = []
    seen: set[tuple[Part, ...]] = set()
    for number in itertools.count():
        rng = random.Random(f"{name} {number}")
        document = make(rng)
        text, place, begin = document.text(), len(seen), document.parts[:2]
        if place == originals:
            return records
        if begin in seen:
            continue
        seen.add(begin)
        records.append(Record(text, place, ""))
        for some in (writing, edits):
            # Each kind has its turn; one that does nothing to this text leaves it to the next.
            for kind in [*some[place % max(1, len(some)) :], *some]:
                copy = COPIES[kind](document, rng)
                if copy != text and (kind != "one part in 20 changed" or len(document.parts) >= LEAST_PARTS):
                    records.append(Record(copy, place, kind))
                    break
    raise AssertionError("counting never ends")


def payloads(records: Iterable[Record]) -> list[bytes]:
    """Return the texts as they are compared."""
    return [record.text.encode() for record in records]
