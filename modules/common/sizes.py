"""What the setting `size` stands for: how large a task and the database's instance are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Size:
    """Workers, threads and pools follow from the task's CPU and memory (modules/service/sizing.py).

    Attributes:
        cpu_units, memory_mib: of each task.
        instance_class: the database's.
    """

    cpu_units: int
    memory_mib: int
    instance_class: str

    @property
    def settings(self) -> dict[str, dict[str, Any]]:
        """As a file would hold them."""
        return {
            "service": {"cpu_units": self.cpu_units, "memory_mib": self.memory_mib},
            "database": {"instance_class": self.instance_class},
        }


SIZES: Mapping[str, Size] = {
    "small": Size(cpu_units=512, memory_mib=1024, instance_class="db.t4g.micro"),
    "medium": Size(cpu_units=512, memory_mib=1024, instance_class="db.t4g.medium"),
    "large": Size(cpu_units=1024, memory_mib=2048, instance_class="db.m7g.large"),
    "xlarge": Size(cpu_units=2048, memory_mib=4096, instance_class="db.m7g.xlarge"),
}
DEMO, PRODUCTION = SIZES["small"], SIZES["medium"]
