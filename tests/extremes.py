"""Settings at their extremes, drawn by a seed: what AWS takes at the most, and one more of something."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from modules.common.aws import PARTITION_OF
from modules.database.authorities import FOLDER, known_authorities
from modules.image.ecr import SUFFIXES

ACCOUNT = "111122223333"
Tree = dict[str, Any]
SIGN_IN_PARTITIONS = ("aws", "aws-us-gov")
# Whose network it is, and whether people sign in; the seed decides the rest.
KINDS = ("own network", "given network", "sign-in")


@dataclass(frozen=True)
class Case:
    """One environment.

    Attributes:
        environment: its name.
        tree: its settings.
    """

    environment: str
    tree: Tree

    def toml(self) -> str:
        """Its file."""
        tables = {key: value for key, value in self.tree.items() if isinstance(value, Mapping)}
        lines = [_line(key, value) for key, value in self.tree.items() if key not in tables]
        for name, table in tables.items():
            lines += [f"[{name}]", *(_line(key, value) for key, value in table.items())]
        return "\n".join(lines) + "\n"


def _line(key: str, value: Any) -> str:
    return f"{json.dumps(key)} = {_toml(value)}"


def _toml(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{json.dumps(key)} = {_toml(one)}" for key, one in value.items()) + "}"
    # A list, a text, a number and true or false are written as JSON writes them.
    return json.dumps(value, ensure_ascii=False)


def longest_names(region: str, random_: random.Random) -> tuple[str, str]:
    """A name and an environment's name, together as long as AWS takes them in the region."""
    room = min(28, 63 - len(f"-artifacts-{ACCOUNT}-{region}"))
    environment = "e" * random_.randint(2, room - 3)
    return "n" * (room - len(environment) - 1), environment


def ipv4(count: int) -> list[str]:
    return [f"10.{number}.0.0/24" for number in range(count)]


def apart(count: int) -> list[str]:
    """Networks of which no two can be merged."""
    return [f"10.{number // 256}.{number % 256}.0/25" for number in range(count)]


def ipv6(count: int) -> list[str]:
    return [f"fd00:{number:x}::/32" for number in range(0, 2 * count, 2)]


def roles(region: str, count: int) -> list[str]:
    """Principals with names as long as IAM takes them."""
    return [f"arn:{PARTITION_OF[region]}:iam::{ACCOUNT}:role/{number:064}" for number in range(count)]


def within(region: str, random_: random.Random, kind: str = KINDS[0]) -> Case:
    """As much of everything as AWS takes; nobody signs in where AWS publishes no load balancers' keys."""
    name, environment = longest_names(region, random_)
    arn = f"arn:{PARTITION_OF[region]}"
    zones = random_.randint(2, 5)
    tree: Tree = {
        "profile": "production",
        "region": region,
        "name": name,
        "tag_keys": {key: key[0] * 128 for key in ("application", "environment", "managed_by")},
        "tags": {f"{number:0128}": "v" * 256 for number in range(46)},
        "domain": {
            "name": f"{'m' * 51}.example.com",
            "hosted_zone_id": f"Z{'A' * 31}",
        },
        "load_balancer": {"allowed_cidrs": [*ipv4(30), *ipv6(30)]},
        "network": _given_network() if kind == "given network" else _own_network(zones),
        "state": {
            "bucket": "b" * 63,
            "key": "k" * 1024,
            "kms_key_id": f"alias/{'a' * 250}",
        },
        "service": {"environment": {"MLFLOW_STATIC_PREFIX": f"/{'p' * 116}", "TEXT": "x" * 56_000}},
        "access": {
            "permissions_boundary_arn": f"{arn}:iam::{ACCOUNT}:policy/team/boundary",
            "external_id": "x" * 200,
            "readers": roles(region, 12),
            "contributors": roles(region, 12),
            "admins": roles(region, 12),
            "github": {
                "repository": f"{'o' * 39}/{'r' * 100}",
                "branch": "b" * 200,
                "create_oidc_provider": True,
            },
        },
        "image": _image(region),
        "database": {"iam_database_authentication_enabled": True},
        "alarms": {"email": "platform@example.com"},
    }
    if kind == "sign-in" and PARTITION_OF[region] in SIGN_IN_PARTITIONS:
        tree["network"]["nat"] = random_.choice(["single", "per_az"])
        tree["sign_in"] = {"mode": "openid", "openid": _provider(region)}
        tree["service"]["environment"]["TEXT"] = "x" * 50_000
    return Case(environment, tree)


def _image(region: str) -> Tree:
    """Built by the plan where the image has the authorities of the region's databases, else a finished one."""
    if any(region == where for where, _ in known_authorities(FOLDER)):
        return {"registry_credentials": "docker_config"}
    host = f"{ACCOUNT}.dkr.ecr.{region}.{SUFFIXES[PARTITION_OF[region]][0]}"
    return {"uri": f"{host}/mlflow@sha256:{'0' * 64}"}


def _own_network(zones: int) -> Tree:
    return {
        f"{tier}_subnet_cidrs": [f"10.0.{first + number}.0/24" for number in range(zones)]
        for tier, first in (("public", 0), ("private", 100))
    }


def _given_network() -> Tree:
    return {
        "vpc_id": f"vpc-{0:017}",
        "public_subnet_ids": [f"subnet-{number:017}" for number in range(16)],
        "private_subnet_ids": [f"subnet-{number:017}" for number in range(100, 116)],
    }


def _provider(region: str) -> Tree:
    host = "https://login.example.com"
    secret = f"arn:{PARTITION_OF[region]}:secretsmanager:{region}:{ACCOUNT}:secret:{'s' * 512}-AbCdEf"
    return {
        "issuer": host,
        "authorization_endpoint": f"{host}/authorize",
        "token_endpoint": f"{host}/token",
        "user_info_endpoint": f"{host}/userinfo",
        "jwks_uri": f"{host}/jwks",
        "client_id": "c" * 255,
        "client_secret_arn": secret,
        "audiences": ["a" * 250 for _ in range(20)],
    }


def _zones(tree: Tree, zones: int, nat: str) -> None:
    tree["network"] = _own_network(zones) | {"nat": nat}


def _sign_in_by(tree: Tree, **paths: str) -> None:
    """By a provider with some long addresses."""
    long = {name: f"https://login.example.com/{path}" for name, path in paths.items()}
    tree["sign_in"] = {"mode": "openid", "openid": _provider(tree["region"]) | long}
    tree["network"] = _own_network(2) | {"nat": "single"}
    tree["service"]["environment"]["TEXT"] = ""


# One more than AWS takes of one thing, each told at the setting of its name.
ONE_MORE: Mapping[str, Callable[[Tree], None]] = {
    "name": lambda tree: tree.update(name=tree["name"] + "n"),
    "tags": lambda tree: tree["tags"].update(More="x"),
    "load_balancer.allowed_cidrs": lambda tree: tree["load_balancer"].update(allowed_cidrs=ipv4(31)),
    "network.nat": lambda tree: _zones(tree, 6, "per_az"),
    "access.readers": lambda tree: tree["access"].update(readers=roles(tree["region"], 30)),
    "access.contributors": lambda tree: tree["access"].update(contributors=roles(tree["region"], 30)),
    "access.admins": lambda tree: tree["access"].update(admins=roles(tree["region"], 30)),
    "service.environment": lambda tree: tree["service"]["environment"].update(MORE="x" * 8_000),
    "service.environment.MLFLOW_STATIC_PREFIX": lambda tree: tree["service"]["environment"].update(
        MLFLOW_STATIC_PREFIX=f"/{'p' * 117}"
    ),
    "network.public_subnet_ids": lambda tree: tree.update(
        network=_given_network() | {"public_subnet_ids": [f"subnet-{number:017}" for number in range(17)]}
    ),
    "network.private_subnet_ids": lambda tree: tree.update(
        network=_given_network()
        | {"private_subnet_ids": [f"subnet-{number:017}" for number in range(99, 116)]}
    ),
}

# What AWS raises on request, by the quota that the fix names.
QUOTAS = {
    "load_balancer.allowed_cidrs": "rules_per_security_group",
    "network.nat": "elastic_ips",
    **dict.fromkeys(
        ("access.readers", "access.contributors", "access.admins"), "role_trust_policy_characters"
    ),
}

# More than AWS raises the quota to.
FAR_MORE: Mapping[str, Callable[[Tree], None]] = {
    "load_balancer.allowed_cidrs": lambda tree: tree["load_balancer"].update(allowed_cidrs=apart(501)),
    "access.admins": lambda tree: tree["access"].update(admins=roles(tree["region"], 200)),
}

# Texts that only the whole stack tells the length of: each is kept, or refused with its length.
LONG: Mapping[str, Callable[[Tree], None]] = {
    "a boundary's path": lambda tree: tree["access"].update(
        permissions_boundary_arn=f"{tree['access']['permissions_boundary_arn'].partition('team')[0]}"
        f"{'p' * 500}/{'b' * 128}"
    ),
    "a log group's name": lambda tree: tree.update(adopt={"log_group": "g" * 512}),
    "a repository's name": lambda tree: tree.update(adopt={"repository": "g" * 256}),
    "a provider's addresses": lambda tree: _sign_in_by(tree, token_endpoint="t" * 40_000),
    "a provider's issuer": lambda tree: _sign_in_by(tree, issuer="i" * 40_000),
}
