"""Words to make texts of: German, Chinese, Japanese, Thai, Arabic, the most frequent first; and English from Python.

The texts have no meaning. What counts for near-duplicates is how a script is written, how long words and sentences
are, and that few words are frequent and most are rare (Zipf's law).
"""

import ast
import functools
import itertools
import random
import re
import sysconfig
import textwrap
from pathlib import Path

MODULES = (
    "argparse ast calendar codecs collections/__init__ configparser contextlib csv datetime difflib doctest ftplib "
    "functools http/client imaplib inspect ipaddress logging/__init__ mailbox optparse pathlib pdb pickle pickletools "
    "platform random shutil smtplib socket statistics string subprocess tarfile textwrap threading tokenize trace "
    "turtle typing unittest/case unittest/mock urllib/request uuid weakref xml/etree/ElementTree zipfile"
)
"""Modules of Python's library. Their docstrings are the English texts, and their functions are the code."""

GERMAN = (
    "die der und in zu den das nicht von sie ist des sich mit dem dass er es ein ich auf so eine auch als an nach wie "
    "im für man aber aus durch wenn nur war noch werden bei hat wir was wird sein einen welche sind oder zur um haben "
    "einer mir über ihm diese einem ihr uns da zum kann doch vor dieser mich ihn du hatte seine mehr am denn nun unter "
    "sehr selbst schon hier bis habe ihre dann ihnen seiner alle wieder meine Zeit gegen vom ganz einzelnen wo muss "
    "ohne eines können sei ja wurde jetzt immer seinen wohl dieses ihren würde diesen sondern weil welcher nichts "
    "diesem alles waren will Herr viel mein also soll worden lassen dies machen ihrer weiter Leben recht etwas keine "
    "seinem ob dir allen großen Jahre Weise müssen welches wäre erst einmal Mann hätte zwei dich allein Herren während "
    "Frau Straße Wetter Haus Stadt Fluss Brücke Bäcker Gemüse Schule Lehrer Arbeit Werkstatt Zeitung Gesellschaft "
    "Wissenschaft Bahnhof Regierung Möglichkeit Entwicklung Unternehmen Geschichte Sprache Kinder Garten Winter Sommer "
    "Frühling Herbst Fenster Tür Schlüssel Buch Bücher Blume Vogel Pferd Hund Katze Wasser Feuer Erde Luft Himmel "
    "Sonne Mond Stern Meer Berg Tal Wald Wiese Feld Dorf Kirche Markt Laden Preis Geld Bank Versicherung Gesetz "
    "Gericht Richter Anwalt Vertrag Frage Antwort Beispiel Ergebnis Grund Ursache Wirkung Anfang Ende Mitte Seite "
    "Brief Nachricht Gespräch Stimme Musik Lied Bild Farbe Licht Schatten Weg Reise Flug Schiff Zug Wagen Rad Motor "
    "Maschine Werkzeug Holz Eisen Glas Papier Stoff Kleid Schuh Hut Mantel Brot Käse Milch Butter Apfel Birne Suppe "
    "Fleisch Fisch Salz Zucker Kaffee Tee Wein Bier Teller Löffel Messer Gabel Tisch Stuhl Bett Schrank Zimmer Küche "
    "Keller Dach Wand Boden Treppe Arzt Krankheit Gesundheit Körper Kopf Auge Ohr Nase Mund Hand Fuß Herz Blut Gefühl "
    "Freude Angst Hoffnung Liebe Freund Feind Nachbar Bruder Schwester Vater Mutter Sohn Tochter Großvater Enkel König "
    "Fürst Krieg Frieden Soldat Waffe Sieg Freiheit Recht Pflicht Ordnung Regel Ausnahme Messung Rechnung Zahl Größe "
    "Länge Breite Höhe Gewicht Geschwindigkeit Temperatur Druck Strom Spannung Energie schnell langsam klein groß alt "
    "neu jung schön häufig selten richtig falsch leicht schwer hell dunkel warm kalt trocken nass offen geschlossen "
    "öffnen schließen fahren gehen laufen bleiben stehen sitzen liegen finden suchen fragen antworten hören sehen "
    "lesen schreiben rechnen messen bauen kaufen verkaufen bezahlen bringen holen tragen werfen fangen halten brechen"
)

CHINESE = (
    "的 是 在 了 和 有 不 我们 这 他 也 就 人 都 一个 上 到 说 要 会 年 对 可以 与 这个 为 中 可能 时候 没有 因为 所以 但是 如果 问题 "
    "他们 自己 什么 大家 已经 还是 或者 需要 进行 使用 通过 工作 学习 生活 社会 发展 研究 技术 方法 系统 数据 信息 公司 市场 经济 "
    "国家 政府 学校 老师 学生 孩子 家庭 父母 朋友 城市 农村 道路 桥梁 河流 山峰 海洋 天气 春天 夏天 秋天 冬天 早上 晚上 今天 明天 "
    "昨天 时间 地方 房子 窗户 门口 桌子 椅子 书籍 文章 报纸 电影 音乐 歌曲 图画 颜色 红色 蓝色 绿色 白色 黑色 米饭 面条 蔬菜 水果 "
    "苹果 牛奶 茶叶 咖啡 医生 医院 身体 健康 疾病 药品 运动 比赛 足球 游泳 跑步 旅行 飞机 火车 汽车 自行车 地铁 机场 车站 银行 商店 "
    "价格 便宜 昂贵 质量 产品 服务 客户 合同 法律 法院 警察 安全 危险 原因 结果 影响 作用 关系 环境 保护 资源 能源 石油 电力 水源 "
    "空气 污染 植物 动物 老虎 大象 小鸟 鱼类 森林 草原 沙漠 历史 文化 传统 现代 古代 艺术 博物馆 图书馆 语言 文字 词语 句子 意思 "
    "翻译 英语 汉语 数学 物理 化学 生物 实验 理论 计算机 软件 程序 网络 手机 机器 工具 材料 建筑 设计 工程 项目 计划 目标 任务 "
    "团队 领导 经理 员工 会议 讨论 决定 选择 机会 困难 解决 提高 降低 增加 减少 改变 开始 结束 继续 停止 打开 关闭 寻找 发现 制造 "
    "购买 出售 借给 归还 记住 忘记 喜欢 讨厌 希望 担心 高兴 难过 生气 安静 热闹 漂亮 丑陋 聪明 勇敢 诚实 认真 努力 容易 复杂 简单 "
    "重要 特别 普通 主要 全部 部分 许多 几个 第一 最后 之前 之后 里面 外面 附近 远处 左边 右边 中间 方向 速度 温度 高度 重量 长度"
)

JAPANESE = (
    "は の に を が と で も から まで より など です ます した する している ない という これ それ この その ある いる こと もの ため とき "
    "ところ 人 私 彼 彼女 私たち 今日 明日 昨日 今年 去年 時間 場所 問題 方法 理由 結果 関係 社会 経済 政治 文化 歴史 科学 技術 "
    "情報 会社 学校 先生 学生 子供 家族 友達 都市 田舎 道路 電車 駅 空港 飛行機 自動車 自転車 病院 医者 薬 健康 料理 野菜 果物 魚 "
    "肉 米 パン お茶 コーヒー 牛乳 朝 昼 夜 春 夏 秋 冬 天気 雨 雪 風 空 海 山 川 森 花 木 犬 猫 鳥 本 新聞 映画 音楽 歌 絵 写真 "
    "色 赤い 青い 白い 黒い 大きい 小さい 新しい 古い 高い 安い 早い 遅い 美しい 楽しい 悲しい 難しい 簡単な 大切な 便利な 静かな 元気な "
    "行く 来る 帰る 見る 聞く 話す 読む 書く 食べる 飲む 買う 売る 作る 使う 考える 思う 知る 分かる 教える 習う 働く 休む 始める 終わる "
    "続ける 開ける 閉める 探す 見つける 覚える 忘れる 好きな 嫌いな データ システム コンピューター インターネット プログラム サービス "
    "テーブル ドア ホテル レストラン スポーツ サッカー ニュース ゲーム カメラ エネルギー プロジェクト チーム メンバー アイデア グループ "
    "設計 建築 工事 計画 目標 会議 議論 決定 選択 機会 成功 失敗 経験 知識 意味 言葉 文章 翻訳 英語 日本語 数学 物理 化学 実験 理論 "
    "法律 警察 安全 危険 環境 保護 資源 電力 水 空気 植物 動物 材料 道具 機械 速度 温度 重さ 長さ 右 左 前 後ろ 中 外 近く 遠く"
)

THAI = (
    "ที่ และ ใน การ เป็น ของ มี ได้ ให้ ไม่ จะ ว่า ไป มา กับ นี้ แล้ว ก็ จาก คน ความ หรือ อยู่ ต้อง โดย เพื่อ กัน ผู้ ทำ เรา เขา ถ้า แต่ "
    "เพราะ เมื่อ ยัง ขึ้น ลง ออก เข้า มาก น้อย ใหญ่ เล็ก ใหม่ เก่า ดี สวย เร็ว ช้า ร้อน เย็น บ้าน เมือง ถนน สะพาน แม่น้ำ ภูเขา ทะเล ป่าไม้ "
    "ท้องฟ้า พระอาทิตย์ ดวงจันทร์ ฤดูหนาว ฤดูฝน ฤดูร้อน ตอนเช้า กลางคืน วันนี้ พรุ่งนี้ เมื่อวาน เวลา ปี เดือน สัปดาห์ ชั่วโมง โรงเรียน ครู "
    "นักเรียน มหาวิทยาลัย หนังสือ ภาษาไทย ภาษาอังกฤษ คำถาม คำตอบ ปัญหา วิธีการ เหตุผล ผลลัพธ์ ความรู้ การศึกษา วิทยาศาสตร์ คณิตศาสตร์ "
    "เทคโนโลยี คอมพิวเตอร์ โปรแกรม ข้อมูล ระบบ อินเทอร์เน็ต โทรศัพท์ บริษัท พนักงาน ผู้จัดการ ลูกค้า ตลาด ราคา สินค้า บริการ เศรษฐกิจ สังคม "
    "วัฒนธรรม ประวัติศาสตร์ ประเพณี รัฐบาล กฎหมาย ตำรวจ ศาล สัญญา โรงพยาบาล แพทย์ พยาบาล สุขภาพ โรคภัย ยารักษา อาหาร ข้าวสวย ก๋วยเตี๋ยว "
    "ผักสด ผลไม้ มะม่วง กล้วย น้ำดื่ม กาแฟ น้ำชา นมสด ปลาทู เนื้อหมู ไก่ย่าง น้ำตาล เกลือ พริกไทย ครอบครัว พ่อแม่ พี่น้อง ลูกสาว ลูกชาย เพื่อนบ้าน "
    "เด็กเล็ก ผู้ใหญ่ ผู้หญิง ผู้ชาย รถยนต์ รถไฟ เครื่องบิน เรือ จักรยาน สถานี สนามบิน โรงแรม ร้านอาหาร ห้องนอน ห้องครัว ประตู หน้าต่าง โต๊ะ "
    "เก้าอี้ เสื้อผ้า รองเท้า หมวก สีแดง สีเขียว สีขาว สีดำ ดนตรี เพลง ภาพยนตร์ ภาพวาด กีฬา ฟุตบอล ว่ายน้ำ สุนัข แมว ช้าง เสือ นก ดอกไม้ ต้นไม้ "
    "อากาศ พลังงาน ไฟฟ้า น้ำมัน สิ่งแวดล้อม ทรัพยากร เครื่องจักร เครื่องมือ วัสดุ ก่อสร้าง ออกแบบ โครงการ แผนงาน เป้าหมาย ประชุม ตัดสินใจ "
    "เลือก เริ่มต้น สิ้นสุด เปิด ปิด ค้นหา พบ สร้าง ซื้อ ขาย ยืม คืน จำ ลืม ชอบ เกลียด หวัง กังวล ยินดี เสียใจ โกรธ เงียบ ฉลาด กล้าหาญ ซื่อสัตย์ "
    "พยายาม ง่าย ยาก สำคัญ พิเศษ ธรรมดา ทั้งหมด บางส่วน หลาย แรก สุดท้าย ก่อน หลัง ข้างใน ข้างนอก ใกล้ ไกล ซ้าย ขวา กลาง ทิศทาง อุณหภูมิ น้ำหนัก"
)

ARABIC = (
    "في من على أن إلى التي الذي هذا هذه عن مع كان كانت لا ما قد هو هي كل بعد قبل بين أو ثم حتى إذا لم لن عند منذ خلال حول "
    "دون غير بعض أكثر أقل جدا فقط أيضا كما لكن لأن حيث ذلك تلك هناك اليوم غدا أمس الوقت السنة الشهر الأسبوع الساعة الصباح "
    "المساء الليل البيت المدينة القرية الشارع الجسر النهر البحر الجبل الغابة السماء الشمس القمر الشتاء الصيف الربيع الخريف "
    "المدرسة المعلم الطالب الجامعة الكتاب اللغة العربية السؤال الجواب المشكلة الطريقة السبب النتيجة المعرفة التعليم العلوم "
    "الرياضيات التكنولوجيا الحاسوب البرنامج البيانات النظام الشبكة الهاتف الشركة الموظف المدير العميل السوق السعر المنتج "
    "الخدمة الاقتصاد المجتمع الثقافة التاريخ التقاليد الحكومة القانون الشرطة المحكمة العقد المستشفى الطبيب الصحة المرض "
    "الدواء الطعام الخبز الأرز الخضار الفاكهة التفاح الماء القهوة الشاي الحليب السمك اللحم السكر الملح العائلة الأب الأم الأخ "
    "الأخت الابن البنت الجار الصديق الطفل الرجل المرأة السيارة القطار الطائرة السفينة الدراجة المحطة المطار الفندق المطعم "
    "الغرفة المطبخ الباب النافذة الطاولة الكرسي الملابس الحذاء اللون الأحمر الأزرق الأخضر الأبيض الأسود الموسيقى الأغنية "
    "الفيلم الصورة الرياضة الكرة السباحة الكلب القطة الطائر الزهرة الشجرة الهواء الطاقة الكهرباء النفط البيئة الموارد الآلة "
    "الأداة المادة البناء التصميم المشروع الخطة الهدف الاجتماع القرار الاختيار البداية النهاية كبير صغير جديد قديم جميل سريع "
    "بطيء حار بارد سهل صعب مهم خاص عادي يذهب يأتي يرى يسمع يتكلم يقرأ يكتب يأكل يشرب يشتري يبيع يصنع يستخدم يفكر يعرف يفهم "
    "يعلم يتعلم يعمل يبدأ ينتهي يستمر يفتح يغلق يبحث يجد يتذكر ينسى يحب يأمل يقلق يفرح يحزن يغضب يحاول يختار يقرر يساعد يسأل"
)


LANGUAGES = {
    "German": GERMAN.split(),
    "Chinese": CHINESE.split(),
    "Japanese": JAPANESE.split(),
    "Thai": THAI.split(),
    "Arabic": ARABIC.split(),
}
FREQUENT, COMPOUNDS = 60, 1500


@functools.cache
def lexicon(language: str) -> tuple[str, ...]:
    """The words of a language, the frequent ones first; the rare ones are compounds of two others."""
    rng, words = random.Random(language), LANGUAGES[language]
    pairs = [rng.sample(words[FREQUENT:], 2) for _ in range(COMPOUNDS)]
    return (*words, *dict.fromkeys(one + (other.lower() if language == "German" else other) for one, other in pairs))


def zipf(language: str, rng: random.Random, count: int) -> list[str]:
    """Draw words by Zipf's law."""
    words = lexicon(language)
    return rng.choices(words, cum_weights=_weights(len(words)), k=count)


@functools.cache
def _weights(count: int) -> list[float]:
    return list(itertools.accumulate(1 / (2 + rank) for rank in range(count)))


@functools.cache
def _modules() -> tuple[tuple[str, list[ast.AST]], ...]:
    """Return the modules that this version of Python has: each text, and its documented parts."""
    folder = Path(sysconfig.get_path("stdlib"))
    files = [folder / f"{name}.py" for name in MODULES.split()]
    sources = [file.read_text(encoding="utf-8") for file in files if file.exists()]
    parts = (ast.FunctionDef, ast.ClassDef, ast.Module)
    return tuple((text, [node for node in ast.walk(ast.parse(text)) if isinstance(node, parts)]) for text in sources)


@functools.cache
def english() -> tuple[str, ...]:
    """Return sentences of 6 to 40 words from docstrings, each once."""
    sentences = {}
    for node in itertools.chain.from_iterable(parts for _, parts in _modules()):
        prose = re.sub(r"\s+", " ", ast.get_docstring(node) or "")
        for sentence in re.findall(r"[A-Z][^.!?:;]*[a-z)][.!?](?= |$)", prose):
            if 6 <= len(sentence.split()) <= 40 and re.fullmatch(r"[\w\s,.'()\"-]*[.!?]", sentence):
                sentences[sentence] = None
    return tuple(sentences)


@functools.cache
def functions() -> tuple[str, ...]:
    """Return functions of 8 to 80 lines, each once, without the indentation of their class."""
    texts = {}
    for module, parts in _modules():
        lines = module.splitlines()
        for node in parts:
            if isinstance(node, ast.FunctionDef) and node.end_lineno and 8 <= node.end_lineno - node.lineno < 80:
                texts[textwrap.dedent("\n".join(lines[node.lineno - 1 : node.end_lineno]))] = None
    return tuple(texts)
