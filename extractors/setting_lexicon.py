"""The words by which sums, sources and titles are known in the setting of an act."""

from __future__ import annotations

import re

_DIGIT = "0-9０-９〇零○◯一二三四五六七八九"
_ALONE = f"[1-9１-９一二三四五六七八九]、(?=[{_DIGIT}])"
NUMBER = rf"(?:[{_DIGIT}十百千数][{_DIGIT}十百千数万億兆,，.．]*)"
"""A figure in any digits, with its scales: 3億5千万, 一二〇億五千万, １，２００万."""
SUM = rf"(?<![{_DIGIT}十百千数万億兆第])(?<![0-9０-９][,，.．])(?:{_ALONE})?{NUMBER}"
"""A whole figure, or two neighbours for one that is not known for sure: 2、3億."""
CURRENCY = (
    r"(?:(?:米|香港|台湾|豪|カナダ|シンガポール)?ドル|ユーロ|ポンド|円|人民元|元(?![年国首社々の])|ウォン|ルピー|フラン|マルク|バーツ|ルーブル|リラ|クローナ|クローネ"
    r"|ペソ|レアル|ディルハム|リヤル|両(?!社|者|国|親|手|氏|党|校)|ギルダー|リンギット)"
)
RANGE = rf"{SUM}(?:(?:{CURRENCY}|[%％割])?[〜～~\-－–—](?:約|およそ)?{NUMBER})?"
AMOUNT = re.compile(
    rf"(?:約|およそ|最大|推定)?{RANGE}(?:余り?)?{CURRENCY}"
    rf"|(?:(?:発行済み|全)?(?:株式|株|議決権|持ち分|持分|権益)(?:総数)?の?)?(?:約|およそ|最大|計)?"
    rf"(?:{RANGE}(?:%|％|パーセント|割(?![りっ安高当増引])(?:[0-9０-９一二三四五六七八九]分)?)|{SUM}分の{NUMBER})"
    rf"|(?:株式|株|議決権)の(?:過半数?|大半|半数|全て|すべて|全部)|{RANGE}株(?![価主式])"
)
NOT_OF_THE_ACT = re.compile(
    r"(?:売上高?|年商|時価総額|資本金|利益|赤字|負債|純利益|前年比|前年同期比|税率|株価|価格|得票率|支持率)(?:は|が|の|で)?(?:約)?$"
)
SUMS = re.compile(
    r"(?:賠償|慰謝料|資金|出資|投資|株式?|資本|増資|請求|規模|枠|額|支払い?|補償|寄付|融資|拠出|第三者割当|買収|取得|権益|持ち?分|以上|超|余り|相当|ずつ|損害)$"
)
LIGHT = frozenset({"起こす", "提起", "起こる", "行う", "申し立てる", "始める", "なす", "出す", "上げる"})
"""Verbs that add nothing to the act they are said of: 2008年に起こした訴訟."""
