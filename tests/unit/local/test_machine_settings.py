"""What the build takes over from this machine: where pip and apt find packages."""

from __future__ import annotations

from pathlib import Path

import pytest

from local import base_image, docker_stack
from local.engine import NotHere


@pytest.fixture(autouse=True)
def empty_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine whose files say nothing; where apt's would be."""
    for name in (
        *(f"PIP_{name.replace('-', '_').upper()}" for name in docker_stack.PIP_SETTINGS),
        "PIP_CONFIG_FILE",
    ):
        monkeypatch.delenv(name, raising=False)
    for name in ("HTTPS_PROXY", "https_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(docker_stack, "PIP_FILES", (str(tmp_path / "pip.conf"),))
    monkeypatch.setattr(base_image, "APT_SOURCES", tmp_path / "apt")
    (tmp_path / "apt" / "sources.list.d").mkdir(parents=True)
    return tmp_path


def test_a_machine_without_pip_settings_gives_the_build_none() -> None:
    assert docker_stack._pip_settings() is None


def test_pip_in_the_build_asks_the_index_that_pip_here_asks(
    empty_machine: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (empty_machine / "pip.conf").write_text(
        "[global]\nindex-url = https://index.example/simple\ntimeout = 180\n[install]\nuser = true\n",
        encoding="utf-8",
    )
    monkeypatch.setenv("PIP_INDEX_URL", "https://user:100%25@other.example/simple")
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example:3128")

    assert docker_stack._pip_settings() == (
        "[global]\n"
        "index-url = https://user:100%25@other.example/simple\n"
        "timeout = 180\n"
        "proxy = http://proxy.example:3128\n"
    )


def test_stand_in_image_uses_only_the_release_and_its_updates(empty_machine: Path) -> None:
    lists = empty_machine / "apt" / "sources.list.d"
    (lists / "debian.sources").write_text(
        "Types: deb\n# Ours.\nURIs: http://deb.example/debian\nSuites: bookworm bookworm-updates\nComponents: main\n"
        "\n"
        "Types: deb\nURIs: http://deb.example/debian\nSuites: trixie\nComponents: main\n",
        encoding="utf-8",
    )
    (lists / "others.list").write_text("deb https://vendor.example/apt stable main\n", encoding="utf-8")
    (empty_machine / "apt" / "sources.list").write_text(
        "deb [signed-by=/usr/share/keyrings/key.gpg] http://deb.example/security bookworm-security main contrib\n",
        encoding="utf-8",
    )

    assert base_image._apt_sources("bookworm") == (
        "Types: deb\nURIs: http://deb.example/debian\nSuites: bookworm bookworm-updates\nComponents: main\n"
        "\n"
        "Types: deb\nURIs: http://deb.example/security\nSuites: bookworm-security\nComponents: main contrib\n"
    )
    with pytest.raises(NotHere, match="names no package source of unnamed"):
        base_image._apt_sources("unnamed")
