"""The locked packages are installed by hash, from where the user's pip is configured to get them."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tools.locks import __main__ as lock
from tools.setup.progress import PROJECT
from tools.setup.python_environment import _uv_variables, locked_requirements, one_requirement


def test_every_locked_package_has_a_version_and_hashes() -> None:
    blocks = locked_requirements().replace(" \\\n    ", " ").splitlines()
    assert len(blocks) > 100
    for block in blocks:
        assert re.match(r"^[a-z0-9.-]+(\[[a-z,]+\])?==[^ ]+( ; .+?)? --hash=sha256:[0-9a-f]{64}", block), (
            block
        )


def test_extras_and_markers_are_kept(tmp_path: Path) -> None:
    document = {
        "default": {
            "one": {
                "version": "==1.0",
                "hashes": ["sha256:aa", "sha256:bb"],
                "markers": "python_version >= '3.9'",
            }
        },
        "develop": {"two": {"version": "==2.0", "hashes": ["sha256:cc"], "extras": ["server"]}},
    }
    file = tmp_path / "Pipfile.lock"
    file.write_text(json.dumps(document), encoding="utf-8")
    assert locked_requirements(file) == (
        "one==1.0 ; python_version >= '3.9' \\\n    --hash=sha256:aa \\\n    --hash=sha256:bb\n"
        "two[server]==2.0 \\\n    --hash=sha256:cc\n"
    )
    assert one_requirement(locked_requirements(file), "one").startswith("one==1.0 ;")
    with pytest.raises(KeyError):
        one_requirement(locked_requirements(file), "three")


@pytest.mark.parametrize(
    "name", ["Pipfile", "Pipfile.lock", "package.json", "package-lock.json", "pyproject.toml"]
)
def test_no_package_index_is_named(name: str) -> None:
    text = (PROJECT / name).read_text(encoding="utf-8")
    assert not re.search(r"\"resolved\"|(?m:^\[\[source)|\"index\"|//registry\.|https?://\S*/simple\b", text)


def test_lock_equals_the_output_of_make_lock() -> None:
    text = (PROJECT / "Pipfile.lock").read_text(encoding="utf-8")
    assert lock.without_sources(text) == text
    assert json.loads(text)["_meta"]["sources"] == []


def test_nodes_lock_holds_no_address() -> None:
    text = (PROJECT / "package-lock.json").read_text(encoding="utf-8")

    assert lock.without_addresses(text) == text
    assert "://" not in text


def test_cdktf_cli_and_library_have_the_same_version() -> None:
    locked = json.loads((PROJECT / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    assert "cdktf==" + locked["node_modules/cdktf-cli"]["version"] in locked_requirements()


def test_pips_configuration_is_uvs() -> None:
    listed = (
        "global.index-url='https://packages.example/simple'\n"
        "global.extra-index-url='\\nhttps://one.example/simple\\nhttps://two.example/simple'\n"
        "global.trusted-host='packages.example'\n"
        "global.timeout='60'\n"
        ":env:.cert='/etc/company.pem'\n"
        ":env:.index-url='https://environment.example/simple'\n"
    )
    variables = _uv_variables(listed, {})
    # PIP_* wins over pip.conf, as it does for pip
    assert variables["UV_DEFAULT_INDEX"] == "https://environment.example/simple"
    assert variables["UV_INDEX"] == "https://one.example/simple https://two.example/simple"
    assert variables["UV_INSECURE_HOST"] == "packages.example"
    assert variables["SSL_CERT_FILE"] == "/etc/company.pem"
    assert variables["UV_HTTP_TIMEOUT"] == "60"
    assert variables["UV_NATIVE_TLS"] == "1"


def test_uvs_own_configuration_wins() -> None:
    listed = "global.index-url='https://packages.example/simple'\n"
    assert "UV_DEFAULT_INDEX" not in _uv_variables(
        listed, {"UV_DEFAULT_INDEX": "https://mine.example/simple"}
    )
