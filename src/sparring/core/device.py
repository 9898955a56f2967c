"""The machine: which device computes, in which precision, with how many threads."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import platform
import shutil
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from sparring.core.errors import UserError, quoted

EXTRAS = {
    "demo": "mlxtend",
    "export": "onnxruntime",
    "inception": "torch_fidelity",
    "provenance": "c2pa",
    "serve": "fastapi",
    "studio": "nicegui",
    "tensorboard": "tensorboard",
    "text": "sentencepiece",
}


def choose(name: str = "auto") -> torch.device:
    """The device called `name`; "auto" is the first CUDA device where there is one, else the CPU.

    Raises:
        UserError: no such device on this machine.
    """
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        device = torch.device(name)
        torch.empty(1, device=device)
    except (RuntimeError, AssertionError) as error:
        raise UserError(f"There is no device {quoted(name)} here; 'cpu' always works.") from error
    return device


def named(device: torch.device) -> str:
    """The device with what it is: "cuda:0 (NVIDIA H200)" or "cpu (x86_64)"."""
    if device.type == "cuda":
        return f"{device} ({torch.cuda.get_device_name(device)})"
    return f"{device} ({platform.machine()})"


def laid_out(samples: Tensor) -> Tensor:
    """Samples as convolutions read them fastest: pictures channels last, all others in order."""
    layout = torch.channels_last if samples.ndim == 4 else torch.contiguous_format
    return samples.contiguous(memory_format=layout)


def physical_cores() -> int:
    """Cores that this process may use, not counting hyper-threads twice."""
    allowed = os.sched_getaffinity(0) if sys.platform == "linux" else range(os.cpu_count() or 1)
    cores = set()
    for cpu in allowed:
        siblings = Path(f"/sys/devices/system/cpu/cpu{cpu}/topology/thread_siblings_list")
        cores.add(siblings.read_text() if siblings.is_file() else str(cpu))
    return len(cores)


@contextlib.contextmanager
def threads(count: int) -> Iterator[int]:
    """Compute with `count` threads; yields the number used.

    0 is one for each physical core, shared among the processes that torchrun started here.

    Raises:
        UserError: more than the machine has, which would bring it to a standstill.
    """
    most = os.cpu_count() or 1
    if count > most:
        raise UserError(f"training.threads = {count}: this machine has {most}; 0 takes all cores.")
    before = torch.get_num_threads()
    neighbours = int(os.environ.get("LOCAL_WORLD_SIZE", "1"))
    torch.set_num_threads(count or max(1, physical_cores() // neighbours))
    try:
        yield torch.get_num_threads()
    finally:
        torch.set_num_threads(before)


@contextlib.contextmanager
def repeatable() -> Iterator[None]:
    """Have cuDNN choose algorithms that give the same bits every time.

    Without it most networks with convolutions did not resume to the same bits on a GPU. Other
    operations, such as sums by index or interpolation, may still differ there; on a CPU nothing
    does.
    """
    before = torch.backends.cudnn.deterministic
    torch.backends.cudnn.deterministic = True
    try:
        yield
    finally:
        torch.backends.cudnn.deterministic = before


def has_fast_bfloat16(device: torch.device) -> bool:
    """Whether the hardware multiplies bfloat16 natively."""
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    return device.type == "cpu" and torch.cpu._is_avx512_bf16_supported()


def autocast(device: torch.device, precision: str) -> AbstractContextManager[Any]:
    """The context in which a loss is computed at `precision` ("float32" or "bfloat16")."""
    if precision == "bfloat16":
        return torch.autocast(device.type, dtype=torch.bfloat16)
    return contextlib.nullcontext()


def describe() -> dict[str, Any]:
    """What `sparring doctor` shows: versions, cores, memory, disk, devices, optional parts."""
    disk = shutil.disk_usage(Path.cwd())
    return {
        "python": platform.python_version(),
        "torch": torch.__version__,
        "system": f"{platform.system()} {platform.machine()}",
        "processor": _processor(),
        "physical_cores": physical_cores(),
        "memory_gib": round(_memory() / 2**30, 1),
        "free_disk_gib": round(disk.free / 2**30, 1),
        "devices": ["cpu", *(f"cuda:{i}" for i in range(torch.cuda.device_count()))],
        "fast_bfloat16": has_fast_bfloat16(choose()),
        "extras": {
            extra: importlib.util.find_spec(module) is not None for extra, module in EXTRAS.items()
        },
    }


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    if info.is_file():
        for line in info.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or "unknown"


def _memory() -> int:
    if sys.platform == "linux":
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return 0
