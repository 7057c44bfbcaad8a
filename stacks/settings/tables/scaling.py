"""The table `scaling`: how many tasks run, by their load."""

from __future__ import annotations

from typing import Annotated

from stacks.settings import aws
from stacks.settings.checks import AWS, BOOLEAN, Section, Setting, between

SCALING = f"{AWS}/AmazonECS/latest/developerguide/service-auto-scaling.html"
TARGET_TRACKING = f"{AWS}/AmazonECS/latest/developerguide/service-autoscaling-targettracking.html"
HIGHEST_MEMORY_PERCENT = 95


class ScalingSettings(Section):
    """More tasks under load, fewer without: the target that wants the most counts."""

    enabled: Annotated[
        bool,
        Setting(
            "The number of tasks follows their load, and `service.desired_count` is left alone",
            BOOLEAN,
            SCALING,
        ),
    ]
    min_count: Annotated[int, Setting("The fewest tasks", aws.DESIRED_COUNT, SCALING)] = 2
    max_count: Annotated[int, Setting("The most tasks", aws.DESIRED_COUNT, SCALING)] = 6
    cpu_percent: Annotated[
        int, Setting("The CPU that tasks should use on average", between(10, 90, "percent"), TARGET_TRACKING)
    ] = 60
    memory_percent: Annotated[
        int,
        Setting(
            "The memory that tasks should use on average; an idle server's is not among what scaling can lower",
            between(10, HIGHEST_MEMORY_PERCENT, "percent"),
            TARGET_TRACKING,
        ),
    ] = 85
    requests_per_target: Annotated[
        int,
        Setting(
            "The requests that each task should get in a minute",
            between(1, 1_000_000, "requests in a minute"),
            TARGET_TRACKING,
        ),
    ] = 1000
