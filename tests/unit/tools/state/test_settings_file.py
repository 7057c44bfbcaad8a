"""What is written into an environment's file: the table `state`, and not a byte of anything else."""

from __future__ import annotations

import os
import stat
import tomllib
from pathlib import Path

import pytest

from tools.state.errors import StateError
from tools.state.settings_file import COMMENT, read, with_state, write

FILE = Path("environments/demo.toml")
VALUES: dict[str, str | bool] = {"bucket": "b", "managed": True}
ADDED = f'{COMMENT}\n[state]\nbucket = "b"\nmanaged = true\n'

LAYOUTS = {
    "no table": (
        "# top\nprofile = \"demo\"  # open\n\nregion  = 'x'\n",
        f"# top\nprofile = \"demo\"  # open\n\nregion  = 'x'\n\n{ADDED}",
    ),
    "no new line at the end": ('profile = "demo"', f'profile = "demo"\n\n{ADDED}'),
    "an empty line at the end": ('profile = "demo"\n\n', f'profile = "demo"\n\n{ADDED}'),
    "nothing": ("", ADDED),
    "a table that is last": (
        '[state] # why\nkey_prefix = "a" # c\n# the end of it\n\n# the end of all\n',
        '[state] # why\nkey_prefix = "a" # c\nbucket = "b"\nmanaged = true\n# the end of it\n\n# the end of all\n',
    ),
    "a table in the middle": (
        '[state]\nkey_prefix = "a"\n\n# the logs\n[logs]\nretention_days = 1\n',
        '[state]\nkey_prefix = "a"\nbucket = "b"\nmanaged = true\n\n# the logs\n[logs]\nretention_days = 1\n',
    ),
    "an empty table": (
        "[state]\n# managed = true\n\n# the logs\n[logs]\nretention_days = 1\n",
        '[state]\nbucket = "b"\nmanaged = true\n# managed = true\n\n# the logs\n[logs]\nretention_days = 1\n',
    ),
    "a value to replace": (
        '[state]\nmanaged = false # not yet\nbucket = "b"\n',
        '[state]\nmanaged = true # not yet\nbucket = "b"\n',
    ),
    "dotted names": (
        'state.key_prefix = "a" # c\nregion = "x"\n[logs]\n',
        'state.key_prefix = "a" # c\nstate.bucket = "b"\nstate.managed = true\nregion = "x"\n[logs]\n',
    ),
    "other tables": (
        '[service.environment]\nA = "1"\n',
        f'[service.environment]\nA = "1"\n\n{ADDED}',
    ),
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_the_rest_of_the_file_stays_as_it_is(layout: str) -> None:
    before, after = LAYOUTS[layout]

    written = with_state(before, VALUES, FILE)

    assert written == after
    assert tomllib.loads(written)["state"].items() >= VALUES.items()
    assert with_state(written, VALUES, FILE) == written


@pytest.mark.parametrize("layout", LAYOUTS)
def test_windows_line_ends_stay(layout: str) -> None:
    before, after = (text.replace("\n", "\r\n") for text in LAYOUTS[layout])
    if "\n" in before:
        assert with_state(before, VALUES, FILE) == after


def test_a_table_in_one_line_stays_one() -> None:
    written = with_state('state = { key_prefix = "a" } # c\n[logs]\n', VALUES, FILE)

    assert tomllib.loads(written) == {"state": {"key_prefix": "a", **VALUES}, "logs": {}}
    assert written.count("\n") == 2 and written.splitlines()[0].endswith("} # c")


def test_a_byte_order_mark_stays() -> None:
    assert with_state("\ufeff" + LAYOUTS["no table"][0], VALUES, FILE) == "\ufeff" + LAYOUTS["no table"][1]


def test_existing_values_are_not_changed() -> None:
    text = 'state . managed=true\nstate.\'bucket\' = """b"""'

    assert with_state(text, VALUES, FILE) == text


@pytest.mark.parametrize(
    ("text", "told"), [("state = 1", "state is no table"), ("profile = ", "demo.toml is not TOML")]
)
def test_unsuitable_settings_file_is_reported(text: str, told: str) -> None:
    with pytest.raises(StateError, match=told):
        with_state(text, VALUES, FILE)


def test_unreadable_file_is_reported(tmp_path: Path) -> None:
    (tmp_path / "latin.toml").write_bytes(b"# \xe4")

    with pytest.raises(StateError, match=r"latin\.toml is not UTF-8 \(byte 2\)"):
        read(tmp_path / "latin.toml")
    with pytest.raises(StateError, match=r"none\.toml cannot be read: No such file"):
        read(tmp_path / "none.toml")


def test_file_is_replaced_atomically_with_mode_and_link(tmp_path: Path) -> None:
    file, link = tmp_path / "real.toml", tmp_path / "demo.toml"
    file.write_bytes(b"a = 1\r\n")
    file.chmod(0o640)
    link.symlink_to(file)

    write(link, read(link) + "b = 2\r\n")

    assert file.read_bytes() == b"a = 1\r\nb = 2\r\n"
    assert stat.S_IMODE(file.stat().st_mode) == 0o640 and link.is_symlink()
    assert sorted(os.listdir(tmp_path)) == ["demo.toml", "real.toml"]
