"""The database: its defaults, what each argument does, and who is let in."""

from __future__ import annotations

from modules.encryption.key import GivenKey
from stacks.base import AppStack
from tests.given.databases import database, database_in
from tests.synthesis import resource, service_in, statements, synthesize

KEY = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-4cd3-96ef-1234567890ab"


def test_the_password_is_made_and_kept_by_rds() -> None:
    instance = resource(database(), "aws_db_instance.database")
    assert instance["manage_master_user_password"] is True
    assert not [key for key in instance if key.startswith("password")]


def test_instance_is_always_private_and_encrypted() -> None:
    instance = resource(database(), "aws_db_instance.database")
    assert instance["storage_encrypted"] is True
    assert instance["publicly_accessible"] is False
    assert instance["db_subnet_group_name"] == "${aws_db_subnet_group.database.name}"
    assert instance["vpc_security_group_ids"] == ["${aws_security_group.database.id}"]


def test_skip_final_snapshot_leaves_no_snapshot() -> None:
    instance = resource(database(), "aws_db_instance.database")
    assert instance["skip_final_snapshot"] is True
    assert "final_snapshot_identifier" not in instance


def test_optional_resources_are_off_by_default() -> None:
    synthesized = database()

    assert set(synthesized["resource"]) == {"aws_db_instance", "aws_db_subnet_group", "aws_security_group"}
    instance = resource(synthesized, "aws_db_instance.database")
    assert not [
        key
        for key in instance
        if key.startswith(
            ("kms", "master_user_secret", "max_", "monitoring", "parameter", "performance", "restore")
        )
    ]
    assert "prevent_destroy" not in instance["lifecycle"]


def test_every_argument_reaches_the_instance() -> None:
    instance = resource(
        database(
            engine_version="16.8",
            instance_class="db.m7g.large",
            allocated_storage_gib=200,
            max_allocated_storage_gib=500,
            name="tracking",
            username="owner",
            ca_cert_identifier="rds-ca-ecc384-g1",
            multi_az=True,
            deletion_protection=True,
            iam_database_authentication_enabled=True,
            backup_retention_days=35,
            backup_window="01:00-02:00",
            delete_automated_backups=False,
            skip_final_snapshot=False,
            maintenance_window="mon:05:00-mon:06:00",
            auto_minor_version_upgrade=False,
            allow_major_version_upgrade=True,
            apply_immediately=False,
            prevent_destroy=True,
        ),
        "aws_db_instance.database",
    )
    expected = {
        "identifier": "mlflow-test",
        "engine": "postgres",
        "engine_version": "16.8",
        "instance_class": "db.m7g.large",
        "allocated_storage": 200,
        "max_allocated_storage": 500,
        "storage_type": "gp3",
        "db_name": "tracking",
        "username": "owner",
        "port": 5432,
        "ca_cert_identifier": "rds-ca-ecc384-g1",
        "iam_database_authentication_enabled": True,
        "backup_retention_period": 35,
        "backup_window": "01:00-02:00",
        "delete_automated_backups": False,
        "multi_az": True,
        "deletion_protection": True,
        "skip_final_snapshot": False,
        "maintenance_window": "mon:05:00-mon:06:00",
        "auto_minor_version_upgrade": False,
        "allow_major_version_upgrade": True,
        "apply_immediately": False,
        # The group's id differs with every deployment, so the name cannot meet an older snapshot's.
        "final_snapshot_identifier": "mlflow-test-${aws_security_group.database.id}",
    }
    assert {key: instance[key] for key in expected} == expected
    assert instance["lifecycle"]["prevent_destroy"] is True


def test_a_key_encrypts_all_that_rds_keeps() -> None:
    key = KEY

    instance = resource(
        database(key=GivenKey(arn=key, region="eu-west-1"), database_insights_mode="standard"),
        "aws_db_instance.database",
    )

    assert instance["kms_key_id"] == key
    assert instance["master_user_secret_kms_key_id"] == key
    assert instance["performance_insights_kms_key_id"] == key
    assert "kms_key_id" in instance["lifecycle"]["ignore_changes"], "another key would make another instance"


def test_allowed_service_may_decrypt_the_secret() -> None:
    key = GivenKey(arn=KEY, region="eu-west-1")

    def build(stack: AppStack) -> None:
        service = service_in(stack)
        database_in(stack, key=key).allow_from(service)

    policy = resource(synthesize(build), "aws_iam_role_policy.service_task_database_password")["policy"]

    decrypt = statements(policy)["DecryptDatabasePassword"]
    assert (decrypt["Action"], decrypt["Resource"]) == (["kms:Decrypt"], [KEY])
    assert decrypt["Condition"]["StringLike"] == {
        "kms:ViaService": "secretsmanager.eu-west-1.*",
        "kms:EncryptionContext:SecretARN": "${aws_db_instance.database.master_user_secret[0].secret_arn}",
    }


def test_no_ingress_by_default() -> None:
    assert "aws_vpc_security_group_ingress_rule" not in database()["resource"]


def test_allowed_service_can_connect_and_read_the_secret() -> None:
    def build(stack: AppStack) -> None:
        service = service_in(stack)
        database_in(stack).allow_from(service)

    synthesized = synthesize(build)
    ingress = resource(synthesized, "aws_vpc_security_group_ingress_rule.service_to_database")
    egress = resource(synthesized, "aws_vpc_security_group_egress_rule.service_to_database")
    assert (
        ingress["security_group_id"]
        == egress["referenced_security_group_id"]
        == "${aws_security_group.database.id}"
    )
    assert (
        egress["security_group_id"]
        == ingress["referenced_security_group_id"]
        == "${aws_security_group.service.id}"
    )
    assert (ingress["from_port"], ingress["to_port"], ingress["ip_protocol"]) == (5432, 5432, "tcp")
    policy = resource(synthesized, "aws_iam_role_policy.service_task_database_password")
    assert policy["role"] == "${aws_iam_role.service_task.id}"
    assert statements(policy["policy"])["ReadDatabasePassword"] == {
        "Sid": "ReadDatabasePassword",
        "Effect": "Allow",
        "Action": ["secretsmanager:GetSecretValue"],
        "Resource": ["${aws_db_instance.database.master_user_secret[0].secret_arn}"],
    }


def test_the_service_starts_only_when_the_database_lets_it_in() -> None:
    def build(stack: AppStack) -> None:
        service = service_in(stack)
        database_in(stack).allow_from(service)

    waits_for = resource(synthesize(build), "aws_ecs_service.service")["depends_on"]
    assert {
        "aws_vpc_security_group_ingress_rule.service_to_database",
        "aws_vpc_security_group_egress_rule.service_to_database",
        "aws_iam_role_policy.service_task_database_password",
    } <= set(waits_for)


def test_the_uri_names_its_driver_and_holds_no_password() -> None:
    uris: list[str] = []
    synthesize(lambda stack: uris.append(database_in(stack).uri))
    (uri,) = uris
    assert uri.startswith("postgresql+psycopg2://mlflow_user@")
    assert uri.endswith("/mlflow")
