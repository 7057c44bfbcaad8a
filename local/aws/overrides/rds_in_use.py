"""Overrides of moto's RDS: what an instance uses is not deleted before it, and AWS's own parameter groups are there."""

from __future__ import annotations

from typing import Any, cast

from moto.ec2.exceptions import DependencyViolationError
from moto.ec2.models.security_groups import SecurityGroupBackend
from moto.ec2.models.subnets import Subnet, SubnetBackend
from moto.rds.exceptions import RDSClientError
from moto.rds.models import DBInstance, DBParameterGroup, DBSubnetGroup, RDSBackend, rds_backends


def apply() -> None:
    """Patches moto."""
    _keep_subnet_groups_in_use()
    _keep_security_groups_in_use()
    _keep_subnets_in_use()
    _offer_default_parameter_groups()


def _keep_subnet_groups_in_use() -> None:
    """`DeleteDBSubnetGroup`. moto: deletes a group that an instance is in. AWS: refuses, and names an instance
    (https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_DeleteDBSubnetGroup.html; the text:
    https://github.com/anomalyco/sst/issues/6592)."""
    original = RDSBackend.delete_subnet_group

    def delete_subnet_group(self: RDSBackend, subnet_name: str) -> DBSubnetGroup:
        users = [name for name, one in self.databases.items() if one._db_subnet_group_name == subnet_name]
        if users:
            raise RDSClientError(
                "InvalidDBSubnetGroupStateFault",
                f"Cannot delete the subnet group '{subnet_name}' because at least one database instance: "
                f"{users[0]} is still using it.",
            )
        return original(self, subnet_name)

    RDSBackend.delete_subnet_group = delete_subnet_group  # type: ignore[method-assign]


def _keep_security_groups_in_use() -> None:
    """`DeleteSecurityGroup`. moto: deletes a group that a database has, as its databases have no network interface.
    AWS: refuses while an interface has it
    (https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteSecurityGroup.html)."""
    original = SecurityGroupBackend.delete_security_group

    def delete_security_group(self: Any, name: str | None = None, group_id: str | None = None) -> None:
        if any(group_id in one.vpc_security_group_ids for one in _instances(self)):
            raise DependencyViolationError(f"resource {group_id} has a dependent object")
        original(self, name=name, group_id=group_id)

    SecurityGroupBackend.delete_security_group = delete_security_group  # type: ignore[method-assign]


def _keep_subnets_in_use() -> None:
    """`DeleteSubnet`. moto: deletes a subnet with a database in it, likewise. AWS: refuses
    (https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DeleteSubnet.html). moto does not say which subnet of
    its group an instance is in: all of them are kept."""
    original = SubnetBackend.delete_subnet

    def delete_subnet(self: Any, subnet_id: str) -> Subnet:
        names = {one._db_subnet_group_name for one in _instances(self)}
        groups = rds_backends[self.account_id][self.region_name].subnet_groups
        used = [group for name, group in groups.items() if name in names]
        if any(subnet_id == subnet.id for group in used for subnet in group._subnets):
            raise DependencyViolationError(
                f"The subnet '{subnet_id}' has dependencies and cannot be deleted."
            )
        return original(self, subnet_id)

    SubnetBackend.delete_subnet = delete_subnet  # type: ignore[method-assign]


def _offer_default_parameter_groups() -> None:
    """`ModifyDBInstance` to `default.postgres16`. moto: knows the group only once it has shown an instance that has it.
    AWS: has the default group of every family
    (https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_WorkingWithParamGroups.html)."""
    original, make = RDSBackend.modify_db_instance, cast(Any, DBParameterGroup)

    def modify_db_instance(
        self: RDSBackend, db_instance_identifier: str, db_kwargs: dict[str, Any]
    ) -> DBInstance:
        instance = self.describe_db_instances(db_instance_identifier)[0]
        family, name = instance.default_db_parameter_group_details()
        if db_kwargs.get("db_parameter_group_name") == name and name not in self.db_parameter_groups:
            self.db_parameter_groups[name] = make(
                backend=self,
                db_parameter_group_name=name,
                db_parameter_group_family=family,
                description=f"Default parameter group for {family}",
                tags=[],
            )
        return original(self, db_instance_identifier, db_kwargs)

    RDSBackend.modify_db_instance = modify_db_instance  # type: ignore[method-assign]


def _instances(ec2: Any) -> list[DBInstance]:
    """The databases of the account and region of a backend of EC2's."""
    return list(rds_backends[ec2.account_id][ec2.region_name].databases.values())
