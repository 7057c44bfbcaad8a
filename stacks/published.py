"""The values of what an environment publishes: the outputs of `stacks.outputs`, and what `destroy` leaves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from modules.encryption.key import DELETION_WINDOW_DAYS, EncryptionKey
from modules.network.network import Network
from modules.service.deployments import revisions_left
from modules.sign_in.password import PasswordSignIn
from stacks.sharing import parameter_reader_policy, state_reader_policy

if TYPE_CHECKING:
    from stacks.tracking import TrackingStack


def published_values(stack: TrackingStack) -> dict[str, str | list[str] | None]:
    """Output → value; None for an output that the environment does not have."""
    return {
        "MLFLOW_TRACKING_URI": stack.load_balancer.url,
        "vpc_id": stack.network.vpc_id,
        "public_subnet_ids": stack.network.public_subnet_ids,
        "private_subnet_ids": stack.network.private_subnet_ids,
        "nat_public_ips": _nat_public_ips(stack),
        "load_balancer_arn": stack.load_balancer.arn,
        "load_balancer_dns_name": stack.load_balancer.dns_name,
        "load_balancer_zone_id": stack.load_balancer.zone_id,
        "load_balancer_security_group_id": stack.load_balancer.security_group.security_group_id,
        "certificate_arn": stack.domain.certificate_arn if stack.domain else None,
        "hosted_zone_name_servers": stack.domain.name_servers if stack.domain else None,
        "web_acl_arn": stack.firewall.web_acl_arn if stack.firewall else None,
        "admin_secret_arn": stack.sign_in.arn if isinstance(stack.sign_in, PasswordSignIn) else None,
        "target_group_arn": stack.load_balancer.target_group_arn,
        "cluster_arn": stack.service.cluster_arn,
        "cluster_name": stack.service.cluster_name,
        "service_name": stack.service.service_name,
        "service_security_group_id": stack.service.security_group.security_group_id,
        "task_definition_arn": stack.service.task_definition_arn,
        "task_execution_role_arn": stack.service.execution_role_arn,
        "task_role_arn": stack.service.task_role_arn,
        "log_group_name": stack.service.log_group_name,
        "alarm_topic_arn": stack.alarm_topic_arn,
        "repository_url": stack.repository.url,
        "image_uri": stack.image_uri,
        "database_endpoint": stack.database.endpoint,
        "database_name": stack.database.database_name,
        "database_secret_arn": stack.database.secret_arn,
        "database_security_group_id": stack.database.security_group.security_group_id,
        "artifact_bucket_name": stack.artifact_store.bucket_name,
        "artifact_bucket_arn": stack.artifact_store.bucket_arn,
        "log_bucket_name": stack.log_bucket.bucket_name if stack.log_bucket else None,
        "parameter_reader_policy_json": parameter_reader_policy(
            partition=stack.account.partition,
            region=stack.settings.region,
            account_id=stack.account.account_id,
            parameter_prefix=stack.settings.parameter_prefix,
        ),
        "state_reader_policy_json": _state_reader_policy(stack),
        "retained_resources": _retained_resources(stack),
        "reader_role_arn": stack.people.reader_role_arn,
        "contributor_role_arn": stack.people.contributor_role_arn,
        "admin_role_arn": stack.people.admin_role_arn,
        "ci_plan_role_arn": stack.ci_roles.plan.role_arn if stack.ci_roles else None,
        "ci_apply_role_arn": stack.ci_roles.apply.role_arn if stack.ci_roles else None,
    }


def _nat_public_ips(stack: TrackingStack) -> list[str] | None:
    return (stack.network.nat_public_ips or None) if isinstance(stack.network, Network) else None


def _retained_resources(stack: TrackingStack) -> list[str] | None:
    """What is still there after `destroy`, without commas: the parameter's StringList is split at them."""
    if stack.settings.protected:
        return None
    of_database = stack.database.retained
    left = [*of_database]
    lock = stack.settings.artifact_store.object_lock
    if lock and lock.mode == "COMPLIANCE":
        left.append(
            f"bucket {stack.artifact_store.bucket_name} until its last lock has ended: destroy again then"
        )
    if stack.service.keeps_revisions:
        left.append(revisions_left(family=stack.settings.full_name, region=stack.settings.region))
    if isinstance(stack.key, EncryptionKey):
        left.append(
            f"KMS key {stack.key.key_id}{' that the snapshot is read with' if of_database else ''}: "
            f"deleted {DELETION_WINDOW_DAYS} days later unless that is cancelled"
        )
    return left or None


def _state_reader_policy(stack: TrackingStack) -> str | None:
    state = stack.settings.state
    if state.bucket is None:
        return None
    return state_reader_policy(
        partition=stack.account.partition,
        region=stack.settings.state_region,
        # The account of a role to assume for the state has its key, too.
        account_id=state.role_arn.split(":")[4] if state.role_arn else stack.account.account_id,
        bucket=state.bucket,
        key=stack.settings.state_key,
        kms_key_id=state.encryption_key,
    )
