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

# A news flash in Japanese is far shorter than 250 characters, trafilatura's least size of a main text, below which
# it falls back to taking the whole page, menus included, broken at every link.
MIN_MAIN_TEXT_CHARACTERS = 20
MIN_PROSE_CHARACTERS = 4
WORD_CHARACTER = re.compile(r"\w")
INVISIBLE = ("script", "style", "noscript", "template", "svg", "math", "iframe", "object", "select", "button", "head")
BOILERPLATE = ("nav", "footer", "aside", "menu", "dialog")
INLINE = ("b", "i", "em", "strong", "span", "font", "mark", "u", "small", "ruby", "rb", "wbr", "abbr", "cite", "big")
READINGS = ("rt", "rp", "rtc")
STRUCK_OUT = ("del", "s", "strike")
NOT_SHOWN = re.compile(r"(?:^|;)\s*display\s*:\s*none\b", re.IGNORECASE)
BLOCK_NAMES = """address article aside blockquote body br caption center dd details div dl dt fieldset figcaption figure
footer form h1 h2 h3 h4 h5 h6 header hr html legend li main nav ol option p pre section summary table tbody tfoot thead
tr ul"""
BLOCKS = frozenset(BLOCK_NAMES.split())
STREAMED = "S:"  # how the ids begin of what React sends hidden and its script moves to its place
WHOLE = frozenset(("html", "head", "body", "main", "article"))  # scripts hide these until they have run
CELLS = frozenset(("td", "th"))
WIDE = "\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef"
WIDE_BREAK = re.compile(f"(?<=[{WIDE}])[ \t\r\n]*[\r\n][ \t\r\n]*(?=[{WIDE}])")
BREAK = re.compile("[ \t\r\n\f]+")
ITEM = re.compile("^- ", re.MULTILINE)  # how trafilatura writes list items and table rows
ROW = re.compile(r"^\| (.*?) ?\| *$", re.MULTILINE)
BLANK_LINES = re.compile("[ \t]*\n[ \t\n]*")


@dataclass(frozen=True, slots=True)
class Extracted:
    """What a page, a feed's entry or a Markdown file says, without its markup."""

    text: str
    title: str | None = None
    date: str | None = None
    id: str | None = None
    link: str | None = None


def extract_page(html: str) -> Extracted:
    """The main text of ``html``, its title, and its date where it states one.

    Readings in ruby are left out, and so is what is struck out, and what is hidden where it stands, unless that is most
    of the prose, which a script then shows. A line break in the source between two Japanese characters is no space (CSS
    Text Module Level 3, section 4.1.3).

    Raises:
        UnreadableError: no text is in it.
    """
    tree = _tree(html, scripted=True)
    found = trafilatura.bare_extraction(
        _with_whole_paragraphs(tree),
        include_comments=False,
        with_metadata=True,
        date_extraction_params={"extensive_search": False, "original_date": True, "outputformat": "%Y-%m-%d"},
        config=_config(),
    )
    assert not isinstance(found, dict)
    text = ROW.sub(_as_cells, ITEM.sub("", found.text or "")).strip() if found else ""
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


def _tree(html: str, *, scripted: bool = False) -> lxml.html.HtmlElement:
    # lxml refuses text that still declares an encoding in an XML prolog, and stops at a NUL.
    source = re.sub(r"\A\s*<\?xml[^>]{0,1000}>", "", html).replace("\x00", "\ufffd")
    tree = trafilatura.load_html(source)
    if tree is None:  # trafilatura takes no page of a single element
        try:
            tree = lxml.html.document_fromstring(source)
        except lxml.etree.LxmlError as error:
            raise UnreadableError("no HTML is in it", "check what it holds, or name it .txt") from error
    lxml.etree.strip_elements(tree, *READINGS, *STRUCK_OUT, with_tail=False)
    tree = _without_hidden(tree, scripted=scripted)
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


def _without_hidden(tree: lxml.html.HtmlElement, *, scripted: bool) -> lxml.html.HtmlElement:
    """``tree`` without what is hidden; with all of it where ``scripted`` and more prose is hidden than is not."""
    hidden = [element for element in tree.iter("*") if element.tag not in WHOLE and _is_hidden(element)]
    if not hidden:
        return tree
    whole = deepcopy(tree) if scripted else None
    for element in hidden:
        if element.getparent() is not None:
            element.drop_tree()
    if whole is None or 2 * _prose_length(tree) >= _prose_length(whole):
        return tree
    for element in whole.iter("*"):
        if _is_hidden(element):
            element.attrib.pop("style", None)  # or trafilatura leaves it out
    return whole


def _prose_length(tree: lxml.html.HtmlElement) -> int:
    """How many letters and figures stand outside links and menus."""
    copy = deepcopy(tree)
    lxml.etree.strip_elements(copy, "a", *INVISIBLE, *BOILERPLATE, lxml.etree.Comment, with_tail=False)
    return len(WORD_CHARACTER.findall(copy.text_content()))


def _is_hidden(element: lxml.html.HtmlElement) -> bool:
    hidden = element.get("hidden")
    if element.get("id", "").startswith(STREAMED):
        return False
    return (hidden is not None and hidden != "until-found") or NOT_SHOWN.search(element.get("style", "")) is not None


def _as_cells(row: re.Match[str]) -> str:
    return "\t".join(cell.strip() for cell in row.group(1).split("|"))


def _with_whole_paragraphs(tree: lxml.html.HtmlElement) -> lxml.html.HtmlElement:
    """A copy without inline markup, where trafilatura may break a sentence, and without what HTML itself calls menus.

    Links outside sentences stay: by them trafilatura knows other menus.
    """
    copy = deepcopy(tree)
    lxml.etree.strip_tags(copy, *INLINE)
    lxml.etree.strip_elements(copy, *BOILERPLATE, with_tail=False)
    prose: dict[lxml.html.HtmlElement, bool] = {}
    links = [(link, link.getparent()) for link in copy.iter("a")]
    for _, parent in links:
        if parent is not None and parent not in prose:
            own_text = (parent.text or "") + "".join(child.tail or "" for child in parent)
            prose[parent] = len(WORD_CHARACTER.findall(own_text)) >= MIN_PROSE_CHARACTERS
    for link, parent in links:
        if prose.get(parent):
            link.drop_tag()
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
