"""What lamps of health are called, and the plain sentence beside each that is lit."""

from __future__ import annotations

HEALTH: dict[str, tuple[str, str]] = {
    "lamp_pinned": ("Certainty of the discriminator", "判别器的把握"),
    "why_pinned": (
        "The discriminator has won, so the generator learns little from it. Raise its penalty, or "
        "give it fewer weights.",
        "判别器已经赢了，生成器从中学不到多少。加大惩罚，或减少它的权重。",
    ),
    "lamp_saturated": ("Balance of the two", "双方势均力敌"),
    "why_saturated": (
        "It tells nearly every sample, and samples no longer get better. Raise its penalty, or "
        "give it fewer weights.",
        "它几乎能分辨每个样本，而样本不再变好。加大惩罚，或减少它的权重。",
    ),
    "lamp_vanishing": ("Gradient", "梯度"),
    "why_vanishing": (
        "Hardly any gradient reaches the generator. Use an objective that does not saturate, or a "
        "penalty.",
        "几乎没有梯度传到生成器。换用不饱和的目标，或加惩罚。",
    ),
    "lamp_collapsed": ("Variety", "多样性"),
    "why_collapsed": (
        "The generator makes a few samples over and over. Lower the learning rate, use the "
        "relativistic objective, or larger batches.",
        "生成器反复做同样几个样本。降低学习率，使用 relativistic 目标，或加大批量。",
    ),
    "lamp_lost_classes": ("Classes kept", "类别保持"),
    "why_lost_classes": (
        "The generator has given up on some classes. Give it labels, or show more samples.",
        "生成器放弃了某些类别。给它标签，或展示更多样本。",
    ),
    "lamp_diverging": ("Getting better", "越来越好"),
    "why_diverging": (
        "Samples get worse. Lower the learning rate or raise the penalty; the best checkpoint is "
        "kept.",
        "样本在变差。降低学习率或加大惩罚；最好的检查点已保留。",
    ),
    "lamp_blind": ("Eyes of the discriminator", "判别器的眼力"),
    "why_blind": (
        "The discriminator is too weak to teach. Give it more weights or fewer penalties.",
        "判别器太弱，教不了。给它更多权重或更少惩罚。",
    ),
    "lamp_overfitting": ("Learning, not cramming", "学会而非死记"),
    "why_overfitting": (
        "The discriminator knows the training samples by heart. Add augmentation, or bring more "
        "data.",
        "判别器背下了训练样本。加入数据增强，或准备更多数据。",
    ),
    "lamp_memorising": ("No copies", "没有抄袭"),
    "why_memorising": (
        "The generator repeats training samples. Add augmentation, or bring more data.",
        "生成器在重复训练样本。加入数据增强，或准备更多数据。",
    ),
    "lamp_oscillating": ("Steadiness", "平稳"),
    "why_oscillating": (
        "The players chase each other in circles. Lower the learning rate, or raise the penalty.",
        "双方在互相追逐打转。降低学习率，或加大惩罚。",
    ),
    "lamp_ignored_labels": ("Labels heeded", "听从标签"),
    "why_ignored_labels": (
        "Samples do not follow the labels. Let both players heed them.",
        "样本不听从标签。让双方都使用标签。",
    ),
    "lamp_wrong_labels": ("Labels right", "标签正确"),
    "why_wrong_labels": (
        "Labels do not belong to their samples. Look the data over.",
        "标签与样本不符。请检查数据。",
    ),
    "lamp_starved": ("Data arrive", "数据供给"),
    "why_starved": (
        "The data come more slowly than they are learned from. Put them on a faster disk.",
        "数据供给比学习慢。把它们放到更快的磁盘上。",
    ),
    "lamp_missing_classes": ("Every class is there", "类别齐全"),
    "why_missing_classes": (
        "Some classes have no training samples. What is not there cannot be learned.",
        "有些类别没有训练样本。没有的东西学不会。",
    ),
    "lamp_not_finite": ("Numbers", "数值"),
    "why_not_finite": (
        "A loss was not a number. Lower the learning rate, or raise the penalty.",
        "损失不是数。降低学习率，或加大惩罚。",
    ),
}
