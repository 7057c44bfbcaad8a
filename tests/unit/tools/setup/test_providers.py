"""Provider mirrors are found where people keep them, and a person's own configuration is respected."""

from __future__ import annotations

import json
import os
import platform
import subprocess
from pathlib import Path

import pytest

from tests.unit.tools.setup.machine import Machine
from tools.setup import terraform_providers, terraform_release
from tools.setup.progress import SetupError


def test_nothing_is_found_on_an_empty_machine(machine: Machine) -> None:
    assert machine.mirrors() == ()
    # and Terraform is left alone
    assert machine.configuration() is None


@pytest.mark.skipif(platform.system() != "Linux", reason="these folders are Linux's; this machine is none")
@pytest.mark.parametrize(
    "place", ["home/.terraform.d/plugins", "home/.local/share/terraform/plugins", "share/terraform/plugins"]
)
def test_terraforms_own_folders(machine: Machine, place: str) -> None:
    assert machine.mirrors() == ()
    folder = machine.unpacked(machine.root / place)
    assert machine.mirrors() == (folder,)


@pytest.mark.parametrize("place", ["opt", "opt/plugins", "fetched"])
def test_mirrors_are_found_in_opt_and_in_tools(machine: Machine, place: str) -> None:
    folder = machine.unpacked(machine.root / place)
    assert machine.mirrors() == (folder,)


def test_a_packed_mirror(machine: Machine) -> None:
    folder = machine.packed(machine.opt / "mirror")
    assert machine.mirrors() == (folder,)
    assert terraform_providers.providers_in(folder) == {"hashicorp/aws": {"5.100.0"}}


def test_a_provider_for_another_machine_does_not_count(machine: Machine) -> None:
    (machine.opt / "mirror" / terraform_providers.REGISTRY / "hashicorp/aws/5.100.0/plan9_mips").mkdir(
        parents=True
    )
    assert machine.mirrors() == ()


@pytest.mark.parametrize(
    ("address", "version", "counts"),
    [
        ("hashicorp/aws", "5.99.1", False),
        ("hashicorp/aws", "5.100.0", True),
        ("hashicorp/aws", "5.100.1", True),
        # S3's block of SSE-C differs in each of their plans.
        ("hashicorp/aws", "6.25.0", False),
        # Untried.
        ("hashicorp/aws", "6.40.0", False),
        ("kreuzwerker/docker", "3.6.2", False),
        ("kreuzwerker/docker", "4.6.0", True),
        ("hashicorp/random", "0.1.0", True),
    ],
)
def test_only_versions_that_fit_count(machine: Machine, address: str, version: str, counts: bool) -> None:
    folder = machine.unpacked(machine.opt / "mirror", address, version)
    assert machine.mirrors() == ((folder,) if counts else ())


def test_named_mirrors_are_the_only_ones(machine: Machine) -> None:
    machine.unpacked(machine.opt / "other")
    first = machine.unpacked(machine.root / "first")
    second = machine.unpacked(machine.root / "second", "kreuzwerker/docker", "4.5.0")
    machine.environ["TF_PROVIDER_MIRROR"] = os.pathsep.join([str(first), str(second)])
    assert machine.mirrors() == (first, second)


def test_a_missing_file_named_by_the_environment_is_ignored(machine: Machine) -> None:
    machine.environ["TF_CLI_CONFIG_FILE"] = str(machine.root / "missing.rc")
    folder = machine.unpacked(machine.opt / "mirror")
    assert machine.mirrors() == (folder,)
    assert str(folder) in (machine.configuration() or "")


def test_missing_cli_configuration_is_replaced(machine: Machine) -> None:
    machine.environ["TF_CLI_CONFIG_FILE"] = str(machine.root / "missing.rc")
    assert "direct {}" in (machine.configuration() or "")


@pytest.mark.parametrize("named", [True, False])
def test_a_persons_own_configuration_stays_in_force(machine: Machine, named: bool) -> None:
    mine = machine.unpacked(machine.root / "mine")
    machine.unpacked(machine.opt / "other")
    file = machine.root / "my.tfrc" if named else machine.home / ".terraformrc"
    file.write_text(
        f'provider_installation {{\n  filesystem_mirror {{\n    path = "{mine}"\n  }}\n}}\n', encoding="utf-8"
    )
    if named:
        machine.environ["TF_CLI_CONFIG_FILE"] = str(file)
    assert machine.configuration() is None
    assert machine.mirrors() == (mine,)


def test_named_mirror_wins_over_the_cli_configuration(machine: Machine) -> None:
    (machine.home / ".terraformrc").write_text('plugin_cache_dir = "/tmp"\n', encoding="utf-8")
    folder = machine.unpacked(machine.root / "mirror")
    machine.environ["TF_PROVIDER_MIRROR"] = str(folder)
    assert str(folder) in (machine.configuration() or "")


def test_the_configuration_takes_each_provider_from_one_place(machine: Machine) -> None:
    # given two folders with the AWS provider, one with the Docker provider too
    first = machine.unpacked(machine.opt / "a")
    second = machine.unpacked(machine.opt / "b", "hashicorp/aws", "5.100.1")
    machine.unpacked(second, "kreuzwerker/docker", "4.5.0")
    # then each is taken from the first folder that has it, and from nowhere else
    assert machine.configuration() == (
        "# Generated; see docs/providers.md.\n"
        "provider_installation {\n"
        f'  filesystem_mirror {{\n    path    = "{first}"\n'
        '    include = ["registry.terraform.io/hashicorp/aws"]\n  }\n'
        f'  filesystem_mirror {{\n    path    = "{second}"\n'
        '    include = ["registry.terraform.io/kreuzwerker/docker"]\n  }\n'
        "  direct {\n"
        '    exclude = ["registry.terraform.io/hashicorp/aws", "registry.terraform.io/kreuzwerker/docker"]\n'
        "  }\n"
        "}\n"
    )


@pytest.mark.parametrize("name", ['with "quotes" and spaces', "é", r"back\slash", "$HOME ${HOME} %{if}"])
def test_terraform_reads_it(name: str, machine: Machine) -> None:
    """A provider that no folder has is looked for in the registry, and one that a folder has only there."""
    program = terraform_release.find()
    if program is None:
        pytest.skip("Terraform did not read the generated configuration: there is no Terraform here")
    folder = machine.opt / name
    machine.unpacked(folder)
    file = machine.root / "generated.tfrc"
    file.write_text(machine.configuration() or "", encoding="utf-8")
    project = machine.root / "project"
    project.mkdir()
    required = {
        "terraform": {"required_providers": {"aws": {"source": "hashicorp/aws", "version": "5.99.0"}}}
    }
    (project / "main.tf.json").write_text(json.dumps(required), encoding="utf-8")
    ran = subprocess.run(
        [program, "init", "-no-color"],
        cwd=project,
        env={**os.environ, "TF_CLI_CONFIG_FILE": str(file), "CHECKPOINT_DISABLE": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 1
    # It saw our folder's version, and asked nobody else.
    assert "5.100.0" in ran.stdout + ran.stderr or "no available releases match" in ran.stdout + ran.stderr
    assert "CLI configuration" not in ran.stdout + ran.stderr


def test_a_folder_that_the_configuration_cannot_name_is_refused(machine: Machine) -> None:
    machine.unpacked(machine.opt / '${"x"}')

    with pytest.raises(SetupError, match="Use a folder without one of them"):
        machine.configuration()


def test_a_folder_in_ones_own_configuration_may_have_quotes(machine: Machine) -> None:
    folder = machine.unpacked(machine.root / 'my "own" \\ mirror')
    text = str(folder).replace("\\", "\\\\").replace('"', '\\"')
    (machine.home / ".terraformrc").write_text(
        f'provider_installation {{\n  filesystem_mirror {{\n    path = "{text}"\n  }}\n}}\n', encoding="utf-8"
    )

    assert machine.mirrors() == (folder,)


def test_mirrored_provider_is_not_requested_from_the_registry(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tools.setup import toolchain

    def refuse(address: str) -> bool:
        raise AssertionError(f"the registry was asked for {address}")

    monkeypatch.setattr(terraform_providers, "registry_has", refuse)
    folder: Path = machine.unpacked(machine.root / "mirror")
    monkeypatch.setenv("TF_PROVIDER_MIRROR", str(folder))
    assert toolchain.has_provider("hashicorp/aws")
    with pytest.raises(AssertionError, match="kreuzwerker/docker"):
        toolchain.has_provider("kreuzwerker/docker")
