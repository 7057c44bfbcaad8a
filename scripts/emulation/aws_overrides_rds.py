"""Overrides of moto's RDS: instances of their own, and passwords that are worth the name."""

from __future__ import annotations

import json
import secrets
import string
from typing import Any

from moto.rds.models import DBInstance, DBSubnetGroup, MasterUserSecret, RDSBackend

# What RDS leaves out of passwords: https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBInstance.html
PASSWORD_CHARACTERS = string.ascii_letters + string.digits + "!#$%&()*+,-.:;<=>?[]^_{|}~"
PASSWORD_LENGTH = 28
# The minor version that a bare major one gets.
MINOR_VERSIONS = {"16": "16.14"}


def apply() -> None:
    """Patches moto."""
    _give_each_instance_an_id_and_a_version()
    _make_real_passwords()
    _keep_changed_subnet_groups()


def _give_each_instance_an_id_and_a_version() -> None:
    """`DbiResourceId`. moto: the same for all instances, which the provider takes for one. AWS: unique.

    `EngineVersion`. moto: gives `16` back as it came. AWS: chooses the minor version, `16.14`."""
    original = DBInstance.__init__

    def __init__(self: DBInstance, *args: Any, **kwargs: Any) -> None:
        original(self, *args, **kwargs)
        identifier = "".join(secrets.choice(string.ascii_uppercase + string.digits) for _ in range(26))
        self.dbi_resource_id = f"db-{identifier}"
        version = str(self.engine_version)
        self.engine_version = MINOR_VERSIONS.get(version, version)

    DBInstance.__init__ = __init__  # type: ignore[method-assign]


def _make_real_passwords() -> None:
    """`ManageMasterUserPassword`. moto: a secret with the user `admin` and one well-known password. AWS: the
    instance's master user and a random password."""

    def generate(self: MasterUserSecret) -> str:
        password = "".join(secrets.choice(PASSWORD_CHARACTERS) for _ in range(PASSWORD_LENGTH))
        return json.dumps({"username": self.resource.master_username, "password": password})

    MasterUserSecret._generate_secret_string = generate  # type: ignore[method-assign]


def _keep_changed_subnet_groups() -> None:
    """`ModifyDBSubnetGroup`. moto: the group is gone afterwards. AWS: it is changed
    (https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_ModifyDBSubnetGroup.html)."""
    original: Any = RDSBackend.modify_db_subnet_group

    def modify_db_subnet_group(
        self: RDSBackend, subnet_name: str, *args: Any, **kwargs: Any
    ) -> DBSubnetGroup:
        group: DBSubnetGroup = original(self, subnet_name, *args, **kwargs)
        self.subnet_groups[subnet_name] = group
        return group

    RDSBackend.modify_db_subnet_group = modify_db_subnet_group  # type: ignore[method-assign]
