"""Overrides of moto's RDS: instances of their own that keep what they were given, and passwords worth the name."""

from __future__ import annotations

import json
import secrets
import string
from typing import Any

from moto.rds.exceptions import RDSClientError
from moto.rds.models import DBInstance, DBParameterGroup, DBSubnetGroup, MasterUserSecret, RDSBackend

# What RDS leaves out of passwords: https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBInstance.html
PASSWORD_CHARACTERS = string.ascii_letters + string.digits + "!#$%&()*+,-.:;<=>?[]^_{|}~"
PASSWORD_LENGTH = 28
# The minor version that a bare major one gets.
MINOR_VERSIONS = {
    "13": "13.23",
    "14": "14.23",
    "15": "15.18",
    "16": "16.14",
    "17": "17.10",
    "18": "18.4",
}
# The size of PostgreSQL's gp3 storage from which RDS stripes it over four volumes.
STRIPED_FROM_GIB = 400
# What moto's class does not know → what AWS answers where it was not given.
FORGOTTEN: dict[str, Any] = {
    "database_insights_mode": "standard",
    "enable_performance_insights": False,
    "performance_insights_kms_key_id": None,
    "performance_insights_retention_period": None,
}


def apply() -> None:
    """Patches moto."""
    _give_each_instance_an_id_and_a_version()
    _remember_what_instances_are_given()
    _choose_the_minor_version_of_an_upgrade()
    _answer_what_storage_comes_with()
    _keep_parameter_groups_in_use()
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


def _remember_what_instances_are_given() -> None:
    """`CreateDBInstance`, `ModifyDBInstance`. moto: drops Database Insights, so that each plan wants to switch it on
    again. AWS: keeps it, and says `PerformanceInsightsEnabled` of what was given as `EnablePerformanceInsights`
    (https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DBInstance.html)."""
    original = DBInstance.__init__

    def __init__(self: DBInstance, *args: Any, **kwargs: Any) -> None:
        for name, default in FORGOTTEN.items():
            setattr(self, name, kwargs.get(name) or default)
        original(self, *args, **kwargs)

    def enabled(self: Any) -> bool:
        return bool(self.enable_performance_insights)

    DBInstance.__init__ = __init__  # type: ignore[method-assign]
    setattr(DBInstance, "performance_insights_enabled", property(enabled))  # noqa: B010 (it is not declared there)


def _answer_what_storage_comes_with() -> None:
    """`Iops`, `StorageThroughput` of gp3 storage. moto: none, where none was given. AWS: those that the size comes with
    (https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/CHAP_Storage.html#gp3-storage)."""
    initialize, change = DBInstance.__init__, DBInstance.update

    def __init__(self: DBInstance, *args: Any, **kwargs: Any) -> None:
        initialize(self, *args, **kwargs)
        _settle_storage(self)

    def update(self: DBInstance, **changes: Any) -> None:
        change(self, **changes)
        _settle_storage(self)

    DBInstance.__init__ = __init__  # type: ignore[method-assign]
    DBInstance.update = update  # type: ignore[assignment, method-assign]


def _settle_storage(instance: Any) -> None:
    if instance.storage_type == "gp3":
        striped = int(instance.allocated_storage) >= STRIPED_FROM_GIB
        instance.iops, instance.storage_throughput = (12000, 500) if striped else (3000, 125)


def _choose_the_minor_version_of_an_upgrade() -> None:
    """`ModifyDBInstance` with another `EngineVersion`. moto: takes `17` as it comes, and another major version without
    `AllowMajorVersionUpgrade`. AWS: chooses the minor version, keeps the present one where only its major version is
    given, and refuses
    (https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_ModifyDBInstance.html)."""
    original = DBInstance.update

    def update(self: DBInstance, **changes: Any) -> None:
        version = changes.get("engine_version")
        if version:
            major = version.partition(".")[0]
            same = major == self.engine_version.partition(".")[0]
            if not same and not changes.get("allow_major_version_upgrade"):
                raise RDSClientError(
                    "InvalidParameterCombination", "The AllowMajorVersionUpgrade flag must be present."
                )
            present = self.engine_version if same else MINOR_VERSIONS.get(version, version)
            changes["engine_version"] = present if version == major else version
        original(self, **changes)

    DBInstance.update = update  # type: ignore[assignment, method-assign]


def _keep_parameter_groups_in_use() -> None:
    """`DeleteDBParameterGroup`. moto: deletes a group that an instance has. AWS: refuses
    (https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DeleteDBParameterGroup.html)."""
    original = RDSBackend.delete_db_parameter_group

    def delete_db_parameter_group(self: RDSBackend, db_parameter_group_name: str) -> DBParameterGroup:
        users = [
            one for one in self.databases.values() if one.db_parameter_group_name == db_parameter_group_name
        ]
        if users:
            raise RDSClientError(
                "InvalidDBParameterGroupState",
                "One or more database instances are still members of this parameter group "
                f"{db_parameter_group_name}, so the group cannot be deleted",
            )
        return original(self, db_parameter_group_name)

    RDSBackend.delete_db_parameter_group = delete_db_parameter_group  # type: ignore[method-assign]


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
