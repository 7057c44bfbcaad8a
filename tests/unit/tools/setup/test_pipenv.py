"""`pipenv install --dev && pipenv run cdktf synth`, for those who do not use make."""

from __future__ import annotations

import hashlib
import json
import tomllib
from pathlib import Path

import pytest

from tools.setup import cdktf, toolchain
from tools.setup.progress import PROJECT, SetupError

PIPFILE = tomllib.loads((PROJECT / "Pipfile").read_text(encoding="utf-8"))


def test_the_lock_is_of_this_pipfile() -> None:
    """pipenv locks again where the hash differs, and takes other versions then."""
    # What pipenv puts in the place of a source that is not named.
    source = {"name": "pypi", "url": "https://pypi.org/simple", "verify_ssl": True}
    content = {
        "_meta": {"sources": [source], "requires": {}},
        "default": PIPFILE["packages"],
        "develop": PIPFILE["dev-packages"],
    }
    text = json.dumps(content, sort_keys=True, separators=(",", ":"))
    lock = json.loads((PROJECT / "Pipfile.lock").read_text(encoding="utf-8"))

    assert lock["_meta"]["hash"]["sha256"] == hashlib.sha256(text.encode()).hexdigest()


def test_cdktf_is_the_locked_one(monkeypatch: pytest.MonkeyPatch) -> None:
    ran: list[tuple[Path, list[str], dict[str, str]]] = []
    monkeypatch.setattr(cdktf, "set_up_programs", lambda: None)
    monkeypatch.setattr("os.execve", lambda *called: ran.append(called))
    monkeypatch.setattr("sys.argv", ["cdktf", "synth", "--quiet"])

    cdktf.main()

    ((command, arguments, environment),) = ran
    assert PIPFILE["scripts"]["cdktf"] == "python -m tools.setup.cdktf"
    assert (command, arguments[1:]) == (toolchain.CDKTF, ["synth", "--quiet"])
    assert environment["TERRAFORM_BINARY_NAME"] == str(toolchain.terraform())


def test_missing_installation_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing() -> None:
        raise SetupError("Node.js is needed")

    monkeypatch.setattr(cdktf, "set_up_programs", missing)

    with pytest.raises(SystemExit, match="is needed"):
        cdktf.main()
