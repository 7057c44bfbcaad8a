"""The bindings load one resource at a time, in Python and in Node, and an unknown layout is only slow."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from modules.common import bindings

PROJECT = Path(__file__).resolve().parents[2]
LAZY = "from modules.common.bindings import make_lazy; make_lazy()\n"


def run_python(code: str, *, arguments: Sequence[str] = (), **environment: str) -> str:
    variables = {**os.environ, "PYTHONPATH": str(PROJECT), **environment}
    variables.pop("NODE_OPTIONS", None) if "NODE_OPTIONS" not in environment else None
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], env=variables, capture_output=True, text=True, check=True
    )
    return done.stdout


def test_python_loads_only_the_imported_resource() -> None:
    loaded = run_python(
        f"{LAZY}import sys\n"
        "from cdktf_cdktf_provider_aws.vpc import Vpc\n"
        "print([m for m in sys.modules if m.count('.') == 1 and m.startswith('cdktf_cdktf_provider_aws')])"
    )
    assert sorted(eval(loaded)) == ["cdktf_cdktf_provider_aws._jsii", "cdktf_cdktf_provider_aws.vpc"]


def test_attribute_access_imports_as_the_stock_package_does() -> None:
    assert (
        run_python(f"{LAZY}import cdktf_cdktf_provider_aws as aws; print(aws.subnet.Subnet.__name__)")
        == "Subnet\n"
    )


def test_a_name_the_package_does_not_have_is_an_attribute_error() -> None:
    code = f"{LAZY}import cdktf_cdktf_provider_aws as aws\ntry: aws.no_such\nexcept AttributeError as e: print(e)"
    assert "no attribute 'no_such'" in run_python(code)


def test_node_loads_only_the_resource_that_is_made(tmp_path: Path) -> None:
    # given a second preload that reports, at the end, which of the package's files Node read
    report = tmp_path / "report.cjs"
    report.write_text(
        "process.on('exit', () => { const n = Object.keys(require('module')._cache)"
        ".filter((f) => f.includes('@cdktf/provider-aws/lib/'));"
        f"if (n.length) require('fs').writeFileSync({json.dumps(str(tmp_path / 'loaded'))}, String(n.length)); }});"
    )
    # when one VPC is synthesized
    run_python(
        f"{LAZY}"
        "from cdktf import App, TerraformStack\n"
        "from cdktf_cdktf_provider_aws.provider import AwsProvider\n"
        "from cdktf_cdktf_provider_aws.vpc import Vpc\n"
        f"app = App(outdir={str(tmp_path / 'out')!r}); stack = TerraformStack(app, 'one')\n"
        "AwsProvider(stack, 'aws', region='eu-west-1'); Vpc(stack, 'vpc', cidr_block='10.0.0.0/16'); app.synth()",
        NODE_OPTIONS=f"--require {json.dumps(str(report))}",
    )
    # then it read a handful of files, not the thousands of the package
    assert 0 < int((tmp_path / "loaded").read_text()) < 20


def test_unknown_package_layout_is_imported_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # given a bindings package whose __init__ defines a class of its own
    package = tmp_path / "other_bindings"
    (package / "_jsii").mkdir(parents=True)
    (package / "_jsii" / "other@1.jsii.tgz").touch()
    (package / "__init__.py").write_text("class Top:\n    pass\n")
    monkeypatch.syspath_prepend(tmp_path)
    # when it is made lazy
    with pytest.warns(bindings.BindingsLayoutWarning, match="defines classes"):
        bindings.make_lazy(("other_bindings",))
    # then the ordinary import works
    import other_bindings  # type: ignore[import-not-found]

    assert other_bindings.Top


def test_package_without_assembly_is_imported_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "bare_bindings").mkdir()
    (tmp_path / "bare_bindings" / "__init__.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.warns(bindings.BindingsLayoutWarning, match="_jsii"):
        bindings.make_lazy(("bare_bindings",))


def test_a_package_that_is_not_installed_is_left_to_its_import() -> None:
    bindings.make_lazy(("no_such_bindings",))
    assert "no_such_bindings" not in sys.modules


def test_preload_keeps_existing_node_options(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NODE_OPTIONS", "--max-old-space-size=512")
    bindings.make_lazy(())
    bindings.make_lazy(())
    options = os.environ["NODE_OPTIONS"]
    assert options.startswith("--max-old-space-size=512 --require ")
    assert options.count("lazy_bindings.cjs") == 1


PROGRAMS = (
    "main",
    "tools.documentation.__main__",
    "tools.locks.providers",
    "tests.contract.released",
    "tests.load.__main__",
    "tests.plans.__main__",
    "tools.which",
)
# How many of the package's 1,500 are loaded.
LOADED = "len([m for m in sys.modules if m.count('.') == 1 and m.startswith('cdktf_cdktf_provider_aws.')])"


@pytest.mark.parametrize("program", PROGRAMS)
def test_each_program_makes_them_lazy(program: str) -> None:
    loaded = int(run_python(f"import sys, importlib; importlib.import_module({program!r}); print({LOADED})"))

    assert 0 < loaded < 200


def test_no_other_program_imports_constructs() -> None:
    """One that does takes ten seconds more than it has to."""
    folders = [PROJECT / name for name in ("local", "tools", "tests/plans", "tests/bench")]
    modules = [
        ".".join(path.relative_to(PROJECT).with_suffix("").parts)
        for folder in folders
        for path in sorted(folder.rglob("*.py"))
        if '__name__ == "__main__"' in path.read_text(encoding="utf-8") and "programs" not in path.parts
    ]
    others = [name for name in modules if name not in PROGRAMS]
    code = "import sys, importlib\nfor name in sys.argv[1:]:\n    importlib.import_module(name)\n"
    assert len(others) > 5
    assert run_python(f"{code}print('cdktf' in sys.modules)", arguments=others) == "False\n"


def test_settings_are_read_without_cdktf() -> None:
    files = sorted((PROJECT / "modules").glob("*/settings.py"))
    names = [f"modules.{file.parent.name}.settings" for file in files]
    code = "import sys, importlib\nfor name in sys.argv[1:]:\n    importlib.import_module(name)\n"

    loaded = run_python(
        f"{code}print({{'cdktf', 'jsii'}} & set(sys.modules))", arguments=[*names, "stacks.loading"]
    )

    assert len(names) >= 9
    assert loaded == "set()\n"


@pytest.mark.parametrize("folder", ["settings", "modules"])
def test_importing_a_package_does_nothing(folder: str) -> None:
    for file in (PROJECT / folder).rglob("__init__.py"):
        assert file.read_text(encoding="utf-8") == "", file
