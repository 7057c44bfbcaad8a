"""Who gets in, with IAM enforced: each group does its work and nothing else; GitHub plans with one role, applies with
the other.

How far the emulation judges stands in tests/iam/overrides.py.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local.aws.account import EmulatedAws
from tests.authorization.judgement import Role, unexpected
from tests.authorization.recording import recorded
from tests.emulator.environments import ACCOUNT, EMPTY_PLAN, NOT_EMPTY_PLAN, Platform
from tests.emulator.production.ci_tables import NEVER_NEEDED
from tests.emulator.production.conftest import APPLY, SETTINGS, STATE_BUCKET, Client, Demands
from tests.iam.enforcement import as_run_of_github, client_with, enforced, token_of
from tests.rendered import Renderer
from tests.synthesis import synthesize_platform

EXTERNAL_ID = "mlflow-production"
BOUNDARY = f"arn:aws:iam::{ACCOUNT}:policy/team/boundary"
PULL_REQUEST = "repo:example/ml-platform:pull_request"
WITH_IDS = "example@123456/ml-platform@456789"
MAIN = "repo:example/ml-platform:ref:refs/heads/main"
PLAN = ("plan", "-detailed-exitcode", "-input=false", "-no-color", "-lock=false", "-out=ci.bin")
STATE = "mlflow/production/terraform.tfstate"
# Team, the role that it assumes.
TEAMS = {"data-science": "reader", "training": "contributor", "on-call": "admin"}

Attempts = dict[str, Callable[[], Any]]
# A team's name → clients of AWS's services with the role that it may assume.
Assume = Callable[[str], Callable[[str], Any]]


@pytest.fixture(scope="module")
def outputs(production: Platform) -> dict[str, Any]:
    return production.outputs()


@pytest.fixture(scope="module")
def boundary(client: Client) -> Iterator[None]:
    """An organization's: anything but what would change who may do what for everybody."""
    statements = [
        {"Effect": "Allow", "Action": "*", "Resource": "*"},
        {"Effect": "Deny", "Action": ["iam:CreateUser", "iam:CreateAccessKey"], "Resource": "*"},
    ]
    document = json.dumps({"Version": "2012-10-17", "Statement": statements})
    client("iam").create_policy(PolicyName="boundary", Path="/team/", PolicyDocument=document)
    yield
    client("iam").delete_policy(PolicyArn=BOUNDARY)


@pytest.fixture(scope="module")
def teams(client: Client) -> Iterator[None]:
    """The roles that people have before they assume one of ours."""
    iam = client("iam")
    trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": "*"}}
    assume = {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": f"arn:aws:iam::{ACCOUNT}:role/*"}
    for team in TEAMS:
        iam.create_role(RoleName=team, AssumeRolePolicyDocument=_document(trust))
        iam.put_role_policy(RoleName=team, PolicyName="assume", PolicyDocument=_document(assume))
    yield
    for team in TEAMS:
        iam.delete_role_policy(RoleName=team, PolicyName="assume")
        iam.delete_role(RoleName=team)


@pytest.fixture(scope="module")
def sts_of(account: EmulatedAws, client: Client, teams: None) -> Callable[[str], Any]:
    """A team's own client of STS."""

    def sts(team: str) -> Any:
        role = f"arn:aws:iam::{ACCOUNT}:role/{team}"
        session = client("sts").assume_role(RoleArn=role, RoleSessionName=team)
        return client_with(account, "sts", session["Credentials"])

    return sts


@pytest.fixture(scope="module")
def assume(
    account: EmulatedAws, outputs: dict[str, Any], sts_of: Callable[[str], Any], boundary: None
) -> Assume:
    def assumed(team: str) -> Callable[[str], Any]:
        role_arn, sts = outputs[f"{TEAMS[team]}_role_arn"], sts_of(team)
        with enforced(account):
            session = sts.assume_role(RoleArn=role_arn, RoleSessionName="one", ExternalId=EXTERNAL_ID)
        return lambda service: client_with(account, service, session["Credentials"])

    return assumed


def _document(statement: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def refused(account: EmulatedAws, attempts: Attempts) -> set[str]:
    """Which of `attempts` IAM refuses."""
    found = set()
    with enforced(account):
        for what, attempt in attempts.items():
            try:
                attempt()
            except ClientError as error:
                assert error.response["ResponseMetadata"]["HTTPStatusCode"] == 403, (what, error)
                found.add(what)
    return found


def test_every_role_is_bounded(production: Platform, client: Client) -> None:
    iam = client("iam")
    roles = [role["RoleName"] for role in iam.list_roles()["Roles"] if "mlflow" in role["RoleName"]]

    bounds = {
        name: iam.get_role(RoleName=name)["Role"]["PermissionsBoundary"]["PermissionsBoundaryArn"]
        for name in roles
    }

    assert len(bounds) >= 7
    assert set(bounds.values()) == {BOUNDARY}


def test_each_group_does_its_work_and_nothing_else(
    account: EmulatedAws, outputs: dict[str, Any], client: Client, assume: Assume
) -> None:
    bucket, log_group = outputs["artifact_bucket_name"], outputs["log_group_name"]
    cluster, service = outputs["cluster_name"], outputs["service_name"]
    client("s3").put_object(Bucket=bucket, Key="1/model", Body=b"model")

    def work(services: Callable[[str], Any]) -> Attempts:
        s3, logs, ecs, ssm = (services(name) for name in ("s3", "logs", "ecs", "ssm"))
        return {
            "find": lambda: ssm.get_parameter(Name="/mlflow/production/artifact_bucket_name"),
            "list": lambda: s3.list_objects_v2(Bucket=bucket),
            "read": lambda: s3.get_object(Bucket=bucket, Key="1/model"),
            "write": lambda: s3.put_object(Bucket=bucket, Key="2/model", Body=b"new"),
            "logs": lambda: logs.filter_log_events(logGroupName=log_group),
            "see": lambda: ecs.describe_services(cluster=cluster, services=[service]),
            "scale": lambda: ecs.update_service(cluster=cluster, service=service, desiredCount=2),
            "delete": lambda: s3.delete_object(Bucket=bucket, Key="1/model"),
            "stop": lambda: ecs.delete_service(cluster=cluster, service=service, force=True),
            "read the state": lambda: s3.get_object(Bucket=STATE_BUCKET, Key=STATE),
            "read another's parameter": lambda: ssm.get_parameter(Name="/mlflow/blue/vpc_id"),
            "read the password": lambda: services("secretsmanager").get_secret_value(
                SecretId=outputs["database_secret_arn"]
            ),
        }

    nobody = {
        "delete",
        "stop",
        "read the state",
        "read another's parameter",
        "read the password",
    }
    operate = {"logs", "see", "scale"}
    assert refused(account, work(assume("data-science"))) == nobody | operate | {"write"}
    assert refused(account, work(assume("training"))) == nobody | operate
    assert refused(account, work(assume("on-call"))) == nobody | {"list", "read", "write"}
    for key in ("1/model", "2/model"):
        client("s3").delete_object(Bucket=bucket, Key=key)


def test_only_named_principals_with_the_external_id_assume_the_role(
    account: EmulatedAws, outputs: dict[str, Any], sts_of: Callable[[str], Any], boundary: None
) -> None:
    reader = outputs["reader_role_arn"]
    own, other = sts_of("data-science"), sts_of("on-call")
    session = {"RoleArn": reader, "RoleSessionName": "one"}

    assert refused(
        account,
        {
            "named": lambda: own.assume_role(**session, ExternalId=EXTERNAL_ID),
            "without the id": lambda: own.assume_role(**session),
            "with another id": lambda: own.assume_role(**session, ExternalId="guessed"),
            "not named": lambda: other.assume_role(**session, ExternalId=EXTERNAL_ID),
        },
    ) == {"without the id", "with another id", "not named"}


@pytest.mark.parametrize(
    ("role", "subject", "comes_in"),
    [
        ("plan", PULL_REQUEST, True),
        ("plan", "repo:example/ml-platform:ref:refs/heads/feature", True),
        ("plan", "repo:example/ml-platform-fork:pull_request", False),
        ("plan", "repo:example/other:ref:refs/heads/main", False),
        ("plan", "repo:example@1/ml-platform@2:pull_request", False),
        ("plan", "repo:example/ml-platform@2:pull_request", False),
        ("apply", MAIN, True),
        ("apply", PULL_REQUEST, False),
        ("apply", "repo:example/ml-platform:ref:refs/heads/main2", False),
        ("apply", "repo:example/ml-platform:ref:refs/tags/main", False),
        ("apply", "repo:elsewhere/ml-platform:ref:refs/heads/main", False),
        ("apply", "repo:example@1/ml-platform@2:ref:refs/heads/main", False),
    ],
)
def test_github_plans_from_one_repository_and_applies_from_one_branch(
    outputs: dict[str, Any], client: Client, role: str, subject: str, comes_in: bool
) -> None:
    assert _comes_in(client, outputs[f"ci_{role}_role_arn"], subject) is comes_in


def _comes_in(client: Client, role_arn: str, subject: str) -> bool:
    try:
        client("sts").assume_role_with_web_identity(
            RoleArn=role_arn, RoleSessionName="github", WebIdentityToken=token_of(subject)
        )
    except ClientError as error:
        assert error.response["Error"]["Code"] == "AccessDenied", error
        return False
    return True


@pytest.fixture(scope="module")
def with_ids(client: Client, outputs: dict[str, Any]) -> Iterator[dict[str, str]]:
    """Role → its ARN: as the same environment would have them for a repository with ids in its subjects."""
    text = SETTINGS.read_text(encoding="utf-8").replace('"example/ml-platform"', f'"{WITH_IDS}"')
    stack = synthesize_platform(text, environment="production")
    render, iam = Renderer(stack), client("iam")
    arns = {}
    for role in ("plan", "apply"):
        document = render(stack["resource"]["aws_iam_role"][f"access_ci_{role}"]["assume_role_policy"])
        name = f"with-ids-{role}"
        made = iam.create_role(RoleName=name, AssumeRolePolicyDocument=document)
        arns[role] = made["Role"]["Arn"]
    yield arns
    for role in arns:
        iam.delete_role(RoleName=f"with-ids-{role}")


@pytest.mark.parametrize(
    ("role", "subject", "comes_in"),
    [
        ("plan", f"repo:{WITH_IDS}:pull_request", True),
        ("plan", f"repo:{WITH_IDS}:ref:refs/heads/feature", True),
        ("plan", PULL_REQUEST, False),
        ("plan", "repo:example@123456/ml-platform@456780:pull_request", False),
        ("plan", "repo:example@123457/ml-platform@456789:pull_request", False),
        ("plan", "repo:example@123456/ml-platform@4567890:pull_request", False),
        ("plan", "repo:example@123456/renamed@456789:pull_request", False),
        ("apply", f"repo:{WITH_IDS}:ref:refs/heads/main", True),
        ("apply", f"repo:{WITH_IDS}:pull_request", False),
        ("apply", MAIN, False),
    ],
)
def test_a_repository_is_trusted_with_its_ids_alone(
    with_ids: dict[str, str], client: Client, role: str, subject: str, comes_in: bool
) -> None:
    assert _comes_in(client, with_ids[role], subject) is comes_in


def test_token_of_another_audience_is_refused(outputs: dict[str, Any], client: Client) -> None:
    token = token_of(MAIN, audience="https://github.com/example")

    with pytest.raises(ClientError, match="AccessDenied"):
        client("sts").assume_role_with_web_identity(
            RoleArn=outputs["ci_apply_role_arn"], RoleSessionName="github", WebIdentityToken=token
        )


@pytest.fixture
def run_of(
    production: Platform, account: EmulatedAws, outputs: dict[str, Any], boundary: None
) -> Callable[[str, str], Platform]:
    """The environment, as a run of GitHub Actions handles it."""

    def make(role: str, subject: str) -> Platform:
        keys = as_run_of_github(account, role_arn=outputs[f"ci_{role}_role_arn"], subject=subject)
        return replace(production, variables={**production.variables, **keys})

    return make


@pytest.fixture
def changed(production: Platform) -> Iterator[None]:
    """Another retention of logs in the settings, which no service takes its time for; undone afterwards."""
    text = SETTINGS.read_text(encoding="utf-8")
    production.write(f"{text}\n[logs]\nretention_days = 400\n")
    production.synthesize()
    yield
    production.write(text)
    production.synthesize()
    production.terraform(*APPLY)


def test_the_plan_role_plans_and_changes_nothing(
    account: EmulatedAws,
    run_of: Callable[[str, str], Platform],
    production: Platform,
    changed: None,
    ci_roles: dict[str, Role],
    demands: Demands,
) -> None:
    run = run_of("plan", PULL_REQUEST)

    with enforced(account):
        with recorded(account) as requests:
            run.terraform("init", "-reconfigure", "-input=false", "-no-color")
            planned = run.terraform(*PLAN, ends_with=(NOT_EMPTY_PLAN,))
        applied = run.terraform("apply", "-input=false", "-no-color", "-lock=false", "ci.bin", ends_with=(1,))
        locked = run.terraform("plan", "-input=false", "-no-color", ends_with=(1,))

    assert unexpected(ci_roles["plan"].refuses(demands(requests)), tolerated=NEVER_NEEDED) == []
    assert "retention_in_days" in planned.stdout
    assert "Plan: 0 to add, " in planned.stdout
    assert ", 0 to destroy" in planned.stdout
    assert "StatusCode: 403" in applied.stdout + applied.stderr
    assert "Error acquiring the state lock" in locked.stdout + locked.stderr
    assert production.terraform(*PLAN, ends_with=(NOT_EMPTY_PLAN,)), "nothing was changed"


def test_the_apply_role_applies(
    account: EmulatedAws,
    run_of: Callable[[str, str], Platform],
    production: Platform,
    changed: None,
    ci_roles: dict[str, Role],
    demands: Demands,
) -> None:
    run = run_of("apply", MAIN)

    with enforced(account):
        with recorded(account) as requests:
            run.terraform("init", "-reconfigure", "-input=false", "-no-color")
            run.terraform(*APPLY)
        again = run.terraform(*PLAN, ends_with=(EMPTY_PLAN,))

    assert "No changes" in again.stdout
    assert unexpected(ci_roles["apply"].refuses(demands(requests)), tolerated=NEVER_NEEDED) == []


def test_the_apply_role_cannot_give_itself_more(
    account: EmulatedAws, outputs: dict[str, Any], client: Client, boundary: None
) -> None:
    session = client("sts").assume_role_with_web_identity(
        RoleArn=outputs["ci_apply_role_arn"], RoleSessionName="github", WebIdentityToken=token_of(MAIN)
    )
    iam = client_with(account, "iam", session["Credentials"])
    s3 = client_with(account, "s3", session["Credentials"])
    rds = client_with(account, "rds", session["Credentials"])
    secrets = client_with(account, "secretsmanager", session["Credentials"])
    route53 = client_with(account, "route53", session["Credentials"])
    (zone,) = client("route53").list_hosted_zones()["HostedZones"]
    records = client("route53").list_resource_record_sets(HostedZoneId=zone["Id"])["ResourceRecordSets"]
    (server,) = [record for record in records if record["Type"] == "A"]
    other_zone = client("route53").create_hosted_zone(Name="example.org", CallerReference="theirs")[
        "HostedZone"
    ]
    database = client("rds").describe_db_instances()["DBInstances"][0]
    identifier, backups = database["DBInstanceIdentifier"], database["BackupRetentionPeriod"]
    anything = _document({"Effect": "Allow", "Action": "*", "Resource": "*"})
    trust = _document({"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": "*"}})
    names = ("ci-apply", "ci-plan", "task", "flow-logs", "new")
    apply, plan, task, flow_logs, new = (f"mlflow-production-{name}" for name in names)
    (write,) = iam.list_role_policies(RoleName=flow_logs)["PolicyNames"]
    rights = json.dumps(iam.get_role_policy(RoleName=flow_logs, PolicyName=write)["PolicyDocument"])

    def change(zone_id: str, **changes: Any) -> None:
        batch = {"Changes": [{"Action": "UPSERT", "ResourceRecordSet": {**server, **changes}}]}
        route53.change_resource_record_sets(HostedZoneId=zone_id, ChangeBatch=batch)

    role = {"AssumeRolePolicyDocument": trust}
    own = {"RoleName": apply, "PolicyName": "more", "PolicyDocument": anything}

    assert not refused(
        account,
        {
            # It is there, which IAM only says to who may make it.
            "make a bounded role": lambda: _unless_it_exists(
                lambda: iam.create_role(RoleName=flow_logs, PermissionsBoundary=BOUNDARY, **role)
            ),
            "take its rights": lambda: iam.delete_role_policy(RoleName=flow_logs, PolicyName=write),
            "give them back": lambda: iam.put_role_policy(
                RoleName=flow_logs, PolicyName=write, PolicyDocument=rights
            ),
            "change the server's record": lambda: change(zone["Id"]),
            "change the database": lambda: rds.modify_db_instance(
                DBInstanceIdentifier=identifier, BackupRetentionPeriod=backups, ApplyImmediately=True
            ),
        },
    )
    attempts: Attempts = {
        "make a role without a boundary": lambda: iam.create_role(RoleName=flow_logs, **role),
        "make a role with another": lambda: iam.create_role(
            RoleName=flow_logs, PermissionsBoundary="arn:aws:iam::aws:policy/AdministratorAccess", **role
        ),
        "make a role of another name": lambda: iam.create_role(
            RoleName=new, PermissionsBoundary=BOUNDARY, **role
        ),
        "make the role of people": lambda: iam.create_role(
            RoleName="mlflow-production-readers", PermissionsBoundary=BOUNDARY, **role
        ),
        "let others be the task": lambda: iam.update_assume_role_policy(RoleName=task, PolicyDocument=trust),
        "let others be a service": lambda: iam.update_assume_role_policy(
            RoleName=flow_logs, PolicyDocument=trust
        ),
        "make the task's role anew": lambda: iam.delete_role(RoleName=task),
        "take a boundary away": lambda: iam.delete_role_permissions_boundary(RoleName=task),
        "attach what AWS allows administrators": lambda: iam.attach_role_policy(
            RoleName=task, PolicyArn="arn:aws:iam::aws:policy/AdministratorAccess"
        ),
        "give itself rights": lambda: iam.put_role_policy(**own),
        "let others take its place": lambda: iam.update_assume_role_policy(
            RoleName=apply, PolicyDocument=trust
        ),
        "change the role that plans": lambda: iam.delete_role(RoleName=plan),
        "widen its policies": lambda: iam.create_policy_version(
            PolicyArn=f"arn:aws:iam::{ACCOUNT}:policy/mlflow-production/{apply}-data",
            PolicyDocument=anything,
            SetAsDefault=True,
        ),
        "widen the boundary": lambda: iam.create_policy_version(
            PolicyArn=BOUNDARY, PolicyDocument=anything, SetAsDefault=True
        ),
        "make a policy": lambda: iam.create_policy(PolicyName="other", PolicyDocument=anything),
        "make a user": lambda: iam.create_user(UserName="other"),
        "trust another provider": lambda: iam.create_open_id_connect_provider(Url="https://example.com"),
        "let others read the password": lambda: secrets.put_resource_policy(
            SecretId=outputs["database_secret_arn"], ResourcePolicy=anything
        ),
        "change the password": lambda: secrets.update_secret(
            SecretId=outputs["database_secret_arn"], SecretString="known"
        ),
        "change another zone": lambda: change(other_zone["Id"], Name="mlflow.example.org"),
        "change another name": lambda: change(zone["Id"], Name="payroll.mlflow.example.com"),
        "change the zone's name servers": lambda: change(zone["Id"], Type="NS"),
        # An environment whose name begins with this one's.
        **{
            f"change the {of} of the neighbour": partial(
                iam.put_role_policy,
                RoleName=f"mlflow-production-eu-{of}",
                PolicyName="more",
                PolicyDocument=anything,
            )
            for of in ("ci-apply", "ci-plan", "task", "flow-logs")
        },
        "open the neighbour's bucket": lambda: s3.put_bucket_policy(
            Bucket=f"mlflow-production-eu-artifacts-{ACCOUNT}-us-east-1", Policy=anything
        ),
        "read artifacts": lambda: s3.get_object(Bucket=outputs["artifact_bucket_name"], Key="model"),
        "delete the bucket": lambda: s3.delete_bucket(Bucket=outputs["artifact_bucket_name"]),
        "delete the database": lambda: rds.delete_db_instance(
            DBInstanceIdentifier=identifier, SkipFinalSnapshot=True
        ),
        "delete the state": lambda: s3.delete_object(Bucket=STATE_BUCKET, Key=STATE),
        "read another's state": lambda: s3.get_object(
            Bucket=STATE_BUCKET, Key="mlflow/blue/terraform.tfstate"
        ),
    }

    assert refused(account, attempts) == set(attempts)
    client("route53").delete_hosted_zone(Id=other_zone["Id"])


def _unless_it_exists(make: Callable[[], Any]) -> None:
    try:
        make()
    except ClientError as error:
        if error.response["Error"]["Code"] != "EntityAlreadyExists":
            raise
