"""The Japanese words that say how real an act is: plans, demands, possibilities, denials, and what they pass through.

Grammar, and two kinds of act that are told in ways of their own whatever their relation: acts of speech (批判, where
what is said is no plan) and suits (提訴, where what is asked for is none). Nouns are matched at the end of a run of
nouns (最終調整 by 調整), verbs by lemma. The classes follow the layers of Japanese modality (Masuoka 2007; Narrog
2009): negation, desire and intention, obligation and demand, epistemic possibility, condition.
"""

from __future__ import annotations

import enum
import re


class Cue(enum.IntEnum):
    """A class of words or endings that takes an act out of what has happened."""

    PLAN = 0
    """方針, 検討, 予定, 目指す, 〜たい, 〜つもり, 〜しようとする; an intention of whoever acts."""
    DEMAND = 1
    """求める, 要請, 〜べき, 〜なければならない; somebody wants it done."""
    CONDITION = 2
    """〜れば, 〜たら, 〜なら, 場合, 仮に."""
    POSSIBILITY = 3
    """可能性, 恐れ, かもしれない, 〜しかねない, 〜かどうか."""
    PROHIBITION = 4
    """制限, 禁止; the act is not to be done."""
    FUTURE = 5
    """来年, 年内に, 近く with a predicate that is not past, and 〜すると発表した."""


def _words(words: str) -> frozenset[str]:
    return frozenset(words.split())


def _nouns(words: str) -> re.Pattern[str]:
    """Words that may end a longer one (最終調整 ends in 調整); those of one letter are taken whole (件, not 事件)."""
    long = "|".join(sorted((word for word in words.split() if len(word) > 1), key=len, reverse=True))
    short = "".join(word for word in words.split() if len(word) == 1)
    return re.compile(rf"(?:{long}{f'|^[{short}]' if short else ''})(?:中|段階|等|など)?$")


def _alternatives(patterns: str, *, start: bool = False, end: bool = False) -> re.Pattern[str]:
    """Any of the regular expressions, parted by white space, at the start or end of the text where so asked."""
    return re.compile(f"{'^' if start else ''}(?:{'|'.join(patterns.split())}){'$' if end else ''}")


NOUNS: dict[Cue, re.Pattern[str]] = {
    Cue.PLAN: _nouns(
        """
        方針 検討 検討入り 予定 予定日 計画 意向 構え 考え 案 議案 法案 提案 改正案 計画案 構想 準備 準備委員会
        準備会 準備室 協議 交渉 調整 目的 目標 目途 目処 めど メド 意欲 意図 決心 決断 企て 企画 発案 申し出
        打診 約束 合意 見通し 見込み 見込 方向 用意 権利 権限 つもり 心づもり 気 件 議論 選択肢 条件 手はず
        段取り 夢 希望 願い 期待 願望 野望 悲願 許可 認可 募集 公募 寸前 公約 草案 原案 青写真 日程 義務 資格
        必要 是非 可否 はず 筈 矢先 ところ
        """
    ),
    Cue.DEMAND: _nouns("要求 要請 要望 請求 命令 指示 勧告 呼びかけ 依頼 求め 働きかけ 圧力 促進 申請"),
    Cue.POSSIBILITY: _nouns(
        """
        可能性 恐れ おそれ 懸念 疑い 疑惑 余地 危険 危険性 リスク 噂 うわさ 観測 憶測 不安 公算 チャンス
        """
    ),
    Cue.PROHIBITION: _nouns("禁止 制限 規制 凍結"),
    Cue.CONDITION: _nouns("場合 限り 暁 条件"),
}
PURSUITS = _nouns("運動 活動 募金 動き 機運 気運 話 姿勢 趣旨 署名 工作 手続き 手続 相談 意思 意志 決意 条件")
"""Nouns that say that an act is still striven for (設立運動), though a protest or reproach is itself done in them."""
PURPOSES = _words("ため 為")
EAGERNESS = _nouns("意欲 前向き 関心 積極的 慎重 慎重姿勢 視野 念頭 強気 含み 色気 選択肢 俎上")
"""Nouns that an act stands before with に or を where somebody leans towards it: 出資に意欲を示す."""

VERBS: dict[Cue, frozenset[str]] = {
    Cue.PLAN: _words(
        """
        検討 計画 予定 準備 目指す めざす 企てる 企図 目論む もくろむ 模索 画策 構想 志す 狙う ねらう 協議 議論
        調整 約束 合意 決意 決心 決断 考える 考慮 思う 思案 夢見る 企画 示唆 ちらつく ちらつかせる 仄めかす
        ほのめかす 匂う 匂わせる 警告 備える 見込む 想定 試みる 急ぐ 望む 願う 希望 熱望 図る 申し出る 申し出
        名乗り 提案 提唱 発案 打ち出す 打診 交渉 迷う 誓う 予告 切望 意図 公約 乗り出す 動き出す
        """
    ),
    Cue.DEMAND: _words(
        """
        求める 要求 要請 請求 促す 呼び掛ける 呼びかける 命じる 命ずる 命令 指示 勧める 薦める 迫る 依頼 頼む
        働き掛ける 働きかける 申し入れる 申し入れ 持ち掛ける 持ちかける 募る 募集 進言 建議 建言 勧告 期待 要望
        懇願 強いる 請う 誘う 建白 請願 陳情 アピール
        """
    ),
    Cue.POSSIBILITY: _words("恐れる 懸念 危惧 警戒 心配 予想 予測 想像 疑う 憂慮 危ぶむ 噂"),
    Cue.PROHIBITION: _words("制限 禁止 禁じる 禁ずる 規制 防ぐ 阻む 妨げる 妨害 封じる 抑止 抑制 牽制"),
}
RETRACTIONS = _words(
    """
    断念 見送る 取り止める 取りやめる とりやめる 取り辞める 中止 撤回 否定 避ける 控える 差し控える 怠る 拒否
    拒む 拒絶 断る 止める やめる 辞める 諦める あきらめる 失敗 頓挫 阻止 見合わせる 見合せる 思い止まる
    思いとどまる 放棄 免れる 逃す 回避 見合う 断わる 否認
    """
)
"""Verbs that undo the act that is their object: 出資を見送った."""
REPLIES = _words("否定 拒否 拒む 拒絶 断る 断わる 阻止 放棄 否認 撤回 中止 止める やめる")
"""Those of the retractions by which somebody answers a reproach that was made: 批判を否定した."""
REALISATIONS = _words("採択 可決 実現 実行 達成 成功 果たす 遂げる 成立 締結 承認 履行")
"""Verbs that make a plan a fact when they are past: 決議案を採択した."""
DECISIONS = _words("決める 決定 決まる 決議 議決 内定 固める 決する 採決")
"""Verbs that decide on an act still to come when its clause is not past: 設立することを決めた."""
REACTIONS = _words(
    """
    看過 見過ごす 容認 黙る 甘受 認める 受け入れる 応じる 応ずる 答える 応える 知る 聞く 棄却 却下 退ける 覆す
    介す 止む やむ 収まる 治まる 絶える 消える 尽きる 止まる とどまる 通る 届く 理解 終わる 屈する 動じる 許す
    耐える 勝つ 負ける 問う 覚える 気付く 気づく 拭う 当たる あたる 際する 伴う ともなう よる 因る 基づく 対する
    関する つく つれる 加える 進む 続く 隠す かわす わかる 分かる 関わる 拘る 詳しい 変わる 売却 手放す 失う
    引き揚げる 引き上げる 取り下げる 回収 打ち切る 終える 完了
    """
)
"""Verbs that say what became of an act that was done; their own negation does not touch it: 批判がやまない."""
UNDERGOING = _words("受ける 浴びる 招く めぐる 巡る")
"""Light verbs of receiving, whose next clause tells what the receiver did."""
NEVER_DETERRED = _words("辞す 辞する 排除 厭う 否定 避ける 免れる いとう ためらう 躊躇う 躊躇 拒む")
"""Verbs whose negation leaves the act open: 提訴も辞さない."""
LEFT_OPEN = _words("辞す 辞する 排除 否定")
"""Those of them that leave it open in the past, too; who did not hesitate has acted: ためらわなかった."""
PERSISTENCE = _words("惜しむ おしむ 緩める ゆるめる 弱める 欠かす 絶やす 忘れる")
"""Verbs whose negation says that the act was done all the same: 投資を惜しまなかった."""

SPEECH_ACTS = _alternatives(
    r"""
    批判 非難 糾弾 抗議 酷評 反論 苦言 罵倒 罵る 論難 断罪 詰る なじる 責める 咎める とがめる こき下ろす 皮肉る
    揶揄 指弾 弾劾 侮辱 攻撃 叱責 嘲笑 論駁 中傷 やり玉 難じる 切り捨てる 槍玉 主張 指摘 発言 要求 矛先 怒り
    不満 反発 手厳しい 抗議文 糾す 告発 称賛 賞賛 評価 謝罪
    """,
    start=True,
)
"""Acts done by speaking: the next plan is another act (批判し、提訴する方針), 抗議のため tells of a protest."""
REMEDIES = _alternatives(
    r"""
    賠償 慰謝料 慰藉料 差し?止め 取り?消し 補償 返還 支払い? 無効 確認 撤回 謝罪 開示 償い 履行 救済 立ち退き
    明け渡し 損害 請求 相手 裁判所? 停止
    """,
    end=True,
)
"""What a suit asks for: 損害賠償を求める訴訟 demands no suit."""
SUITS = re.compile(r"(?:訴訟|裁判|訴え|仮処分|反訴|提訴|申し?立て|訴状|審判|調停|控訴審?|上告審?)$")
AGENTS = re.compile(r"(?:者|株主|主|人|家|員|元|先|父|母|社|会社)$")
"""Nouns for who acts rather than the act; what their sentence denies is not their act."""
FORMAL_NOUNS = _words("こと 事 の もの わけ 訳 旨")
REPORTS = _nouns(
    """
    説 報道 記事 情報 話 文献 主張 指摘 見方 発言 投稿 デマ 事実 一報 ニュース 書き込み 資料 伝承 解釈 誤解 疑い
    噂 うわさ 疑惑 観測 覚え 経験 形跡 記録
    """
)
FALSEHOODS = _nouns("誤り 間違い 虚偽 事実無根 デマ 嘘 うそ 誤解 誤報 虚報 ノー でたらめ 無根")
SAYING = _words(
    """
    述べる 語る 話す 発表 言う いう 伝える 報じる 報ずる 明かす 表明 主張 説明 する 公表 宣言 明らか 書く 指摘
    強調 答える 回答 コメント 訴える 報道 報告 通告 通知 告げる 見る みる みなす 分かる わかる 判明 知る 約束
    決める 合意 予告 警告 決定 期待 考える 思う 予想 予測 宣告 伝わる なる 言及 示す 確認 反論 断言 発言 証言
    脅す 息巻く 凄む 迫る 意気込む 誓う 言い出す 豪語 公言 漏らす
    """
)
TELLING = _words(
    """
    述べる 語る 話す 発表 言う 伝える 報じる 報ずる 明かす 表明 主張 説明 公表 宣言 指摘 強調 答える 回答 コメント
    訴える 報道 報告 通告 通知 告げる 証言 断言 発言 言及 反論 書く 記す 明らか 認める 否定 警告 予告 約束 否認
    陳述 投稿 つづる 綴る 漏らす 振り返る 弁明 釈明 抗弁 示唆 伝わる 分かる わかる 判明
    """
)
"""Verbs whose subject says what they tell, and whose date is that of the telling."""
STATIVE = _words(
    """
    ある いる 保有 所有 持つ 有する 占める 異なる 属する できる なる 見る みる 存在 関する 対する 違う
    """
)
FUTURE_TIME = _alternatives(
    r"""
    来年 来月 来週 来春 来夏 来秋 来冬 来季 来期 来年度 再来年 今後 近日 年内 月内 年度内 週内 期内 年明け 将来
    いずれ 明日 あす 明後日 今年中 今年度中 今月中 数日以内 以内に (?:年末|月末|年度末|期末|週末)まで
    (?:目途|目処|めど|メド|目標)(?:に|と) ^近く$ ^近く、$ 近いうち まもなく 間もなく 今秋にも 今春にも これから
    """
)
FAILURE = _alternatives(
    r"""
    断念 見送 取りや 取り止 とりや 中止 白紙 頓挫 撤回 実現(?:し(?:なかっ|な|ませ)|せず|には至ら|を見) 至らな
    至らず 至りませ 失敗 立ち消え 沙汰やみ 沙汰止み 果た(?:せ|さ)(?:ず|ぬ|な) 叶わ かなわ 幻[にと] 拒否され
    拒絶され 断られ ノー 応じ(?:な|ず|ませ) 諦め あきらめ 思いとどま 出され(?:な|ませ) 成功しな 成らな
    ならなかった 手を引[いく] 挫折 流れ(?:た|てい) お蔵入り
    """
)
"""What may follow 〜が or 〜ものの in the same sentence and tells that the plan came to nothing."""
FACT_DENIED = _alternatives(
    r"""
    事実(?:関係)?(?:は|が|も|など|では)?[、一切全くまったくどこにも]*(?:な[いくか]|ありませ|ございませ|あらず|無根|と異なる|に反する)
    全面的に否定 (?:これ|報道|噂|うわさ|疑惑)を(?:全面的に|強く|明確に)?否定 誤報 デマ
    (?:これは|明らかな|全くの|まったくの)(?:誤り|間違い|誤解|虚偽|嘘|うそ)
    """
)
REPORT_DENIED = re.compile(r"事実では(?:な|あり)|取り消|訂正|否定|事実無根|誤り|間違い|誤報|デマ|虚偽|反証|覆さ")
"""What may follow a report in the same sentence and tells that it is not so: 説が流布したが、否定されている."""
CANCELLED = _nouns("白紙 棚上げ お蔵入り 沙汰やみ 水泡 幻")
"""Nouns that an act stands before where it came to nothing: 買収を白紙に戻した."""
SUPPOSING = _words("仮に もし もしも 万一 万が一 たとえ 例え 仮")
ABSENT = _words("ない 無い")
ABSENCE = _words("いる 居る おる ある ござる 存在 見当たる できる 出来る する 至る")
"""Verbs whose negation denies the act in a formal noun before them: 批判する者はいない, 出資した事実はない."""
ASKING = _words("求める 請求 申請 要求 申し立てる 申立てる 申し立て")
"""Verbs of going to court, which demand no act where their object is the suit or its remedy."""
DENYING = _words("否定 否認")
JUDGING = _words("言う いう 言える いえる 限る 思う 考える 断言 言い切れる 認める 確認")
"""Verbs of judging whose negation denies what is quoted: 批判したとは言えない."""
PEOPLE = re.compile(r"(?:者|人|国|声|例|動き|企業|会社|議員|選手|こと|意図|様子)$")
CONTINUATIONS = re.compile(r"(?:%|％|割|過半数?|大半|一部|全部|声|言葉|権|株式?|持ち?分|等|意|側)$")
"""Nouns in which the act lives on: the share of a stake, the voice of a protest."""
ARGUMENT_PARTICLES = _words("を が は も に へ には にも をも すら さえ まで こそ をめぐり") | {""}
AGREEING_ON = _words("合意 調整 一致 検討 協議")
"""Verbs whose plan stands before them with で: 出資することで合意した."""
DEEMING = _words("する 見る みなす 見なす 書く 呼ぶ 言う いう なる 考える 思う")
"""Verbs that call something an act with と: 彼の創設とされる."""
