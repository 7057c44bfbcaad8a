"""Rules on how the service runs: its range, its memory under scaling, a shell, and who hears of alarms."""

from __future__ import annotations

import pytest

from tests.environment_files import LARGE_DATABASE, Load, Refuse
from tests.given.alarms import TOPIC, TOPIC_FROM_STATE
from tests.texts import PRODUCTION

FILE = "environments/test.toml:"

REFUSED = [
    (
        "[scaling]\nmax_count = 3\nmin_count = 4",
        "scaling.max_count = 3",
        "The most tasks, 3, are fewer than the fewest, 4",
        "set scaling.max_count = 4 or more",
    ),
    (
        "[service]\nworkers = 3\nmemory_mib = 2048\n[scaling]\nmemory_percent = 19",
        "scaling.memory_percent = 19",
        "An idle task with 3 workers uses 355 of its 2048 MiB",
        "set scaling.memory_percent = 20, or service.memory_mib = 3072, or service.workers = 2.",
    ),
    (
        "[service]\nworkers = 1\n[scaling]\nmemory_percent = 27",
        "scaling.memory_percent = 27",
        "An idle task with 1 worker uses 255 of its 1024 MiB",
        "set scaling.memory_percent = 28, or service.memory_mib = 2048.",
    ),
    (
        (
            "[sign_in]\nmode = 'none'\n[service]\njob_execution = true\nworkers = 5\nmemory_mib = 4096\n"
            "[scaling]\nmemory_percent = 45"
        ),
        "scaling.memory_percent = 45",
        "5 workers and job execution uses 1705 of its 4096 MiB",
        "percent = 47, or a larger service.cpu_units and service.memory_mib, or service.workers = 4.",
    ),
    (
        "[scaling]\nmemory_percent = 33",
        "scaling.memory_percent = 33",
        "An idle task with 2 workers uses 305 of its 1024 MiB",
        "set scaling.memory_percent = 34, or service.memory_mib = 2048, or service.workers = 1.",
    ),
    (
        "[service]\nenable_execute_command = true",
        "service.enable_execute_command = true",
        "ECS Exec writes to the root file system, which is read-only",
        "set service.readonly_root_filesystem = false for as long as you need a shell",
    ),
    (
        f'[alarms]\ntopic_arn = "{TOPIC}"\nemail = "a@example.com"',
        'alarms.email = "a@example.com"',
        "who hears of it is for its owner to say",
        "remove alarms.email and subscribe to the topic",
    ),
    (
        f'[alarms]\nemail = "a@example.com"\n{TOPIC_FROM_STATE}',
        'alarms.email = "a@example.com"',
        "The topic is given",
        "or remove the topic",
    ),
    (
        f'[alarms]\ntopic_arn = "{TOPIC.replace("eu-west-1", "us-east-1")}"',
        f'alarms.topic_arn = "{TOPIC.replace("eu-west-1", "us-east-1")}"',
        "The topic is in us-east-1",
        "name a topic in eu-west-1",
    ),
    (
        f'[alarms]\ntopic_arn = "{TOPIC.replace(":aws:", ":aws-cn:")}"',
        f'alarms.topic_arn = "{TOPIC.replace(":aws:", ":aws-cn:")}"',
        'partition "aws-cn"',
        "name a topic in eu-west-1",
    ),
]


@pytest.mark.parametrize(("lines", "place", "problem", "fix"), REFUSED)
def test_a_service_that_would_not_work(
    refuse: Refuse, lines: str, place: str, problem: str, fix: str
) -> None:
    report = refuse(lines + LARGE_DATABASE, base=PRODUCTION)

    assert report.places == [f"{FILE} {place}"]
    report.says(report.places[0], problem, fix)


ACCEPTED = [
    "[scaling]\nmin_count = 4\nmax_count = 4",
    "[service]\nworkers = 3\nmemory_mib = 2048\n[scaling]\nmemory_percent = 20",
    "[service]\ncpu_units = 256\nmemory_mib = 1024",
    "[scaling]\nmemory_percent = 34",
    "[service]\nworkers = 4\nmemory_mib = 2048",
    "[service]\nenable_execute_command = true\nreadonly_root_filesystem = false",
    "[scaling]\nenabled = false\nmin_count = 9\n[service]\nworkers = 2",
    '[alarms]\nemail = "a@example.com"',
    f'[alarms]\ntopic_arn = "{TOPIC}"',
    TOPIC_FROM_STATE,
    "[service]\nspot_percent = 90\non_demand_count = 1",
]


@pytest.mark.parametrize("lines", ACCEPTED)
def test_a_service_that_works(load: Load, lines: str) -> None:
    assert load(lines + LARGE_DATABASE, base=PRODUCTION)


@pytest.mark.parametrize("line", [f'topic_arn = "{TOPIC}"', 'email = "a@example.com"'])
def test_alarm_targets_require_alarms(refuse: Refuse, load: Load, line: str) -> None:
    report = refuse(f"[alarms]\n{line}")

    assert report.places == [f"{FILE} alarms.{line}"]
    report.says(report.places[0], "There are no alarms", "set alarms.enabled = true, or remove alarms.")
    assert load(f"[alarms]\nenabled = true\n{line}")


def test_the_demo_may_scale_be_watched_and_be_closed(load: Load) -> None:
    settings = load(
        "[scaling]\nenabled = true\nmin_count = 1\n[alarms]\nenabled = true\n"
        "[service]\nenable_execute_command = false\nreadonly_root_filesystem = true" + LARGE_DATABASE
    )

    assert settings.scaling.min_count == 1
    assert settings.service.readonly_root_filesystem is True
