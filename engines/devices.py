"""The devices that compute: what this build of llama.cpp can use, and what NVIDIA's driver shows."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

DeviceKind = Literal["gpu", "integrated", "cpu", "other"]
ASKED_S = 10
"""How long nvidia-smi may take: the first call wakes a sleeping driver."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """A device by its name ("CUDA0") and description ("NVIDIA H100"), with its memory in bytes."""

    name: str
    description: str
    kind: DeviceKind
    free: int
    total: int


class DeviceProbe(Protocol):
    """Says which devices there are now, and how much of their memory is free."""

    def devices(self) -> Sequence[Device]:
        """All of them, in the order in which the library numbers them."""
        ...


def usable(devices: Sequence[Device]) -> list[Device]:
    """The devices that llama.cpp puts layers on: graphics cards; where there is none, graphics in the processor."""
    cards = [device for device in devices if device.kind == "gpu"]
    return cards or [device for device in devices if device.kind == "integrated"]


class NvidiaProbe:
    """What nvidia-smi tells, whether or not anything here can use it."""

    def devices(self) -> list[Device]:
        """The cards; none where there is no driver, or it does not answer."""
        if not nvidia_device_present():
            return []
        try:
            done = subprocess.run(
                ["nvidia-smi", "--query-gpu=index,name,memory.free,memory.total", "--format=csv,noheader,nounits"],
                capture_output=True,
                text=True,
                timeout=ASKED_S,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired):
            return []
        return cards_listed(done.stdout) if done.returncode == 0 else []


def cards_listed(listed: str) -> list[Device]:
    """The cards of nvidia-smi's list (index, name, free and total memory in MiB); a line of another kind is no card."""
    found = []
    for line in listed.splitlines():
        parts = [part.strip() for part in line.split(",")]
        if len(parts) == 4 and parts[0].isdecimal() and parts[2].isdecimal() and parts[3].isdecimal():
            free, total = (int(part) << 20 for part in parts[2:])
            found.append(Device(name=f"NVIDIA{parts[0]}", description=parts[1], kind="gpu", free=free, total=total))
    return found


def nvidia_device_present() -> bool:
    """Whether the NVIDIA driver shows a device (on WSL it has another name)."""
    return any(Path(device).exists() for device in ("/dev/nvidia0", "/dev/nvidiactl", "/dev/dxg"))
