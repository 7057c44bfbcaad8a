"""A secret that the server itself fills at its first start, such as the keys that all tasks share."""

from __future__ import annotations

from cdktf import TerraformResourceLifecycle
from cdktf_cdktf_provider_aws.secretsmanager_secret import SecretsmanagerSecret
from constructs import Construct

from modules.common.policies import Statement
from modules.encryption.key import AnyKey
from modules.service.service import Service

# In which a deleted secret can be restored: the longest that AWS offers
# (https://docs.aws.amazon.com/secretsmanager/latest/userguide/manage_delete-secret.html).
RECOVERY_WINDOW_DAYS = 30


class ServerSecret(Construct):
    """A secret in Secrets Manager without a value.

    Terraform never has the value: the provider would read it in every plan, so that everybody who plans could read it
    (docs/adr/0014-the-server-makes-its-keys.md).

    Args:
        name: the secret's name begins with it. An id follows, as AWS keeps the name of a deleted secret for a while.
        description: what it contains.
        variable: the server's variable with the secret's ARN.
        key: encrypts it; None for AWS's own key `aws/secretsmanager`.
        kept: the environment is protected: a deleted secret can be restored for 30 days, and Terraform refuses any plan
            that deletes it.

    Attributes:
        arn: of the secret.
        environment: the server's variables; none is a secret.
    """

    def __init__(
        self,
        scope: Construct,
        id: str,
        *,
        name: str,
        description: str,
        variable: str,
        key: AnyKey | None,
        kept: bool,
    ) -> None:
        super().__init__(scope, id)
        self._id = id
        self._key = key
        secret = SecretsmanagerSecret(
            self,
            "resource",
            name_prefix=f"{name}-",
            description=description,
            kms_key_id=key.arn if key else None,
            recovery_window_in_days=RECOVERY_WINDOW_DAYS if kept else 0,
            lifecycle=TerraformResourceLifecycle(prevent_destroy=True) if kept else None,
        )
        self.arn: str = secret.arn
        self.environment = {variable: self.arn}

    def grant_to(self, service: Service) -> None:
        """Lets the service's tasks read the secret, and store what they make."""
        title = self._id.title().replace("_", "")
        statements = [
            Statement(
                sid=f"Keep{title}",
                actions=["secretsmanager:GetSecretValue", "secretsmanager:PutSecretValue"],
                resources=[self.arn],
            )
        ]
        if self._key:
            statements.append(
                self._key.use(
                    f"Encrypt{title}",
                    actions=["kms:Decrypt", "kms:GenerateDataKey"],
                    via="secretsmanager",
                    context={"SecretARN": self.arn},
                )
            )
        service.grant_task(self._id, *statements)
