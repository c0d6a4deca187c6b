"""Generates hostile files, the same ones for the same seed: what a folder on the open web may hold."""

from __future__ import annotations

import gzip
import json
import os
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass

ENCODINGS = (
    "utf-8",
    "utf-8-sig",
    "utf-16",
    "utf-16-le",
    "utf-16-be",
    "utf-32",
    "cp932",
    "euc_jp",
    "iso2022_jp",
    "cp1252",
)
SENTENCES = (
    "青葉電機は二十日、港南商事を東京地裁に提訴した。",
    "「断じて許せない。争う。」と山田太郎社長は述べた。",
    "北都銀行が出資する計画は、まだ決まっていない。",
    "同社は一九九八年に技術者の佐藤花子氏が設立した。",
    "市民団体は市の対応を「無責任だ」と批判している。",
)
NAMES = (
    'x" .\n<urn:a> <urn:b> <urn:c> . #',
    "a> <urn:p> <urn:o> . <b",
    "名\n前",
    "{| urn:a 1 |}",
    "'; DROP ALL ; --",
    '"""',
    "'''\\",
    "\\u0022\\",
    "\\N{BULLET}",
    "%00%0A",
    "<script>alert(1)</script>",
    "\u202e社会式株\u2066",
    "\u200b\u200d\ufeff青葉",
    "か\u3099く\u0301\u0301\u0301",
    "\x1b[2J\x07\x9b",
    "\u2028\u2029\x85\x0b\x0c",
    "\ufffe\uffff\U0010ffff",
    "𠮷野家🏴‍☠️",
    "_:b0",
    "@prefix x: <y> .",
    "?s ?p ?o } DELETE WHERE { ?s ?p ?o",
    "${jndi:ldap://x}",
    "../../etc/passwd",
    "~",
    "%",
    "株式会社" * 200,
)
FILE_NAMES = (
    '"',
    "'",
    ">",
    "<",
    "{|}",
    "\n",
    "\\",
    "#",
    "%",
    "?",
    " ",
    "　",
    "\u202e",
    "\x1b[31m",
    os.fsdecode(b"\xff\xfe"),
    "か\u3099",
)
SUFFIXES = (".txt", ".md", ".html", ".jsonl", ".rss", ".atom", ".xml", "", ".txt.gz", ".jsonl.gz")


@dataclass(frozen=True, slots=True)
class HostileFile:
    """A file to write: its ``family`` says what is wrong with it."""

    family: str
    name: str
    data: bytes


def generate(count: int, *, seed: int = 0) -> Iterator[HostileFile]:
    """``count`` files; each depends on the seed and its own number alone."""
    families, weights = zip(*FAMILIES.items(), strict=True)
    for number in range(count):
        random_source = random.Random(f"{seed}/{number}")
        family = random_source.choices(families, [weight for _, weight in weights])[0]
        suffix, data = FAMILIES[family][0](random_source)
        odd = random_source.choice(FILE_NAMES) if random_source.random() < 0.1 else ""
        yield HostileFile(family, f"{number:06}{odd}{suffix}", data)


def prose(random_source: random.Random, sentences: int = 6) -> str:
    """A short article with hostile names where companies should be."""
    text = "".join(random_source.choice(SENTENCES) for _ in range(random_source.randint(1, sentences)))
    for company in ("青葉電機", "港南商事", "山田太郎"):
        if random_source.random() < 0.5:
            text = text.replace(company, random_source.choice(NAMES), 1)
    return text


def marked_up(random_source: random.Random, suffix: str, text: str) -> str:
    """``text`` in the format of ``suffix``, unescaped as careless programs leave it."""
    plain = suffix.removesuffix(".gz")
    if plain == ".html":
        return f"<html><head><title>{text[:20]}</title></head><body><article><p>{text}</p></article></body></html>"
    if plain == ".md":
        return f"# {text[:10]}\n\n{text}\n\n- {text}\n\n| a | b |\n|---|---|\n| {text[:9]} | x |\n"
    if plain in (".rss", ".atom", ".xml"):
        fields = f"<title>{text[:9]}</title><guid>{random_source.random()}</guid><description>{text}</description>"
        items = f"<item>{fields}</item><item>{fields}</item>"
        return f'<?xml version="1.0"?><rss version="2.0"><channel>{items}</channel></rss>'
    if plain == ".jsonl":
        odd = {"id": random_source.choice(NAMES), "text": text, "title": random_source.choice(NAMES), "date": text[:10]}
        return "\n".join(json.dumps(odd | {"id": f"{odd['id']}{i}"}, ensure_ascii=i % 2 == 0) for i in range(3))
    return text


def packed(suffix: str, data: bytes) -> bytes:
    return gzip.compress(data) if suffix.endswith(".gz") else data


def random_bytes(random_source: random.Random) -> tuple[str, bytes]:
    return random_source.choice(SUFFIXES), random_source.randbytes(random_source.choice((1, 7, 100, 5000)))


def every_encoding(random_source: random.Random) -> tuple[str, bytes]:
    suffix = random_source.choice(SUFFIXES)
    text = marked_up(random_source, suffix, prose(random_source))
    return suffix, packed(suffix, text.encode(random_source.choice(ENCODINGS), errors="ignore"))


def mutated(random_source: random.Random) -> tuple[str, bytes]:
    """A good file with bytes flipped, taken out, doubled or torn off."""
    suffix, data = every_encoding(random_source)
    broken = bytearray(data)
    for _ in range(random_source.choice((1, 3, 30))):
        if not broken:
            break
        at = random_source.randrange(len(broken))
        action = random_source.randrange(4)
        if action == 0:
            broken[at] ^= 1 << random_source.randrange(8)
        elif action == 1:
            del broken[at : at + random_source.randrange(1, 9)]
        elif action == 2:
            broken[at:at] = broken[at : at + 50]
        else:
            broken[at:at] = random_source.choice((b"\x00", b"\xff", b"\x1b$B", b"\xed\xa0\x80", b"<", b'"', b"\r"))
    return suffix, bytes(broken[: random_source.choice((None, len(broken) // 2))])


def strange_characters(random_source: random.Random) -> tuple[str, bytes]:
    """Lone surrogates, NUL, bidi and zero-width marks, controls, non-characters, strewn over an article."""
    strange = (
        "\ud800\udc00\udfff\x00\x01\x1b\x7f\x85\u200b\u200c\u200d\u200e\u202a\u202e\u2066\u2069\ufeff\ufffe\u0301\u3099"
    )
    text = list(prose(random_source))
    for _ in range(random_source.randint(1, 20)):
        text.insert(random_source.randint(0, len(text)), random_source.choice(strange))
    suffix = random_source.choice((".txt", ".html", ".jsonl", ".md"))
    codec = random_source.choice(("utf-8", "utf-16"))
    return suffix, marked_up(random_source, suffix, "".join(text)).encode(codec, errors="surrogatepass")


def unclosed_brackets(random_source: random.Random) -> tuple[str, bytes]:
    pair = random_source.choice(("「」", "（）", "『』", "()", "[]", "<>", "{}"))
    depth = random_source.choice((100, 10_000))
    text = pair[0] * depth + prose(random_source) + pair[1] * random_source.choice((0, depth))
    return random_source.choice((".txt", ".md", ".html", ".jsonl")), text.encode()


def without_sentence_end(random_source: random.Random) -> tuple[str, bytes]:
    unit = random_source.choice(
        ("あ", "青葉電機は", "a", "か\u3099", "㍿", "\u0301", "👩\u200d🔬", "「", "、", "𠮷", "=", "。」")
    )
    size = random_source.choice((60_000, 200_000, 1_000_000))
    return ".txt", (unit * (size // len(unit.encode()) + 1)).encode()


def html_bomb(random_source: random.Random) -> tuple[str, bytes]:
    opened = random_source.choice(
        ("<div>", "<b><p>", "<table><tr><td>", "<ul><li>", "<a href=x>", "<ruby><rt>", "<svg><g>", "<!--", "&amp;")
    )
    many = opened * random_source.choice((300, 3000, 20_000))
    return ".html", f"<html><body>{many}{prose(random_source)}".encode(errors="ignore")


def markdown_bomb(random_source: random.Random) -> tuple[str, bytes]:
    unit = random_source.choice((">", "[", "*a _b ", "![[](", "- ", "`", "|a", "<a ", "&#x", "[x]: y\n", "\\", "~~a "))
    return ".md", (unit * random_source.choice((300, 3000, 20_000)) + prose(random_source)).encode(errors="ignore")


def feed_bomb(random_source: random.Random) -> tuple[str, bytes]:
    grow = "".join(f'<!ENTITY e{i} "{f"&e{i - 1};" * 10}">' for i in range(1, 9))
    outside = '<!ENTITY x SYSTEM "file:///etc/hostname">'
    body = random_source.choice(("&e8;", "&x;", "<![CDATA[" * 500, "<a>" * 5000, prose(random_source)))
    feed = f'<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY e0 "爆">{grow}{outside}]><rss version="2.0"><channel>'
    return ".rss", f"{feed}<item><guid>1</guid><description>{body}</description></item></channel></rss>".encode(
        errors="ignore"
    )


def gzip_bomb(random_source: random.Random) -> tuple[str, bytes]:
    data = gzip.compress(bytes([random_source.choice((0, 10, 97))]) * random_source.choice((1000, 20_000_000)))
    return random_source.choice((".txt.gz", ".jsonl.gz", ".html.gz", "")), data


def json_bomb(random_source: random.Random) -> tuple[str, bytes]:
    lines = [
        "[" * 20_000,
        '{"a":' * 20_000,
        '{"id": 1' + "0" * 6000 + ', "text": "数。"}',
        '{"id": "\\ud800\\u0000", "text": "\\udfff\\u0000\\u202e青葉。"}',
        '{"id": 1, "text": "一。", "text": "二。"}',
        '{"id": NaN, "text": "数。", "date": Infinity}',
        '{"id": null, "text": ["一"]}',
        json.dumps({"text": prose(random_source), "id": random_source.choice(NAMES)}),
        "",
        "null",
    ]
    random_source.shuffle(lines)
    return ".jsonl", "\n".join(lines).encode()


Family = Callable[[random.Random], tuple[str, bytes]]
FAMILIES: dict[str, tuple[Family, float]] = {
    "random bytes": (random_bytes, 20),
    "every encoding": (every_encoding, 25),
    "mutated": (mutated, 20),
    "strange characters": (strange_characters, 20),
    "JSON bomb": (json_bomb, 5),
    "brackets": (unclosed_brackets, 3),
    "feed bomb": (feed_bomb, 3),
    "no sentence end": (without_sentence_end, 1.5),
    "Markdown bomb": (markdown_bomb, 1),
    "HTML bomb": (html_bomb, 1),
    "gzip bomb": (gzip_bomb, 0.5),
}
