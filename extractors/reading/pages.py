"""HTML to text: the main text of a page, and all the text of a fragment."""

from __future__ import annotations

import configparser
import re
from copy import deepcopy
from dataclasses import dataclass

import lxml.etree
import lxml.html
import trafilatura
from trafilatura.settings import DEFAULT_CONFIG

from extractors.reading.dates import iso_date
from extractors.reading.failures import UnreadableError

# Japanese says in 60 characters what English says in 250, which is trafilatura's least size of a main text; below
# it trafilatura falls back to taking the whole page, menus included, broken at every link.
MIN_MAIN_TEXT_CHARACTERS = 60
INVISIBLE = ("script", "style", "noscript", "template", "svg", "math", "iframe", "object", "select", "button", "head")
BOILERPLATE = ("nav", "footer", "aside", "form", "menu", "dialog")
INLINE = ("b", "i", "em", "strong", "span", "font", "mark", "u", "small", "ruby", "rb", "wbr", "abbr", "cite", "big")
READINGS = ("rt", "rp", "rtc")
BLOCKS = frozenset(
    ("address", "article", "aside", "blockquote", "body", "br", "caption", "center", "dd", "details", "div")
)
BLOCKS |= {
    "dl",
    "dt",
    "fieldset",
    "figcaption",
    "figure",
    "footer",
    "form",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "header",
}
BLOCKS |= {"hr", "html", "legend", "li", "main", "nav", "ol", "option", "p", "pre", "section", "summary", "table"}
BLOCKS |= {"tbody", "tfoot", "thead", "tr", "ul"}
CELLS = frozenset(("td", "th"))
WIDE = "\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef"
WIDE_BREAK = re.compile(f"(?<=[{WIDE}])[ \t\r\n]*[\r\n][ \t\r\n]*(?=[{WIDE}])")
BREAK = re.compile("[ \t\r\n\f]+")
BLANK_LINES = re.compile("[ \t]*\n[ \t\n]*")


@dataclass(frozen=True, slots=True)
class Extracted:
    """What a page, a feed's entry or a Markdown file says, without its markup."""

    text: str
    title: str | None = None
    date: str | None = None
    id: str | None = None


def extract_page(html: str) -> Extracted:
    """The main text of ``html``, its title, and its date where it states one.

    Readings in ruby are left out. A line break in the source between two Japanese characters is no space (CSS Text
    Module Level 3, section 4.1.3).

    Raises:
        UnreadableError: no text is in it.
    """
    tree = _tree(html)
    found = trafilatura.bare_extraction(
        _with_whole_paragraphs(tree),
        include_comments=False,
        with_metadata=True,
        date_extraction_params={"extensive_search": False, "original_date": True, "outputformat": "%Y-%m-%d"},
        config=_config(),
    )
    assert not isinstance(found, dict)
    text = (found.text or "").strip() if found else ""
    if not text:
        text = _whole_text(tree)
    if not text:
        raise UnreadableError("the page has no text", "if a script builds it, save the page from a browser")
    title = found.title if found else tree.findtext(".//title")
    return Extracted(text, (title or "").strip() or None, iso_date(found.date) if found else None)


def fragment_text(html: str) -> str:
    """All visible text of ``html``, one block to a line; for what a feed's entry or a Markdown file holds."""
    if "<" not in html and "&" not in html:
        return BLANK_LINES.sub("\n", html).strip()
    try:
        return _text_of(_tree(f"<html><body><div>{html}</div></body></html>"))
    except UnreadableError:
        return ""


def join_lines(text: str) -> str:
    """``text`` with source line breaks between Japanese characters taken out, and others made spaces."""
    return BREAK.sub(" ", WIDE_BREAK.sub("", text))


def _config() -> configparser.ConfigParser:
    config: configparser.ConfigParser = deepcopy(DEFAULT_CONFIG)
    config["DEFAULT"]["MIN_EXTRACTED_SIZE"] = str(MIN_MAIN_TEXT_CHARACTERS)
    config["DEFAULT"]["EXTRACTION_TIMEOUT"] = "0"  # it works by signals; the process we run in has its own limit
    return config


def _tree(html: str) -> lxml.html.HtmlElement:
    # lxml refuses text that still declares an encoding in an XML prolog, and stops at a NUL.
    tree = trafilatura.load_html(re.sub(r"\A\s*<\?xml[^>]{0,1000}>", "", html).replace("\x00", "\ufffd"))
    if tree is None:
        raise UnreadableError("it is no HTML that a browser would show", "check what it holds, or name it .txt")
    lxml.etree.strip_elements(tree, *READINGS, with_tail=False)
    for mark in list(tree.iter("sup")):
        if "reference" in (mark.get("class") or "") and mark.getparent() is not None:
            mark.drop_tree()
    for element in tree.iter():
        inside_pre = element.tag == "pre" or (element.getparent() is not None and element.getparent().tag == "pre")
        if element.text and isinstance(element.tag, str) and not inside_pre:
            element.text = WIDE_BREAK.sub("", element.text)
        if element.tail and (element.getparent() is None or element.getparent().tag != "pre"):
            element.tail = WIDE_BREAK.sub("", element.tail)
    return tree


def _with_whole_paragraphs(tree: lxml.html.HtmlElement) -> lxml.html.HtmlElement:
    """A copy without inline markup, at which trafilatura may break a sentence; links among menus stay recognisable."""
    copy = deepcopy(tree)
    for link in list(copy.iter("a")):
        parent = link.getparent()
        if parent is not None and parent.tag in ("p", "blockquote", "dd"):
            link.drop_tag()
    lxml.etree.strip_tags(copy, *INLINE)
    return copy


def _whole_text(tree: lxml.html.HtmlElement) -> str:
    lxml.etree.strip_elements(tree, *BOILERPLATE, with_tail=False)
    return _text_of(tree)


def _text_of(tree: lxml.html.HtmlElement) -> str:
    lxml.etree.strip_elements(tree, *INVISIBLE, lxml.etree.Comment, with_tail=False)
    pieces: list[str] = []
    for event, element in lxml.etree.iterwalk(tree, events=("start", "end")):
        if element.tag in BLOCKS:
            pieces.append("\n")
        elif element.tag in CELLS and event == "end":
            pieces.append("\t")
        written = element.text if event == "start" and isinstance(element.tag, str) else None
        if event == "end" and element is not tree:
            written = element.tail
        if written:
            pieces.append(join_lines(written))
    lines = (line.strip(" \t") for line in "".join(pieces).split("\n"))
    return "\n".join(line for line in lines if line)
