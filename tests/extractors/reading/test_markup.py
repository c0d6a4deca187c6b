"""HTML, Markdown and feeds, through the reader and so through the process that keeps their limits."""

import os
import time
from pathlib import Path

import pytest

from extractors.reading import ReadFailure, ReadSettings, read_sources
from extractors.reading.isolation import MARKUP
from extractors.reading.pages import fragment_text, join_lines
from extractors.records import Document

PARAGRAPHS = """<p>青葉電機は1日、<a href="/k">港南商事</a>を<ruby>提訴<rp>（</rp><rt>ていそ</rt><rp>）</rp></ruby>する
方針を<b>明らか</b>にした。<sup class="reference"><a href="#1">[1]</a></sup></p>
<p>「許せない。」と<span>社長</span>は述べた。</p>"""
PAGE = """<!doctype html><html lang="ja"><head><meta charset="CHARSET"><title>青葉電機、提訴へ</title>
<meta property="article:published_time" content="2024-05-01T09:00:00+09:00"></head>
<body><nav><ul><li><a href="/">ホーム</a></li><li><a href="/e">経済</a></li></ul></nav>
<article><h1>青葉電機、提訴へ</h1>BODY</article>
<footer>無断転載を禁じます</footer><script>var a = "悪意";</script></body></html>"""
RSS = """<?xml version="1.0" encoding="Shift_JIS"?><rss version="2.0"><channel><title>北都新報</title>
<item><title>青葉電機が提訴</title><guid>tag:one</guid><pubDate>Wed, 01 May 2024 09:00:00 +0900</pubDate>
<description>&lt;p&gt;青葉電機は&lt;b&gt;港南商事&lt;/b&gt;を提訴した。&lt;/p&gt;&lt;p&gt;以上。&lt;/p&gt;</description></item>
<item><title>続報</title><guid>tag:two</guid><description>和解した。</description></item>
<item><title>重複</title><guid>tag:two</guid><description>別の話。</description></item></channel></rss>"""
ATOM = """<feed xmlns="http://www.w3.org/2005/Atom"><title>北都</title><entry><id>tag:a</id><title>提訴</title>
<updated>2024-05-01T00:00:00Z</updated><summary>要約。</summary>
<content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>青葉電機は港南商事を提訴した。</p></div></content></entry></feed>"""


@pytest.fixture(autouse=True)
def workplace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def read(
    text: str, name: str, codec: str = "utf-8", limits: ReadSettings | None = None
) -> list[Document | ReadFailure]:
    Path(name).write_text(text, encoding=codec)
    return list(read_sources([name], settings=limits))


def read_one(text: str, name: str, codec: str = "utf-8") -> Document:
    [document] = read(text, name, codec)
    assert isinstance(document, Document)
    return document


@pytest.mark.parametrize(
    ("codec", "charset"), [("utf-8", "utf-8"), ("cp932", "Shift_JIS"), ("euc_jp", "EUC-JP"), ("cp932", "utf-8")]
)
def test_html_gives_main_text_title_and_date(codec: str, charset: str) -> None:
    page = PAGE.replace("CHARSET", charset).replace("BODY", PARAGRAPHS)
    document = read_one(page, "a.html", codec)
    assert document.text == (
        "青葉電機、提訴へ\n青葉電機は1日、港南商事を提訴する方針を明らかにした。\n「許せない。」と社長は述べた。"
    )
    assert (document.title, document.published, document.media_type) == ("青葉電機、提訴へ", "2024-05-01", "text/html")


def test_html_without_a_date_has_none() -> None:
    page = PAGE.replace("CHARSET", "utf-8").replace("BODY", PARAGRAPHS).replace("2024-05-01", "")
    assert read_one(page, "a.html").published is None


@pytest.mark.parametrize(
    "body", ["青葉<b>電機</b>が設立。", "<div>青葉<i>電機</i>が<a href=x>設立</a>。</div>", "<p>青葉電機が設立。"]
)
def test_html_of_one_sentence_keeps_it_whole(body: str) -> None:
    assert read_one(f"<html><body>{body}</body></html>", "a.html").text == "青葉電機が設立。"


@pytest.mark.parametrize("start", ["<p hidden>", "<p style='color:red; DISPLAY : none'>", "<del>", "<s>"])
def test_html_leaves_out_what_is_hidden_or_struck_out(start: str) -> None:
    end = f"</{start[1:].split()[0].strip('>')}>"
    inner = f"<p>青葉電機は港南商事を提訴した。</p>{start}取り消した文。{end}"
    assert "取り消した" not in read_one(PAGE.replace("CHARSET", "utf-8").replace("BODY", inner), "a.html").text
    assert "取り消した" not in fragment_text(inner)


def test_html_that_a_script_shows_as_a_whole_is_read() -> None:
    page = "<html><body style='display:none'><p>青葉電機は港南商事を提訴した。</p></body></html>"
    assert read_one(page, "a.html").text == "青葉電機は港南商事を提訴した。"


@pytest.mark.parametrize(
    "body",
    [
        "<p>{}<p>{}<p hidden>取り消した文。</p><div hidden id='S:0'><p>BODY</p></div><script>$RC('B:0','S:0')</script>",
        "<div id=app style='display:none'><p>BODY</p></div><nav>{}{}</nav>",
        "<p>読み込み中</p><nav>{}{}</nav><div hidden><p>BODY</p></div>",
    ],
)
def test_html_that_a_script_shows_in_part_is_read(body: str) -> None:
    visible = "港南商事は仙台市に工場を建てると発表した。"
    page = f"<html><body>{body.format(visible, visible)}</body></html>"
    text = read_one(page.replace("BODY", "青葉電機は港南商事を提訴した。"), "a.html").text
    assert "青葉電機は港南商事を提訴した。" in text and "取り消した" not in text


def test_html_leaves_out_a_hidden_menu_longer_than_the_page() -> None:
    menu = f"<div hidden>{'<a href=/e>経済の記事</a>' * 50}</div>"
    assert read_one(f"<html><body>{menu}<p>青葉電機が設立。</p></body></html>", "a.html").text == "青葉電機が設立。"


def test_html_without_text_is_reported() -> None:
    [failure] = read("<html><body><script>app()</script><div id=root></div></body></html>", "a.html")
    assert isinstance(failure, ReadFailure) and "no text" in failure.reason


def test_markdown_loses_its_markup() -> None:
    source = """---
title: "提訴の記録"
date: 2024-05-01
---
# 青葉電機

青葉電機は[港南商事](https://example.jp)を
**提訴**した。
社長は`許せない`と述べた。~~誤報。~~

```
print("code")
```

> 引用の文。

- 一つ目
- 二つ目

| 役職 | 氏名 |
|---|---|
| 社長 | 山田 |

![図](x.png)<!-- 注 -->
<div>埋め込み<b>の文</b>。</div>
"""
    document = read_one(source, "a.md")
    assert document.text.split("\n") == [
        "青葉電機",
        "青葉電機は港南商事を提訴した。",
        "社長は許せないと述べた。",
        "引用の文。",
        "一つ目",
        "二つ目",
        "役職\t氏名",
        "社長\t山田",
        "埋め込みの文。",
    ]
    assert (document.title, document.published) == ("提訴の記録", "2024-05-01")


def test_markdown_takes_its_title_from_the_first_heading() -> None:
    assert read_one("## 小\n\n# 青葉*電機*\n\n本文。", "a.md").title == "青葉電機"


def test_rss_gives_a_document_for_each_entry() -> None:
    one, two, double = read(RSS, "a.rss", "cp932")
    assert isinstance(one, Document) and isinstance(two, Document) and isinstance(double, ReadFailure)
    assert (one.id, one.text) == ("a.rss#tag:one", "青葉電機が提訴\n青葉電機は港南商事を提訴した。\n以上。")
    assert (one.title, one.published) == ("青葉電機が提訴", "2024-05-01T00:00:00Z")
    assert two.id == "a.rss#tag:two"


@pytest.mark.parametrize(
    ("fields", "source"),
    [
        ("<link>https://example.jp/a?x=1</link><guid>g</guid>", "https://example.jp/a?x=1"),
        ("<link>\n https://example.jp/記事\n</link><guid>g</guid>", "https://example.jp/記事"),
        ("<link>/b.html</link><guid>g</guid>", "https://example.jp/b.html"),
        ("<guid>https://example.jp/p</guid>", "https://example.jp/p"),
        ("<guid>g</guid>", "a.rss#g"),
        ("<link>javascript:alert(1)</link><guid>g</guid>", "a.rss#g"),
        ("<link>https://user:secret@example.jp/</link><guid>g</guid>", "a.rss#g"),
        ("<link>https://[broken</link><guid>g</guid>", "a.rss#g"),
    ],
)
def test_rss_entry_has_the_address_of_its_article_as_its_source(fields: str, source: str) -> None:
    channel = "<rss version='2.0'><channel><link>https://example.jp/</link><item>{}</item></channel></rss>"
    document = read_one(channel.format(f"<title>青葉</title>{fields}"), "a.rss")
    assert document.source == source
    assert document.id.startswith("a.rss#")


def test_atom_link_is_that_to_the_article_by_xml_base() -> None:
    links = '<link rel="self" href="https://example.jp/self"/><link rel="enclosure" href="a.mp3"/><link href="c.html"/>'
    feed = ATOM.replace("<feed ", '<feed xml:base="https://example.jp/b/" ').replace("<summary>", f"{links}<summary>")
    document = read_one(feed, "a.atom")
    assert document.source == "https://example.jp/b/c.html"


@pytest.mark.parametrize(
    ("stated", "published"),
    [
        ("2024年5月1日", "2024-05-01"),
        ("令和6年5月1日 9時30分", "2024-05-01"),
        ("2024-05-01", "2024-05-01"),
        ("2024-05-01T09:00:00", "2024-05-01T09:00:00"),
        ("2024-05-01T09:00:00+09:00", "2024-05-01T00:00:00Z"),
        ("Wed, 01 May 2024 09:00:00 JST", "2024-05-01T00:00:00Z"),
        ("Wed, 01 Foo 2024 09:00:00 JST", None),
        ("2024/05/01 09:00:00", "2024-05-01"),
        ("2024/05/01 09:00:00 +0900", "2024-05-01"),
        ("2024-05-01T09:00:00.123", "2024-05-01T09:00:00.123000"),
        ("2024-05-01T09:00:00.123+09:00", "2024-05-01T00:00:00Z"),
        ("2024-05", "2024-05"),
        ("Wed, 01 May 2024 09:00:00 -0000", "2024-05-01T09:00:00Z"),
        ("Wed, 01 May 2024 09:00:00 +09:00", "2024-05-01T00:00:00Z"),
        ("Wed, 01 May 2024 09:00:00 EDT", "2024-05-01T13:00:00Z"),
        ("Wed May  1 09:00:00 2024", "2024-05-01T09:00:00"),
        ("1612032126", None),
        ("1612032126000", None),
        ("昨日", None),
    ],
)
def test_rss_date_is_the_day_or_the_moment_that_is_stated(stated: str, published: str | None) -> None:
    assert (
        read_one(
            RSS.replace("Wed, 01 May 2024 09:00:00 +0900", stated).partition("<item><title>続報")[0], "a.rss"
        ).published
        == published
    )


def test_rss_entries_keep_their_hashes_when_another_is_added() -> None:
    before = {item.id: item.content_hash for item in read(RSS, "a.rss") if isinstance(item, Document)}
    added = RSS.replace("<item>", "<item><guid>tag:new</guid><title>新しい。</title></item><item>", 1)
    after = {item.id: item.content_hash for item in read(added, "a.rss") if isinstance(item, Document)}
    assert len(after) == 3 and before.items() <= after.items()


def test_atom_prefers_the_content_to_the_summary() -> None:
    [entry] = read(ATOM, "a.xml")
    assert isinstance(entry, Document)
    assert (entry.text, entry.published) == ("提訴\n青葉電機は港南商事を提訴した。", "2024-05-01T00:00:00Z")


def test_feed_entities_are_not_expanded_and_nothing_outside_is_read(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("機密", encoding="utf-8")
    grow = "".join(f'<!ENTITY e{i} "{f"&e{i - 1};" * 10}">' for i in range(1, 10))
    entities = f'<!DOCTYPE rss [<!ENTITY e0 "爆弾爆弾">{grow}<!ENTITY x SYSTEM "file://{tmp_path}/secret">]>'
    bomb = RSS.replace("<rss", entities + "<rss", 1).replace("和解した。", "和解した。&e9;&x;")
    started = time.monotonic()
    items = read(bomb, "a.rss")
    assert time.monotonic() - started < 30
    assert all(len(item.text) < 1000 and "機密" not in item.text for item in items if isinstance(item, Document))


@pytest.mark.parametrize(
    "bomb",
    [
        "<html><body>" + "<div>" * 100_000 + "深い。",
        "<html><body>" + "<b><p>" * 100_000 + "深い。",
        "<html><body>" + "<table><tr><td>" * 30_000 + "深い。",
        "<html><body><p " + "a=1 " * 200_000 + ">広い。",
        "<html><body>" + "<p>広い。</p>" * 300_000,
        "<" * 1_000_000,
        "&" * 1_000_000,
    ],
)
def test_html_bombs_end_in_time_and_the_next_page_is_read(bomb: str) -> None:
    started = time.monotonic()
    items = read(bomb, "a.html", limits=ReadSettings(parse_timeout_s=1))
    assert len(items) == 1
    assert time.monotonic() - started < 60
    assert read_one("<p>次の頁。</p>", "b.html").text == "次の頁。"


@pytest.mark.parametrize("bomb", [">" * 200_000, "[" * 200_000, "*a _b " * 50_000, "![[](" * 50_000, "- " * 100_000])
def test_markdown_bombs_end_in_time(bomb: str) -> None:
    started = time.monotonic()
    items = read(bomb, "a.md", limits=ReadSettings(parse_timeout_s=1))
    assert len(items) == 1
    assert time.monotonic() - started < 60


def test_markup_that_uses_up_its_time_is_reported_so() -> None:
    [failure] = read("<html><body>" + "<p>広い。</p>" * 300_000, "a.html", limits=ReadSettings(parse_timeout_s=0.3))
    assert isinstance(failure, ReadFailure)
    assert failure.reason == "reading its markup takes over 0.3 s"


def test_markup_that_uses_up_its_memory_is_reported_so() -> None:
    limits = ReadSettings(max_parse_memory_bytes=300_000_000)
    [failure] = read("<html><body>" + "<p>広い。</p>" * 400_000, "a.html", limits=limits)
    assert isinstance(failure, ReadFailure)
    assert "memory" in failure.reason


def test_markup_process_that_dies_is_replaced() -> None:
    assert read_one("<p>一頁目。</p>", "a.html").text == "一頁目。"
    process = MARKUP._process
    assert process is not None
    process.kill()
    process.wait()
    assert read_one("<p>二頁目。</p>", "b.html").text == "二頁目。"


def test_markup_process_is_not_shared_with_a_forked_child() -> None:
    read_one("<p>親。</p>", "a.html")
    child = os.fork()
    if child == 0:
        try:
            good = read_one("<p>子。</p>", "b.html").text == "子。"
            MARKUP.close()
            os._exit(0 if good else 1)
        finally:
            os._exit(2)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert read_one("<p>親。</p>", "a.html").text == "親。"


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("<p>一。</p><p>二<br>三</p>", "一。\n二\n三"),
        ("青葉<b>電機</b>&amp;港南", "青葉電機&港南"),
        ("<style>p{}</style><!-- x -->本文", "本文"),
        ("a < b", "a < b"),
        ("", ""),
        ("漢<rt>かん</rt>字", "漢字"),
    ],
)
def test_fragment_text_puts_one_block_to_a_line(html: str, text: str) -> None:
    assert fragment_text(html) == text


@pytest.mark.parametrize(
    ("lines", "joined"), [("青葉\n  電機", "青葉電機"), ("Aoba\nDenki", "Aoba Denki"), ("青葉\nA", "青葉 A")]
)
def test_join_lines_puts_no_space_between_japanese_characters(lines: str, joined: str) -> None:
    assert join_lines(lines) == joined
