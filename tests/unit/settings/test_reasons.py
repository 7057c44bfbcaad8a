"""Each setting has a reason to be one; without a reason it would be a constant.

A setting stays if the profiles differ in it, if an account's rules or other teams decide it, if the demo of
docs/migrating-from-the-cloudformation-demo.md has it, or if users of comparable projects ask for it.
"""

from __future__ import annotations

from stacks.loading import ENVIRONMENT

# Table or setting → why people set it. Where the profiles differ, that is the reason.
REASONS = {
    "profile": "which set of defaults",
    "region": "the account decides",
    "name": "several deployments in one account",
    "allow_destroy": "production ends by a reviewed change",
    "tags": "cost allocation and rules of the account",
    "tag_keys": "an organization's tag policy",
    "network.vpc_cidr": "peering and VPNs need ranges that do not overlap",
    "network.availability_zones": "a zone without capacity, or the zones of other resources",
    "network.public_subnet_cidrs": "the same ranges",
    "network.private_subnet_cidrs": "the same ranges",
    "network.nat": "clients of the server's jobs and images outside of AWS; price",
    "network.endpoints": "another team's endpoints; price",
    "network.ip_address_type": "accounts that require IPv6",
    "network.vpc_id": "bring your own",
    "network.public_subnet_ids": "bring your own",
    "network.private_subnet_ids": "bring your own",
    "database.engine_version": "upgrades, and restores of older snapshots",
    "database.engine_lifecycle_support": "teams that pay rather than be upgraded",
    "database.max_connections": "instance classes and parameter groups that the estimate does not know",
    "database.allocated_storage_gib": "the amount of data",
    "database.storage_encrypted": "an adopted database that is not encrypted",
    "database.name": "restored and adopted databases",
    "database.username": "restored and adopted databases",
    "database.backup_window": "a team's working hours",
    "database.maintenance_window": "a team's working hours",
    "database.auto_minor_version_upgrade": "change control of the organization",
    "database.allow_major_version_upgrade": "the one apply that upgrades",
    "database.ca_cert_identifier": "rotation of RDS's authorities",
    "database.iam_database_authentication_enabled": "people who query the database without a password",
    "database.restore": "recovery",
    "artifact_store.transition_storage_class": "price against access time",
    "artifact_store.access_log_bucket": "an organization's log archive",
    "artifact_store.object_lock": "records that must not be deleted",
    "artifact_store.replica": "a copy in another region or account",
    "image.uri": "bring your own",
    "image.repository_credentials_arn": "private registries",
    "image.repository_credentials_kms_key_arn": "private registries",
    "image.base_image": "an organization's own base image",
    "image.platform": "Graviton",
    "image.registry_credentials": "continuous integration, whose saved plans must hold no token",
    "image.retained_images": "how far a roll-back reaches",
    "image.scan": "accounts with enhanced scanning",
    "image.build_network_mode": "build machines behind a proxy",
    "image.build_secrets": "private package indexes and certificate authorities",
    "image.revision": "a rebuild for fixes of the base image",
    "load_balancer.idle_timeout_seconds": "large uploads without status 504",
    "domain": "HTTPS under a name of one's own",
    "sign_in": "who may use the server",
    "firewall.rate_limit": "many clients behind one address",
    "service.cpu_units": "the number of users",
    "service.memory_mib": "the number of users",
    "service.ephemeral_storage_gib": "large artifacts",
    "service.workers": "the number of users",
    "service.job_execution": "MLflow's background jobs",
    "service.health_check_grace_period_seconds": "long migrations; the CloudFormation demo has it",
    "service.spot_percent": "price",
    "service.environment": "MLflow's own variables",
    "service.secrets": "bring your own: secrets of an account, such as API keys",
    "scaling.min_count": "the number of users",
    "scaling.max_count": "the number of users, and price",
    "scaling.cpu_percent": "the kind of load",
    "scaling.memory_percent": "the kind of load",
    "scaling.requests_per_target": "the kind of load",
    "alarms.topic_arn": "bring your own",
    "alarms.email": "who is notified",
    "alarms.error_percent": "a team's service level",
    "encryption.kms_key_arn": "bring your own",
    "encryption.rotation_period_days": "rules of the organization, such as PCI DSS",
    "access.iam_path": "accounts that require a path",
    "access.permissions_boundary_arn": "accounts that require a boundary",
    "access.readers": "who reads artifacts in the bucket",
    "access.contributors": "who writes artifacts in the bucket",
    "access.admins": "who operates the service",
    "access.require_mfa": "rules of the organization",
    "access.external_id": "principals of another company",
    "access.github": "plans in pull requests",
    "state": "where a team keeps its Terraform state",
    "remote_state": "another team's Terraform",
    "adopt": "an existing server's data",
    "quotas": "accounts with raised quotas",
}


def test_each_setting_has_a_reason() -> None:
    without = [
        ".".join(path)
        for path, field in ENVIRONMENT.fields.items()
        if field.default_in("demo") == field.default_in("production")
        and not any(".".join(path[:length]) in REASONS for length in range(1, len(path) + 1))
    ]

    assert without == []


def test_each_reason_is_for_a_setting() -> None:
    known = {".".join(path) for path in (*ENVIRONMENT.fields, *ENVIRONMENT.sections)}

    assert set(REASONS) <= known
