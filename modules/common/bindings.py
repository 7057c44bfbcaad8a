"""Loads the Terraform provider bindings one resource at a time.

A prebuilt bindings package imports all of its 2,100 sub-packages when the first is imported, once in Python and once
more in Node (https://github.com/hashicorp/terraform-cdk/issues/3753): ten seconds and 590 MB for one VPC. `make_lazy`
stops both, before `cdktf` is first imported:

- Python: the package stands in `sys.modules` without its `__init__` having run; each `import
  cdktf_cdktf_provider_aws.vpc` then loads that sub-package alone.
- Node: `lazy_bindings.cjs` is preloaded into the jsii process (`NODE_OPTIONS`) and answers a request for the package's
  `lib/index.js` with the `lib/lazy-index.js` the package itself ships.

Imports elsewhere stay ordinary ones and are fully type-checked; the synthesized JSON is the same. A package laid out
differently is imported the stock way, with a warning.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
import warnings
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType

PROVIDER_BINDINGS = ("cdktf_cdktf_provider_aws", "cdktf_cdktf_provider_docker")
# jsii's, for the packages that it unpacks (https://github.com/aws/jsii/blob/main/packages/%40jsii/runtime/README.md).
CACHE_VARIABLE = "JSII_RUNTIME_PACKAGE_CACHE"
NODE_PRELOAD = Path(__file__).with_name("lazy_bindings.cjs")


class BindingsLayoutWarning(UserWarning):
    """A bindings package is not laid out as expected: it is imported whole, which is slow but right."""


def make_lazy(packages: tuple[str, ...] = PROVIDER_BINDINGS) -> None:
    """Makes `packages` load their sub-packages on demand. Idempotent; never raises for a layout it does not know."""
    _preload_into_node()
    for package in packages:
        if package in sys.modules:
            continue
        spec = importlib.util.find_spec(package)
        if spec is None:
            continue  # not installed: the ordinary import says so, and says it better
        problem = _unknown_layout(spec)
        if problem:
            warnings.warn(
                f"{package}: {problem}; importing it whole, which is slow",
                BindingsLayoutWarning,
                stacklevel=2,
            )
            continue
        sys.modules[package] = _lazy_package(spec)


def _preload_into_node() -> None:
    options = os.environ.get("NODE_OPTIONS", "")
    require = f"--require {_node_option(str(NODE_PRELOAD))}"
    if require not in options:
        os.environ["NODE_OPTIONS"] = f"{options} {require}".strip()
    # Newer jsii prints a banner on Node 20 into every plan; the supported versions are in the README.
    os.environ.setdefault("JSII_SILENCE_WARNING_END_OF_LIFE_NODE_VERSION", "20")
    if not {CACHE_VARIABLE, f"{CACHE_VARIABLE}_ROOT"} & os.environ.keys() and not _has_cache():
        os.environ[CACHE_VARIABLE] = "disabled"


def _has_cache() -> bool:
    """Whether jsii can write its cache, which is in the user's home: without one it ends with a stack trace."""
    home = Path(os.path.expanduser("~"))
    if sys.platform == "darwin":
        folder = home / "Library" / "Caches" / "com.amazonaws.jsii"
    else:
        folder = Path(os.environ.get("XDG_CACHE_HOME") or home / ".cache") / "aws" / "jsii"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return False
    return os.access(folder, os.W_OK)


def _node_option(text: str) -> str:
    """A word of NODE_OPTIONS: in quotes a backslash takes the next character as it is, and nothing else is special
    (https://nodejs.org/api/cli.html#node_optionsoptions)."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _unknown_layout(spec: ModuleSpec) -> str | None:
    """What about the package at `spec` is unlike a generated bindings package, or None."""
    if spec.origin is None or not spec.submodule_search_locations:
        return "it is not an ordinary package"
    init = Path(spec.origin)
    if not any((init.parent / "_jsii").glob("*.jsii.tgz")):
        return "it has no _jsii/*.jsii.tgz"
    if any(line.startswith(("class ", "@jsii")) for line in init.read_text(encoding="utf-8").splitlines()):
        return "its __init__ defines classes"
    return None


def _lazy_package(spec: ModuleSpec) -> ModuleType:
    module = importlib.util.module_from_spec(spec)

    def load(name: str) -> ModuleType:
        """`aws.vpc` after `import cdktf_cdktf_provider_aws as aws`, as the stock package allows."""
        if not name.startswith("__") and importlib.util.find_spec(f"{spec.name}.{name}"):
            return importlib.import_module(f"{spec.name}.{name}")
        raise AttributeError(f"module {spec.name!r} has no attribute {name!r}")

    module.__dict__["__getattr__"] = load
    return module
