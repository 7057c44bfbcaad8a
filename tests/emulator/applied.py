"""The settings of all environments that the tests of these folders apply, and plan a second time.

`tests/unit/settings/test_applied.py` checks that nothing that can be set is missing from them.
"""

from __future__ import annotations

import json

from tests.emulator.adoption.conftest import SETTINGS as ADOPTING
from tests.emulator.environments import settings_of
from tests.emulator.production.conftest import SETTINGS as PRODUCTION
from tests.emulator.production.nat.settings import SETTINGS as BY_NAT
from tests.emulator.production.sign_in.settings import SETTINGS as SIGN_IN
from tests.emulator.restore.conftest import SETTINGS as RESTORED
from tests.emulator.restore.conftest import THEN
from tests.emulator.second_plan.conftest import FILES, with_given
from tests.emulator.sharing.conftest import SETTINGS as SHARED
from tests.emulator.state.project import OWN_TOML, TEAM_TOML
from tests.emulator.their_network.conftest import FROM_STATE, PRIVATE
from tests.emulator.their_network.conftest import SETTINGS as IN_THEIR_NETWORK

# In place of what has another name in every run.
CERTIFICATE = "arn:aws:acm:us-east-1:123456789012:certificate/12345678-1234-1234-1234-123456789012"
SECRET = "arn:aws:secretsmanager:us-east-1:123456789012:secret:sign-in-AbCdEf"
GIVEN = {
    "certificate_arn": CERTIFICATE,
    "key_arn": "arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-4cd3-96ef-1234567890ab",
    "oidc_provider_arn": "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com",
    "secret_arn": SECRET,
    "secret_version_id": "12345678-1234-1234-1234-123456789012",
    "topic_arn": "arn:aws:sns:us-east-1:123456789012:pager",
    "zone_id": "Z0123456789EXAMPLE12",
}
SUBNETS = json.dumps(["subnet-12345678", "subnet-23456789"])
OTHER_SUBNETS = json.dumps(["subnet-34567890", "subnet-45678901"])
DIGEST = "0" * 64

# Environment → its file, whole and with all that it holds applied.
WHOLE = {
    "demo": settings_of("mlflow-demo", image_digest="0", desired_count=1),
    "blue": settings_of("mlflow-blue", image_digest="0", desired_count=1),
    "production": PRODUCTION.read_text(encoding="utf-8"),
    "adopting": ADOPTING.format(vpc_id="vpc-12345678", public_subnets=SUBNETS, private_subnets=OTHER_SUBNETS),
    "restored-gone": f'{RESTORED}restore.source_db_instance_identifier = "mlflow-gone"\n',
    "restored-wrong": (
        f'{RESTORED}restore.source_db_instance_identifier = "mlflow-wrong"\nrestore.restore_time = "{THEN}"\n'
    ),
    "restored-copy": f'{RESTORED}restore.snapshot_identifier = "kept"\n',
    "shared": SHARED.format(digest=DIGEST, desired_count=1),
    "their-network": f'{IN_THEIR_NETWORK.format(digest=DIGEST)}{FROM_STATE}{PRIVATE}endpoints = "existing"\n',
    **{name: with_given(file.read_text(encoding="utf-8"), GIVEN) for name, file in FILES.items()},
}
# Environment → its file and the tables of it that are applied, with what depends on them.
IN_PART = {
    "by-nat-per-az": (f'{BY_NAT}"per_az"\n', {"network"}),
    "by-one-nat": (f'{BY_NAT}"single"\n', {"network"}),
    "sign-in": (SIGN_IN.format(certificate_arn=CERTIFICATE, secret_arn=SECRET), {"sign_in"}),
    # `make state`, with the environment's own state in it.
    "state-of-a-team": (TEAM_TOML, {"state"}),
    "state-with-a-key": (OWN_TOML, {"state"}),
}
