"""Every word of the studio, in English and in Chinese."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from sparring.studio._health_words import HEALTH
from sparring.studio._lesson_words import LESSON
from sparring.studio.translating import in_chinese


class Language(NamedTuple):
    """One language: how it is stored, what browsers call it, what its readers call it."""

    code: str
    tag: str
    name: str


LANGUAGES = {"en": Language("en", "en", "English"), "zh": Language("zh", "zh-CN", "中文")}

WORDS: dict[str, tuple[str, str]] = {
    # The frame.
    "menu": ("Menu", "菜单"),
    "skip": ("Skip to the content", "跳到正文"),
    "shade": ("Light or dark", "明暗切换"),
    "foot": ("Everything stays on this machine.", "一切都留在这台电脑上。"),
    "close": ("Close", "关闭"),
    "more": ("More", "更多"),
    "play": ("Play or stop", "播放或停止"),
    "nothing": ("(nothing)", "（无）"),
    "any": ("any, in turn", "不限（依次取）"),
    "model": ("Model", "模型"),
    "seed": ("Seed", "种子"),
    "labels": ("Labels", "标签"),
    "settings": ("Settings", "设置"),
    "stop": ("Stop", "停止"),
    "no_models": (
        "There are no models yet; train one first.",
        "还没有模型，请先训练一个。",
    ),
    "fill_in": ("Fill in the seed and the count.", "请填写种子和数量。"),
    "too_large": ("This file is too large.", "文件太大。"),
    # Home.
    "home": ("Home", "首页"),
    "welcome": (
        "Two networks play against each other: a generator makes samples, a discriminator tells "
        "them from real ones, and both get better by it. Here you can play with models that have "
        "learned, watch one learn from your own examples, and see where every picture came from.",
        "两个网络互相对抗：生成器制作样本，判别器分辨真假，双方因此越来越强。在这里，你可以玩已经学成的模型，"
        "看着模型从你自己的样例中学习，并查看每张图片的来历。",
    ),
    "five_minutes": ("What can I do in five minutes?", "五分钟能做什么？"),
    "ready_models": ("Models that are ready to play with", "可以直接玩的模型"),
    "generate_does": (
        "Ask a model for pictures, sounds or poems. What you make is kept.",
        "让模型生成图片、声音或诗。做出来的都会保存。",
    ),
    "explore_does": (
        "Drag over a map of everything that a model can make.",
        "在地图上拖动，浏览模型能做出的一切。",
    ),
    "train_does": (
        "Teach a new model: handwritten digits take about three minutes.",
        "训练新模型：手写数字大约三分钟。",
    ),
    "learn_does": (
        "See with your own eyes how the two networks make each other better.",
        "亲眼看两个网络如何互相促进。",
    ),
    "judge_does": (
        "How good is a model? Figures with intervals, beside real samples.",
        "模型有多好？带区间的指标，与真实样本对照。",
    ),
    "data_does": (
        "Look your examples over before training: problems first.",
        "训练前检查你的样例：先看问题。",
    ),
    "samples_of": ("Samples that {model} made", "{model} 生成的样本"),
    # Generate.
    "generate": ("Generate", "生成"),
    "ask": ("Ask for", "要什么"),
    "make": ("Make", "生成"),
    "making": ("Making …", "正在生成……"),
    "made_so_many": ("Made and kept: {count}", "已生成并保存：{count}"),
    "count": ("How many", "数量"),
    "dice": ("Another seed", "换一个种子"),
    "truncation": ("Truncation", "截断"),
    "truncation_means": (
        "Less: more typical and less varied.",
        "越小越典型，变化越少。",
    ),
    "temperature": ("Temperature", "温度"),
    "temperature_means": ("Below 1 tamer, above 1 bolder.", "小于 1 更稳，大于 1 更大胆。"),
    "top_p": ("Top-p", "Top-p"),
    "top_p_means": (
        "Draw from the likeliest symbols alone.",
        "只从最可能的符号中抽取。",
    ),
    "prefix": ("Begins with", "开头"),
    "verse": ("Form of verse", "格律"),
    "gallery": ("What you made", "你的作品"),
    "gallery_empty": ("Nothing yet. Press Make.", "还没有。点“生成”。"),
    "made_by": ("Made by {model}, seed {seed}.", "由 {model} 生成，种子 {seed}。"),
    "again": ("Make again", "重做一次"),
    "alike": ("More like this", "更多相似的"),
    "download": ("Download", "下载"),
    "its_label": ("Its label", "它的标识"),
    "use": ("Use its settings", "使用它的设置"),
    "remove": ("Remove", "删除"),
    "filled": ("The form has its settings now.", "表单已填入它的设置。"),
    "model_hash": ("Hash of the model", "模型哈希"),
    "made_at": ("Made (UTC)", "生成时间（UTC）"),
    "verify": ("Where does a file come from?", "文件从哪里来？"),
    "verify_does": (
        "Drop a file to see which labels it carries. Labels can be removed or forged: a missing "
        "or valid one proves nothing by itself.",
        "放入文件，查看它带有哪些标识。标识可以被去除或伪造：缺少或有效都不能单独证明什么。",
    ),
    "drop_here": (
        "Drop a file here, with its label if that lies beside it, or choose with +",
        "把文件放到这里（旁边有标识文件时一起放），或点 + 选择",
    ),
    "provenance": ("What the file says", "文件里写着什么"),
    "rule": ("Rule", "依据"),
    "present": ("present", "有"),
    "valid": ("valid", "有效"),
    "invalid": ("invalid", "无效"),
    "duplicate": ("duplicate", "重复"),
    "missing": ("missing", "没有"),
    "layer_recipe": ("Recipe to make it again", "重做配方"),
    "layer_implicit": ("Implicit label (GB 45438-2025)", "隐式标识（GB 45438-2025）"),
    "layer_iptc": ("Digital source type (IPTC)", "数字来源类型（IPTC）"),
    "layer_disclosure": ("Disclosure (California SB 942)", "披露信息（加州 SB 942）"),
    "layer_credentials": ("Content credentials (C2PA)", "内容凭证（C2PA）"),
    "layer_visible": ("Label for people", "显式标识"),
    "layer_integrity": ("Content unchanged", "内容未改动"),
    # Explore.
    "explore": ("Explore", "探索"),
    "map": ("Map", "地图"),
    "map_means": (
        "Every place is a latent. Drag, or use the arrow keys.",
        "每个位置是一个潜变量。可拖动，也可用方向键。",
    ),
    "map_keys": ("Map of latent space; move with the arrow keys", "潜空间地图，用方向键移动"),
    "here": ("Here", "此处"),
    "other_map": ("Another map", "换一张地图"),
    "keep": ("Keep", "保存"),
    "kept": ("Kept; you find it under Generate.", "已保存，可在“生成”页找到。"),
    "directions": ("Directions", "方向"),
    "directions_wait": ("Looking for directions …", "正在寻找方向……"),
    "directions_mean": (
        "In which samples differ most (principal components of what the model makes).",
        "样本差别最大的方向（生成结果的主成分）。",
    ),
    "direction": ("{number}: {share} of the differences", "{number}：占差别的 {share}"),
    "reset": ("Back to 0", "归零"),
    "nearest": ("Nearest training example", "最近的训练样例"),
    "nearest_wait": ("Looking through the training data …", "正在查看训练数据……"),
    "nearest_far": (
        "{ratio} times as far as training examples usually lie from each other.",
        "距离是训练样例之间通常距离的 {ratio} 倍。",
    ),
    "nearest_copy": (
        "{ratio} times as far as training examples usually lie from each other: nearly a copy.",
        "距离是训练样例之间通常距离的 {ratio} 倍：几乎是复制。",
    ),
    "looked_through": ("Looked through: {count}.", "查看了 {count} 个。"),
    "by_extractor": ("Compared by the extractor {name}.", "由特征提取器 {name} 比较。"),
    "by_values": ("Compared value by value.", "逐值比较。"),
    "walk": ("From A to B", "从 A 到 B"),
    "from_seed": ("Seed A", "种子 A"),
    "to_seed": ("Seed B", "种子 B"),
    "steps": ("Steps", "步数"),
    "walk_go": ("Walk", "出发"),
    # Train.
    "train": ("Train", "训练"),
    "runs": ("Trainings", "训练列表"),
    "no_runs": ("None yet.", "还没有。"),
    "new_training": ("New training", "新训练"),
    "recipe": ("Recipe", "配方"),
    "run_name": ("Name of the run", "训练名称"),
    "start": ("Start", "开始"),
    "resume": ("Resume", "继续"),
    "progress": ("Progress", "进度"),
    "own_data": ("Your own data", "你自己的数据"),
    "own_data_means": (
        "A zip (sub-folders are classes), a file of texts or points, or several files; or a folder "
        "on this machine.",
        "一个 zip（子文件夹即类别）、文本文件、点的 CSV 文件或多个文件，或本机上的文件夹。",
    ),
    "drop_data": ("Drop data here, or choose with +", "把数据放到这里，或点 + 选择"),
    "numbered": (
        "Files that had the name of another one and got a number: {count}",
        "与其他文件重名、已加编号的文件：{count}",
    ),
    "path_here": ("Folder or file on this machine", "这台电脑上的文件夹或文件"),
    "no_such_place": ("There is nothing at {path}.", "{path} 不存在。"),
    "not_here": ("There is no {name} here.", "这里没有 {name}。"),
    "look": ("Look", "查看"),
    "state_queued": ("waiting", "等待中"),
    "state_running": ("running", "训练中"),
    "state_done": ("done", "完成"),
    "state_stopped": ("stopped", "已停止"),
    "state_failed": ("failed", "失败"),
    "state_elsewhere": ("in use by another process", "正被其他进程使用"),
    "so_far": ("{samples} of {total} samples", "{total} 个样本中的 {samples} 个"),
    "eta": ("{speed} a second, {time} left", "每秒 {speed} 个，还需 {time}"),
    "previews": ("What it makes", "它做出的"),
    "after": ("after {samples} samples", "{samples} 个样本之后"),
    "health": ("Health", "健康"),
    "healthy": ("Nothing is wrong so far.", "目前一切正常。"),
    "no_numbers": ("No numbers yet.", "还没有数据。"),
    "not_measured": ("not measured", "未测量"),
    "lamp_well": ("well", "正常"),
    "lamp_lit": ("look here", "请注意"),
    "since": ("seen after {samples} samples", "在 {samples} 个样本后出现"),
    "verdicts": ("What the discriminator thinks", "判别器怎么看"),
    "verdicts_means": (
        "Mean probability of “real” that it gives. Far apart: it wins. Together: it is fooled.",
        "它给出“真实”的平均概率。相距远：它占上风；靠近：它被骗了。",
    ),
    "losses": ("Losses", "损失"),
    "losses_means": (
        "They say who leads, not how good samples are.",
        "它们说明谁领先，而不是样本有多好。",
    ),
    "score": ("Score", "得分"),
    "score_means": (
        "Distance to real samples as an extractor sees them; lower is better.",
        "特征提取器眼中与真实样本的距离，越低越好。",
    ),
    "curve_d_real": ("of real ones", "真实样本"),
    "curve_d_fake": ("of generated ones", "生成样本"),
    "curve_score": ("score", "得分"),
    "curve_loss_generator": ("generator", "生成器"),
    "curve_loss_discriminator": ("discriminator", "判别器"),
    # Judge.
    "judge": ("Judge", "评判"),
    "compare_with": ("Compare with", "与之比较"),
    "quick": ("Quick", "快速"),
    "judge_now": ("Judge now", "现在评判"),
    "no_report": (
        "There is no report on this yet. Judging takes a minute or more and needs the real data on "
        "this machine.",
        "还没有这份报告。评判需要一分钟以上，并且真实数据要在这台电脑上。",
    ),
    "judging": ("Judging …", "正在评判……"),
    "by_whom": ("{what}, by {who}", "{what}，由 {who}"),
    "report": ("Report", "报告"),
    "same_seeds": ("The same seeds", "相同的种子"),
    "two_different": ("Choose two different models.", "请选择两个不同的模型。"),
    # Data.
    "data": ("Data", "数据"),
    "known_sets": ("Data sets", "数据集"),
    "looking": ("Looking at every file …", "正在查看每个文件……"),
    "problems": ("Problems", "问题"),
    "no_problems": ("No problems found.", "没有发现问题。"),
    "examples": ("Usable examples: {count}", "可用样例：{count}"),
    "balance": ("Balance", "均衡"),
    "copies": ("Copies and near copies", "重复与近似重复"),
    "contact_sheet": ("Some of them", "其中一些"),
    # Learn.
    "learn": ("Learn", "学习"),
    **LESSON,
    **HEALTH,
}
"""Keys, with what they say in English and in Chinese."""


class Say:
    """Says words in one language.

    Args:
        language: which.
    """

    def __init__(self, language: Language) -> None:
        self.language = language

    def __call__(self, key: str, **values: object) -> str:
        """The words of a key, with values put in."""
        return WORDS[key][list(LANGUAGES).index(self.language.code)].format(**values)

    def told(self, sentence: str) -> str:
        """What Sparring says in English, in the reader's language as far as that is known."""
        return in_chinese(sentence) if self.language.code == "zh" else sentence

    def or_itself(self, key: str, name: str) -> str:
        """The words of a key, or a name as it is where it has no words."""
        return self(key) if key in WORDS else name


def language_of(cookies: Mapping[str, str], headers: Mapping[str, str]) -> Language:
    """What somebody chose, else what their browser prefers."""
    chosen = cookies.get("language", "")
    if chosen in LANGUAGES:
        return LANGUAGES[chosen]
    preferred = headers.get("accept-language", "").lower()
    return LANGUAGES["zh" if preferred.startswith("zh") else "en"]
