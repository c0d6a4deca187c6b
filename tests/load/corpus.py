"""Short documents by the thousand, the same ones for the same numbers: small news, some with something to read."""

from __future__ import annotations

import json
import random
from pathlib import Path

PLAIN = (
    "港の市場は朝から客でにぎわった。",
    "会議は午後三時に終わり、参加者は帰途についた。",
    "今年の稲の出来は例年より良いという。",
    "新しい橋の工事は来春に始まる見通しだ。",
    "図書館は来週から開館時間を一時間延ばす。",
    "峠の紅葉は月末に見ごろを迎える。",
)
TELLING = (
    "{a}は{day}日、{b}を東京地裁に提訴した。",
    "{a}は1998年に{b}を設立した。",
    "{a}は{b}に十億円を出資した。",
    "{a}は{b}の対応を批判した。",
)
FIRST = ("青葉", "白浜", "朝霧", "夕凪", "小倉", "浜風", "霧島", "若草", "千歳", "深山")
LAST = ("電機", "商事", "製菓", "銀行", "興業", "運輸", "薬品", "造船", "書房", "観光")
BROKEN = ('{"id": "LINE", "text": ', '{"id": "LINE", "text": null}', '["LINE"]', '{"id": "LINE", "text": "　"}')


def text(number: int, *, telling: float) -> str:
    """The text of a document; ``telling`` is the share of those that say something which a relation is for."""
    chance = random.Random(number)
    sentences = [chance.choice(PLAIN) for _ in range(chance.randint(1, 4))]
    if chance.random() < telling:
        a, b = (f"{chance.choice(FIRST)}{chance.choice(LAST)}" for _ in "ab")
        sentences.insert(
            chance.randint(0, len(sentences)), chance.choice(TELLING).format(a=a, b=b, day=number % 28 + 1)
        )
    return f"第{number}号。" + "".join(sentences)


def write_files(folder: Path, count: int, *, telling: float) -> None:
    """``count`` text files, a thousand to a folder."""
    for number in range(count):
        path = folder / f"{number // 1000:03}" / f"{number:06}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text(number, telling=telling), encoding="utf-8")


def write_lines(folder: Path, count: int, *, telling: float, poison_every: int) -> int:
    """``count`` records of JSON Lines, a thousand to a file; one in ``poison_every`` is broken. Gives the broken."""
    folder.mkdir(parents=True, exist_ok=True)
    poisoned = 0
    for start in range(0, count, 1000):
        with (folder / f"{start // 1000:05}.jsonl").open("w", encoding="utf-8") as file:
            for number in range(start, min(start + 1000, count)):
                if number % poison_every == poison_every // 2:
                    file.write(BROKEN[poisoned % len(BROKEN)].replace("LINE", str(number)) + "\n")
                    poisoned += 1
                else:
                    file.write(json.dumps({"id": str(number), "text": text(number, telling=telling)}) + "\n")
    return poisoned
