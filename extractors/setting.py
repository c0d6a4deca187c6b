"""The setting of an act: when it happened, how much it was about, and who says so.

A date or a sum belongs to the act where it hangs on the act's own predicate or noun; a date of an announcement, of a
relative clause or of another noun does not.
"""

from __future__ import annotations

import re

from spacy.tokens import Doc, Span, Token

from extractors import modality
from extractors.dates import DateMention, find_dates
from extractors.endings import ending_of, inflects, next_token, particle_after, run_end
from extractors.parsing import is_nominal, particles
from extractors.predications import governor_of

_NUMBER = r"(?:[0-9０-９][0-9０-９,，.．]*|[一二三四五六七八九十百千数]+)"
_SCALE = r"(?:[兆億万千百]+(?:[0-9０-９][0-9０-９,，.．]*[兆億万千百]*)*)?"
_CURRENCY = (
    r"(?:(?:米|香港|台湾|豪|カナダ|シンガポール)?ドル|ユーロ|ポンド|円|人民元|元(?![年国首社々の])|ウォン|ルピー|フラン|マルク|バーツ|ルーブル|リラ|クローナ|クローネ"
    r"|ペソ|レアル|ディルハム|リヤル|両(?!社|者|国|親|手|氏|党|校)|ギルダー|リンギット)"
)
_AMOUNT = re.compile(
    rf"(?:約|およそ|最大|推定)?{_NUMBER}{_SCALE}(?:余り?)?{_CURRENCY}"
    rf"|(?:(?:発行済み|全)?(?:株式|株|議決権|持ち分|持分|権益)(?:総数)?の?)?(?:約|およそ|最大|計)?"
    rf"(?:{_NUMBER}(?:%|％|パーセント|割(?![りっ安高当増引])(?:[0-9０-９一二三四五六七八九]分)?)|{_NUMBER}分の{_NUMBER})"
    rf"|(?:株式|株|議決権)の(?:過半数?|大半|半数|全て|すべて|全部)|(?<![0-9.,]){_NUMBER}{_SCALE}株(?![価主式])"
)
_NOT_OF_THE_ACT = re.compile(
    r"(?:売上高?|年商|時価総額|資本金|利益|赤字|負債|純利益|前年比|前年同期比|税率|株価|価格|得票率|支持率)(?:は|が|の|で)?(?:約)?$"
)
_SUMS = re.compile(
    r"(?:賠償|慰謝料|資金|出資|投資|株式?|資本|増資|請求|規模|枠|額|支払い?|補償|寄付|融資|拠出|第三者割当|買収|取得|権益|持ち?分|以上|超|余り|相当|ずつ|損害)$"
)
_SOURCE = re.compile(r"に(?:よると|よれば|よりますと|よれ|言わせると|言わせれば|よるに)")
_SOURCE_NOUNS = re.compile(
    r"の(?:発表|説明|話|調べ|調査|報告|報道|証言|主張|集計|推計|まとめ|記事|見解|社説|声明|回想|回顧録|著書|日記|手記|伝記|研究|論文|談話|証言録)(?:では|によると|によれば|で、)"
)
_UNNAMED = re.compile(
    r"(?:関係者|関係筋|消息筋|記事|報道|報告書|訴状|起訴状|判決文?|発表|調べ|調査|話|情報|説明|資料|文献|伝承|伝説|一説|通説|逸話|噂|うわさ|声明|契約|規約|法律|推計|社説"
    r"|書籍|本書|同書|自伝|統計|論文|証言|議事録|記録|地元紙|各紙|地元メディア|周囲|専門家|市民|住民|本人|ところ|回想|回顧録|著書|日記|手記|伝記|研究|談話|社史|年表)"
    r"(?:ら|たち|達)?$|^(?:それ|これ|誰|みんな|多く|複数|市|国|県|側)$"
)
_TITLE_ENDS = frozenset({"』", "」"})
_LIGHT = frozenset({"起こす", "提起", "起こる", "行う", "申し立てる", "始める", "なす", "出す", "上げる"})
"""Verbs that add nothing to the act they are said of: 2008年に起こした訴訟."""
_TITLES = re.compile(
    r"(?<=.{2})(?:氏|さん|様|君|容疑者|被告|(?:副|前|元)?(?:社長|会長|首相|大統領|知事|市長|町長|村長|議員|監督|選手|教授|弁護士|代表|報道官|長官|大臣|外相|財務相|委員長|理事長|書記長|幹事長|党首|CEO|CFO|最高経営責任者"
    r"|編集長|取締役|頭取|総裁|官房長官|議長|広報担当者?|担当者|記者))$"
)


def event_time(doc: Doc, anchor: int, *, published: str | None) -> str | None:
    """When the act in the token at ``anchor`` happened: an ISO 8601 year, year-month or date, None where unsaid.

    The date that hangs on the act, else the nearest before it in the clauses that its own runs on from. ``published``
    is the document's date, from which 昨年 and 14日 are reckoned.
    """
    act = doc[anchor]
    sentence, spine, teller = act.sent, _spine(act), _verb_over_clause(act)
    mentions = [
        mention
        for mention in find_dates(doc.text, published=published)
        if sentence.start_char <= mention.start < sentence.end_char
    ]
    found: list[tuple[int, int, str]] = []
    for mention in mentions:
        span = doc.char_span(mention.start, mention.end, alignment_mode="expand")
        if mention.value is None or span is None or (teller is not None and _dates_telling(span, teller)):
            continue
        alone = not any(mention.start < other.start < act.idx for other in mentions)
        if _hangs_on(span, spine) or _in_brackets_after(doc, act, mention):
            rank = 0
        elif alone and _stands_beside_topic(span, act, spine):
            rank = 1
        elif mention.end <= act.idx and _leads_to(span.root, spine):
            rank = 2
        else:
            continue
        found.append((rank, abs(act.idx - mention.start), mention.value))
    return min(found)[2] if found else None


def amount(doc: Doc, anchor: int) -> str | None:
    """The sum or share that the act in the token at ``anchor`` is about, as written; None where none hangs on it."""
    act = doc[anchor]
    spine = _spine(act, sums=True)
    found: list[tuple[bool, int, str]] = []
    sentence = act.sent
    for match in _AMOUNT.finditer(sentence.text):
        start, end = sentence.start_char + match.start(), sentence.start_char + match.end()
        span = doc.char_span(start, end, alignment_mode="expand")
        if span is None or _NOT_OF_THE_ACT.search(doc.text[max(0, start - 8) : start]):
            continue
        direct = _is_sum_of(span, spine)
        if direct or _is_sum_within(span, spine):
            found.append((not direct, abs(act.idx - start), match.group()))
    return min(found)[2] if found else None


def holder(doc: Doc, anchor: int) -> tuple[int, int] | None:
    """Half-open offsets of the name of whoever says that the act happened; None where the text itself does.

    The source of 〜によると and 〜の発表では before the act, or the subject of the verb of telling over the clause or
    quotation that holds it.
    """
    act = doc[anchor]
    return _quoting_subject(doc, act) or _named_source(doc, act)


def _tells(verb: Token) -> bool:
    """Whether the verb is one of telling; 明らかにする is."""
    if verb.lemma_ == "する":
        return any(child.text == "明らか" for child in verb.lefts)
    return verb.lemma_ in modality.TELLING or bool(modality.SPEECH_ACTS.match(verb.lemma_))


def _does(verb: Token) -> bool:
    """Whether the verb over an act says that it is done, not told, planned, feared or asked for."""
    if _tells(verb):
        return False
    return verb.lemma_ in modality.ASKING or not any(verb.lemma_ in lemmas for lemmas in modality.VERBS.values())


def _spine(act: Token, *, sums: bool = False) -> tuple[Token, ...]:
    """The act's noun and verb: what a date or a sum of the act may hang on.

    With ``sums`` also the nouns and verbs within the act that name what it is about: 損害賠償を求める of a suit.
    """
    spine = [act]
    governor = governor_of(act)
    if governor != act and _does(governor):
        spine.append(governor)
    head = act.head
    if act.dep_ == "compound" and head.i > act.i and "サ変可能" in head.tag_:
        spine.append(head)
        outer = governor_of(head)
        if outer != head and _does(outer):
            spine.append(outer)
    if is_nominal(act):
        spine.extend(child for child in act.lefts if child.dep_ == "acl" and child.lemma_ in _LIGHT)
    if sums:
        spine.extend(child for token in tuple(spine) for child in token.lefts if _names_sum(child))
    return tuple(spine)


def _names_sum(token: Token) -> bool:
    if is_nominal(token):
        return bool(_SUMS.search(token.text))
    return token.dep_ in {"acl", "advcl"} and token.lemma_ in {"求める", "請求", "要求", "求む"}


def _path(token: Token) -> list[Token]:
    """The heads of a phrase up to and with its first predicate."""
    path: list[Token] = []
    while token.head != token and len(path) < 8:
        token = token.head
        path.append(token)
        if token.pos_ in {"VERB", "ADJ"}:
            break
    return path


def _hangs_on(span: Span, spine: tuple[Token, ...]) -> bool:
    root = span.root
    if root in spine:
        return True
    path = _path(root)
    if path and (path[0] in spine or (len(path) > 1 and _is_temporal(path[0]) and path[1] in spine)):
        return True
    return inflects(root.doc, span[-1]) and any(each.head == root and each.i < root.i for each in spine)


def _dates_telling(span: Span, teller: Token) -> bool:
    """Whether the date stands beside the subject of the verb of telling: 同社は14日、提訴したと発表した."""
    for subject in _subjects(teller):
        after = particle_after(span.doc, run_end(span.doc, subject))[1]
        if span.end <= subject.i or after <= span.start <= after + 1:
            return True
    return False


def _stands_beside_topic(span: Span, act: Token, spine: tuple[Token, ...]) -> bool:
    """Whether the date stands right after the topic of the act's main clause, as in news: 同社は14日、…提訴した."""
    start = span.start - 1 if span.start > 0 and span.doc[span.start - 1].text == "、" else span.start
    if start < 2 or span.doc[start - 1].text != "は" or span.start <= span.sent.start or act.i < span.start:
        return False
    predicate = span.doc[start - 2].head
    return predicate in spine or (not _tells(predicate) and any(_runs_on_to(each, predicate) for each in spine))


def _runs_on_to(lower: Token, upper: Token) -> bool:
    """Whether the clause of one verb runs on, unquoted, to that of the other."""
    for _ in range(4):
        if lower == upper:
            return True
        if lower.dep_ not in {"advcl", "conj", "dep"} or lower.head == lower or _is_quoted(lower):
            return False
        lower = lower.head
    return False


def _is_temporal(token: Token) -> bool:
    return token.text in {
        "年",
        "月",
        "日",
        "頃",
        "ごろ",
        "中",
        "末",
        "春",
        "夏",
        "秋",
        "冬",
        "初め",
        "半ば",
        "時点",
        "以降",
        "付",
    }


def _leads_to(token: Token, spine: tuple[Token, ...]) -> bool:
    """Whether the date's clause runs on to the act's (2005年に退職し、会社を設立した), or the act's to the date's."""
    path = _path(token)
    predicate = path[-1] if path else token
    if len(path) != 1 or predicate.pos_ not in {"VERB", "ADJ"}:
        return False
    if _tells(predicate):
        return False
    return any(_runs_on_to(predicate, each) or _runs_on_to(each, predicate) for each in spine)


def _is_quoted(verb: Token) -> bool:
    text = ending_of(verb.doc, verb).text
    return text.endswith(("と", "とも", "とは", "って", "ば", "たら"))


def _in_brackets_after(doc: Doc, act: Token, mention: DateMention) -> bool:
    between = doc.text[act.idx + len(act) : mention.start]
    return between in {"(", "（"}


def _is_sum_of(span: Span, spine: tuple[Token, ...]) -> bool:
    """Whether the sum is itself the act's argument or modifies its noun: 5億円を出資, 5億円の損害賠償."""
    last = span[-1]
    if any(token in spine for token in span):
        return True
    token = last
    while token.head in span and token.head != token:
        token = token.head
    if token.head in spine:
        return True
    following = next_token(last.doc, last.i + 1)
    if following is not None and following.text == "の":
        after = next_token(last.doc, last.i + 2)
        return after is not None and run_end(last.doc, after) in spine
    return following is not None and is_nominal(following) and run_end(last.doc, following) in spine


def _is_sum_within(span: Span, spine: tuple[Token, ...]) -> bool:
    """Whether the sum stands in the act's clause with nothing between but nouns that name sums."""
    token = span[-1]
    for _ in range(5):
        if token in spine:
            return True
        if token.head == token:
            return False
        head = token.head
        if is_nominal(head) and head not in spine and head not in span and not _SUMS.search(head.text):
            return False
        if head.pos_ == "VERB" and head not in spine and not _runs_into(head, spine):
            return False
        token = head
    return token in spine


def _runs_into(verb: Token, spine: tuple[Token, ...]) -> bool:
    """Whether the verb's clause is part of the act's: 5億円を求めて提訴した."""
    return (
        verb.head in spine
        and verb.dep_ in {"advcl", "acl"}
        and verb.lemma_ in {"求める", "請求", "投じる", "投ずる", "払う", "支払う", "充てる", "払い込む"}
    )


def _named_source(doc: Doc, act: Token) -> tuple[int, int] | None:
    """The name before 〜によると or 〜の発表では in the act's sentence."""
    sentence = act.sent
    text = doc.text[sentence.start_char : act.idx]
    for pattern in (_SOURCE_NOUNS, _SOURCE):
        for match in reversed(list(pattern.finditer(text))):
            span = _name_before(doc, sentence.start_char + match.start())
            if span is not None:
                return span
    return None


def _name_before(doc: Doc, end: int) -> tuple[int, int] | None:
    """The name that ends at the offset, without honorifics and titles; None where it names nobody."""
    last = next((token for token in doc if token.idx + len(token) == end), None)
    if last is None:
        return None
    if last.text == "ところ":
        tellers = [child for child in last.lefts if child.dep_ == "acl"]
        subjects = [subject for teller in tellers for subject in _subjects(teller)]
        return _name_of(run_end(doc, subjects[0])) if subjects else None
    return _name_of(last) if is_nominal(last) or last.text in _TITLE_ENDS else None


def _name_of(last: Token) -> tuple[int, int] | None:
    """The name that ends with the token: a title in 『』, else the run of nouns without honorifics."""
    doc, first = last.doc, last
    if last.text in {"紙", "誌"} and last.i > 0 and doc[last.i - 1].text in _TITLE_ENDS:
        last = doc[last.i - 1]
    if last.text in _TITLE_ENDS:
        opening = _bracket(doc, last.i, -1)
        return (doc[opening].idx + 1, last.idx) if opening is not None and last.i - opening < 12 else None
    while first.i > 0 and not first.is_sent_start and _joins(doc[first.i - 1]):
        first = doc[first.i - 1]
    text = doc.text[first.idx : last.idx + len(last)]
    while match := _TITLES.search(text):
        text = text[: match.start()]
    if len(text) < 2 or _UNNAMED.search(text):
        return None
    return first.idx, first.idx + len(text)


def _joins(before: Token) -> bool:
    """Whether the token is part of the name that goes on after it: 毎日 of 毎日新聞, the ・ of a foreign name."""
    if before.text in {"・", "=", "＝"}:
        return True
    nominal = is_nominal(before) or before.tag_.startswith(("名詞", "接頭辞"))
    return nominal and not before.whitespace_ and not _is_date(before)


def _is_date(token: Token) -> bool:
    return token.text.endswith(("日", "月", "年")) and token.i > 0 and token.nbor(-1).pos_ == "NUM"


def _quoting_subject(doc: Doc, act: Token) -> tuple[int, int] | None:
    """The subject of the verb of telling over the act, or the topic right before the quotation that holds it."""
    quotation = _quotation_around(doc, act)
    if quotation is not None:
        opening, verb = quotation
        topics = [token for token in reversed(doc[max(0, opening - 40) : opening]) if _is_topic(token)]
        subjects = topics[:1] or [each for each in _subjects(verb) if each.i > act.i]
    else:
        over = _verb_over_clause(act)
        subjects = [] if over is None else [each for each in reversed(_subjects(over)) if _is_outside(each, act, over)]
    for subject in subjects:
        found = _name_of(run_end(doc, subject))
        if found is not None:
            return found
    return None


def _is_topic(token: Token) -> bool:
    return is_nominal(token) and particles(token) in {"は", "が", "も"}


def _is_outside(subject: Token, act: Token, over: Token) -> bool:
    return subject != act and not act.is_ancestor(subject) and subject.i < over.i


def _subjects(verb: Token) -> list[Token]:
    own = [child for child in verb.lefts if is_nominal(child) and particles(child) in {"は", "が", "も", "では"}]
    if own:
        return own
    linked = [child for child in verb.lefts if child.dep_ in {"advcl", "conj"}]
    upper = [verb.head] if verb.dep_ in {"advcl", "conj", "acl"} and verb.head != verb else []
    for clause in (*upper, *linked):
        found = [child for child in clause.lefts if is_nominal(child) and particles(child) in {"は", "が", "も"}]
        if found:
            return found
    return []


def _quotation_around(doc: Doc, act: Token) -> tuple[int, Token] | None:
    """Where the 「 stands that opens the quotation around the act, and the verb of telling right after its 」."""
    opening, closing = _bracket(doc, act.i, -1), _bracket(doc, act.i, 1)
    if opening is None or closing is None:
        return None
    if not doc.text[doc[closing].idx + 1 :].startswith(("と", "など", "って")):
        return None
    verbs = (token for token in doc[closing + 1 : closing + 12] if _tells(token) and inflects(doc, token))
    verb = next(verbs, None)
    return (opening, verb) if verb is not None else None


def _bracket(doc: Doc, index: int, step: int) -> int | None:
    """The token that opens (step -1) or closes (step 1) the innermost quotation around the index."""
    ends, begins = ({"「", "『"}, {"」", "』"}) if step < 0 else ({"」", "』"}, {"「", "『"})
    depth = 0
    for other in range(index + step, max(-1, index - 200) if step < 0 else min(len(doc), index + 200), step):
        if doc[other].text in begins:
            depth += 1
        elif doc[other].text in ends:
            depth -= 1
            if depth < 0:
                return other
    return None


def _verb_over_clause(act: Token) -> Token | None:
    token = act
    for _ in range(6):
        if token.head == token:
            return None
        ending = ending_of(act.doc, token).text if inflects(act.doc, token) else ""
        upper = token.head
        if upper.i > token.i and _tells(upper) and upper != act:
            quoted = ending.endswith(("と", "とも", "とは", "って", "との"))
            reported = token.text in modality.FORMAL_NOUNS and particle_after(act.doc, token)[0] in {"を", "も", "は"}
            if quoted or reported:
                return upper
        token = upper
    return None
