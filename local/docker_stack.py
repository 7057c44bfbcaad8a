"""What a plan with an image in it needs beside AWS: a Docker engine, a registry under ECR's name, a base image.

Nothing of the plan is replaced for it: the provider finds the engine by DOCKER_HOST and the registry by its real name,
which stands in this process's hosts file only (`namespace`).
"""

from __future__ import annotations

import configparser
import json
import os
import ssl
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from local import namespace, registry
from local.base_image import BaseImage, base_image
from local.engine import PROGRAMS, Engine, EngineError, NotHere, missing_program
from local.registry import Registry, RegistryError, ecr_host
from tools.setup.toolchain import has_provider

PROVIDER = "kreuzwerker/docker"
# The variables that name a network's own CA for the tools we run.
CA_VARIABLES = ("SSL_CERT_FILE", "PIP_CERT", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
PIP_SETTINGS = ("index-url", "extra-index-url", "trusted-host", "timeout", "proxy")
PIP_FILES = ("/etc/pip.conf", "~/.pip/pip.conf", "~/.config/pip/pip.conf")


class DockerStackError(Exception):
    """The leg does not stand; the text says what is missing or failed, and where its log is."""


class DockerStackUnavailable(DockerStackError):
    """It cannot stand on this machine, which only trying could show; the text says why, in one line."""


def unavailable() -> str | None:
    """Why the leg cannot run on this machine, in one line; None where nothing speaks against it.

    It only looks: whether an engine starts and its containers run, entering `DockerStack` shows.
    """
    if reason := namespace.unavailable():
        return reason
    if program := missing_program((*PROGRAMS, registry.PROGRAM)):
        return f"{program} is not installed"
    if not has_provider(PROVIDER):
        return f"the Terraform provider {PROVIDER} is in no local mirror, and its registry cannot be reached"
    return None


class DockerStack:
    """Engine, registry and base image for one run; leaving it stops and removes what it started.

    Enter it from the main thread: this process gets a mount namespace of its own, and only what is started afterwards
    knows the registry's name.

    Args:
        account_id, region: whose registry.
        registry_password: the password in the tokens that the account's ECR hands out.
        configured_base_image: what `image.base_image` says.
        report: called with a line for each slow step and each stand-in.

    Attributes:
        engine: Docker.
        registry: its server, its log.
        base_image: what the image is built on.
    """

    engine: Engine
    registry: Registry
    base_image: BaseImage

    def __init__(
        self,
        *,
        account_id: str,
        region: str,
        registry_password: str,
        configured_base_image: str,
        report: Callable[[str], None] = print,
    ) -> None:
        self.host = ecr_host(account_id, region)
        self._password = registry_password
        self._configured = configured_base_image
        self._report = report
        self._open = ExitStack()
        self._environment: dict[str, str] = {}

    def __enter__(self) -> Self:
        if reason := unavailable():
            raise DockerStackUnavailable(reason)
        with ExitStack() as opened:
            try:
                self._start(opened)
            except NotHere as error:
                raise DockerStackUnavailable(str(error)) from error
            except (EngineError, RegistryError, OSError) as error:
                raise DockerStackError(str(error)) from error
            self._open = opened.pop_all()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None:
        self._open.close()

    def environment(self) -> dict[str, str]:
        """For cdktf, Terraform and `docker`: where the engine and the registry are, and the settings of the build."""
        return dict(self._environment)

    def without_engine(self) -> dict[str, str]:
        """The same on a machine where no engine runs."""
        return {**self._environment, "DOCKER_HOST": "unix:///nonexistent/docker.sock"}

    def pull(self, uri: str) -> None:
        """Fetches a pushed image as a task would: from the registry, nothing of it being in the engine.

        Raises:
            EngineError: the registry does not hand it out.
        """
        self.engine.remove_images(f"{self.host}/*")
        with self.login():
            self.engine.docker("pull", "--quiet", uri)

    @contextmanager
    def login(self) -> Iterator[None]:
        """`docker login` to the registry, and out again."""
        self.engine.docker(
            "login", "--username", registry.USER, "--password-stdin", self.host, given=self._password
        )
        try:
            yield
        finally:
            self.engine.docker("logout", self.host, check=False)

    def _start(self, opened: ExitStack) -> None:
        folder = Path(opened.enter_context(tempfile.TemporaryDirectory(prefix="mlflow-docker-")))
        self.registry = Registry(host=self.host, password=self._password, folder=folder / "registry")
        self.registry.make_certificates()
        # Named before they start: engine and registry are children that have to see it.
        opened.enter_context(
            namespace.registry_names({self.host: self.registry.address}, ca_file=self.registry.ca_file)
        )
        opened.enter_context(self.registry)
        engine = Engine(folder=folder / "engine", environment={**os.environ, **_without_proxy(self.host)})
        self.engine = opened.enter_context(engine)
        self.base_image = base_image(self.engine, configured=self._configured, report=self._report)
        trusted = folder / "trusted.pem"
        secrets = build_secrets(folder)
        ca_bundle = Path(secrets["ca_bundle"])
        trusted.write_bytes(ca_bundle.read_bytes() + b"\n" + self.registry.ca_file.read_bytes())
        self._environment = {
            **self.engine.environment(),
            **_without_proxy(self.host),
            "SSL_CERT_FILE": str(trusted),
            "MLFLOW_INFRA_IMAGE__BASE_IMAGE": self.base_image.name,
            # The engine has no bridge.
            "MLFLOW_INFRA_IMAGE__BUILD_NETWORK_MODE": "host",
            "MLFLOW_INFRA_IMAGE__BUILD_SECRETS": json.dumps(secrets),
        }


def build_secrets(folder: Path) -> dict[str, str]:
    """The Dockerfile's secrets, name to file: what makes pip find its packages from within a build on this machine."""
    secrets = {"ca_bundle": str(_machine_ca_bundle())}
    if settings := _pip_settings():
        (folder / "pip.conf").write_text(settings, encoding="utf-8")
        secrets["pip_conf"] = str(folder / "pip.conf")
    return secrets


def _machine_ca_bundle() -> Path:
    """The CAs that this machine trusts, its network's own among them, in one file."""
    named = [os.environ.get(variable, "") for variable in CA_VARIABLES]
    defaults = ssl.get_default_verify_paths()
    candidates = [*named, defaults.cafile or "", "/etc/ssl/certs/ca-certificates.crt"]
    for candidate in candidates:
        if candidate and Path(candidate).is_file():
            return Path(candidate)
    raise DockerStackError(f"no CA bundle found; name one in {CA_VARIABLES[0]}")


def _pip_settings() -> str | None:
    """Where this machine's pip finds its packages, as a pip.conf for the build; None where nothing says so."""
    files = configparser.ConfigParser(interpolation=None)
    files.read([*(os.path.expanduser(name) for name in PIP_FILES), os.environ.get("PIP_CONFIG_FILE", "")])
    settings = {name: files.get("global", name, fallback="") for name in PIP_SETTINGS}
    for name in PIP_SETTINGS:
        settings[name] = os.environ.get(f"PIP_{name.replace('-', '_').upper()}") or settings[name]
    settings["proxy"] = (
        settings["proxy"] or os.environ.get("HTTPS_PROXY") or os.environ.get("https_proxy") or ""
    )
    lines = [f"{name} = {value}" for name, value in settings.items() if value]
    return "\n".join(["[global]", *lines]) + "\n" if lines else None


def _without_proxy(host: str) -> dict[str, str]:
    """A proxy of the network knows nothing of a registry on this machine."""
    listed = [os.environ.get(name, "") for name in ("NO_PROXY", "no_proxy")]
    names = ",".join(filter(None, [*dict.fromkeys(listed), host, "127.0.0.1", "localhost"]))
    return {"NO_PROXY": names, "no_proxy": names}
