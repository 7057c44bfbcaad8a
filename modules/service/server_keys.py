"""The secret with the keys that all tasks share, such as the one that encrypts webhooks' secrets in the database."""

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


class ServerKeys(Construct):
    """A secret in Secrets Manager, which the server itself fills at its first start.

    Terraform never has the value: the provider would read it in every plan, so that everybody who plans could read it
    (docs/adr/0014-the-server-makes-its-keys.md).

    Args:
        name: the secret's name begins with it. An id follows, as AWS keeps the name of a deleted secret for a while.
        key: encrypts it; None for AWS's own key `aws/secretsmanager`.
        kept: the environment is protected: a deleted secret can be restored for 30 days, and Terraform refuses any plan
            that deletes it. Without its keys, what they encrypted in the database is lost.

    Attributes:
        arn: of the secret.
        environment: the server's variables; none is a secret.
    """

    def __init__(self, scope: Construct, id: str, *, name: str, key: AnyKey | None, kept: bool) -> None:
        super().__init__(scope, id)
        self._key = key
        secret = SecretsmanagerSecret(
            self,
            "resource",
            name_prefix=f"{name}-",
            description="Keys of the MLflow server, which it makes at its first start",
            kms_key_id=key.arn if key else None,
            recovery_window_in_days=RECOVERY_WINDOW_DAYS if kept else 0,
            lifecycle=TerraformResourceLifecycle(prevent_destroy=True) if kept else None,
        )
        self.arn: str = secret.arn
        self.environment = {"MLFLOW_SERVER_KEYS_SECRET_ARN": self.arn}

    def grant_to(self, service: Service) -> None:
        """Lets the service's tasks read the keys, and store those that they make."""
        statements = [
            Statement(
                sid="KeepServerKeys",
                actions=["secretsmanager:GetSecretValue", "secretsmanager:PutSecretValue"],
                resources=[self.arn],
            )
        ]
        if self._key:
            statements.append(
                self._key.use(
                    "EncryptServerKeys",
                    actions=["kms:Decrypt", "kms:GenerateDataKey"],
                    via="secretsmanager",
                    context={"SecretARN": self.arn},
                )
            )
        service.grant_task("server_keys", *statements)
