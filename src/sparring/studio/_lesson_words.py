"""The words of the lesson."""

from __future__ import annotations

LESSON: dict[str, tuple[str, str]] = {
    "lesson_means": (
        "Blue points are real. Orange points are made by the generator, which has never seen a "
        "real one. The discriminator colours the square: blue where it would say “real”, orange "
        "where it would say “generated”. Arrows show where the generator’s loss pulls its points.",
        "蓝点是真实的；橙点由生成器制作，而它从未见过真实的点。判别器给方块着色：它会说“真实”的地方是蓝色，"
        "会说“生成”的地方是橙色。箭头表示生成器的损失把它的点拉向哪里。",
    ),
    "scenes": ("What to see", "看点"),
    "scene_first": ("A first match", "第一场对抗"),
    "scene_first_look": (
        "Press Run. Orange points follow the arrows towards blue ground; the ground gives way as "
        "they arrive. After some hundred steps they lie on the ring and the square turns pale: "
        "the discriminator can no longer tell.",
        "点“运行”。橙点沿箭头走向蓝色区域，它们一到，颜色就退去。几百步之后它们落在圆环上，方块变淡：判别器已分不清真假。",
    ),
    "scene_vanishing": ("Vanishing gradients", "梯度消失"),
    "scene_vanishing_look": (
        "The discriminator learns much faster here. Run: it becomes certain, and with the minimax "
        "loss the arrows shrink to nothing, so the points stand still. Look at the number Pull. "
        "Then press the cure: the same networks, another loss, and the arrows are back.",
        "这里判别器学得快得多。运行：它变得确信无疑，"
        "用 minimax 损失时箭头缩到没有，点停住不动。看“拉力”这个数。"
        "然后点“治疗”：网络不变，只换损失，箭头就回来了。",
    ),
    "scene_flowing": ("… cured from the start", "……从一开始就治好"),
    "scene_flowing_look": (
        "The same strong discriminator with the non-saturating loss. The surer it is, the longer "
        "the arrows: Pull stays large until the points have arrived.",
        "同样强的判别器，换成 non-saturating 损失。"
        "它越确信，箭头越长：点到达之前，“拉力”一直很大。",
    ),
    "scene_collapse": ("Mode collapse", "模式坍塌"),
    "scene_collapse_look": (
        "Eight heaps, but a hasty generator and a simple discriminator. Run: all points crowd "
        "together and chase from heap to heap. Look at Heaps found: it stays far below 8. The "
        "next scene finds them all.",
        "八堆点，但生成器性急、判别器简单。运行：所有点挤在一起，"
        "从一堆赶往另一堆。看“找到的堆”：远不到 8。下一幕会全部找到。",
    ),
    "scene_all_heaps": ("… cured", "……治好"),
    "scene_all_heaps_look": (
        "The same eight heaps: samples are judged in pairs, slopes are penalised, the "
        "discriminator is larger, and nobody gathers momentum. Run: all 8 heaps are found within "
        "some hundred steps, and kept.",
        "同样的八堆：成对评判，惩罚坡度，判别器更大，双方都不积累动量。"
        "运行：几百步之内找到全部 8 堆，并且保持住。",
    ),
    "scene_own": ("Your own drawing", "你自己画的"),
    "scene_own_look": (
        "Drag over the square to draw (or move with the arrow keys and press the space bar), then "
        "press Learn this: the generator learns your drawing.",
        "在方块上拖动来画（或用方向键移动、空格落笔），然后点“学这个”：生成器来学你的画。",
    ),
    "cure": ("Cure: {loss}", "治疗：{loss}"),
    "data_shape": ("Real points", "真实的点"),
    "shape_ring": ("a ring", "圆环"),
    "shape_eight_gaussians": ("eight heaps", "八堆"),
    "shape_two_moons": ("two moons", "双月"),
    "shape_grid": ("a grid of heaps", "网格"),
    "shape_spiral": ("a spiral", "螺旋"),
    "shape_own": ("a drawing", "手绘"),
    "draw": ("Draw", "画"),
    "drawing_done": ("Learn this", "学这个"),
    "wipe": ("Wipe", "擦掉"),
    "draw_first": ("Draw something first.", "请先画点什么。"),
    "board": (
        "The square. While drawing: arrow keys move, the space bar leaves a dab",
        "方块。作画时：方向键移动，空格落笔",
    ),
    "loss": ("Loss", "损失"),
    "loss_means": (
        "Another loss or rate takes effect at once, on the networks as they are.",
        "更换损失或学习率立即生效，网络保持原样。",
    ),
    "loss_minimax": ("minimax (2014)", "极小极大 minimax（2014）"),
    "loss_non_saturating": ("non-saturating (2014)", "不饱和 non-saturating（2014）"),
    "loss_least_squares": ("least squares (2017)", "最小二乘（2017）"),
    "loss_hinge": ("hinge (2017)", "合页 hinge（2017）"),
    "loss_wasserstein_gp": ("Wasserstein, penalty (2017)", "Wasserstein 加惩罚（2017）"),
    "loss_relativistic": ("relativistic, R1 + R2 (2024)", "成对相对，R1+R2（2024）"),
    "rate": ("Learning rate of the generator", "生成器的学习率"),
    "factor": ("… of the discriminator, times", "……判别器的倍数"),
    "width_generator": ("Width of the generator", "生成器的宽度"),
    "width_discriminator": ("Width of the discriminator", "判别器的宽度"),
    "one_step": ("Step", "一步"),
    "slow": ("Slow", "慢放"),
    "run": ("Run", "运行"),
    "pause": ("Pause", "暂停"),
    "afresh": ("Start again", "重新开始"),
    "turn_discriminator": (
        "The discriminator has moved: look at the colours.",
        "判别器走了一步：看颜色。",
    ),
    "turn_generator": (
        "The generator has moved: look at the orange points.",
        "生成器走了一步：看橙点。",
    ),
    "ready": ("Ready. Nobody has moved yet.", "就绪，还没有人走。"),
    "running": ("{rate} steps a second", "每秒 {rate} 步"),
    "paused": ("Paused.", "已暂停。"),
    "num_steps": ("Steps", "步数"),
    "num_shown": ("Real points shown", "已看的真实点"),
    "num_d_real": ("D(real)", "D(真)"),
    "num_d_fake": ("D(generated)", "D(生成)"),
    "num_push": ("Pull (mean arrow)", "拉力（平均箭头）"),
    "num_found": ("Heaps found", "找到的堆"),
    "num_on_target": ("Points on target", "落在目标上的点"),
    "same_command": ("The same training without a lesson", "不用课堂的同一训练"),
    "with_digits": ("The same with digits", "数字也一样"),
    "with_digits_mean": (
        "Nothing is different but the number of dimensions: a picture of 28 by 28 pixels is a "
        "point with 784 coordinates. The same loop, now with the recipe digits_quick.",
        "除了维数，没有任何不同：28×28 像素的图片就是一个有 784 个坐标的点。"
        "同一个循环，换成配方 digits_quick。",
    ),
    "digits_preview": ("Digits that the generator makes now", "生成器现在做出的数字"),
    "digits_at": (
        "{samples} digits shown, {rate} a second",
        "已看 {samples} 个数字，每秒 {rate} 个",
    ),
    "digits_wait": ("Preparing …", "正在准备……"),
}
"""Keys, with what they say in English and in Chinese."""
