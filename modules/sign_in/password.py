"""Sign-in with MLflow's own users: the password of the first one is in a secret, which the server fills."""

from __future__ import annotations

from constructs import Construct

from modules.encryption.key import AnyKey
from modules.service.server_secret import ServerSecret

# The load balancer adds the client's address to X-Forwarded-For.
PROXIES = 1


class PasswordSignIn(ServerSecret):
    """MLflow's users (https://mlflow.org/docs/latest/self-hosting/security/basic-http-auth/), in the environment's
    database, and the secret with `username` and `password` of the first user, who may do everything. The server asks
    for user and password; the load balancer knows nothing of them.

    Args:
        name: the secret's name begins with it, and `-admin`.
        default_permission: what a user may do with what others made, such as `READ`.
        key, kept: see `ServerSecret`.
    """

    def __init__(
        self, scope: Construct, id: str, *, name: str, default_permission: str, key: AnyKey | None, kept: bool
    ) -> None:
        super().__init__(
            scope,
            id,
            name=f"{name}-admin",
            description="User name and password of MLflow's first user, which the server makes at its first start",
            variable="MLFLOW_ADMIN_SECRET_ARN",
            key=key,
            kept=kept,
        )
        self.environment |= {
            "MLFLOW_SIGN_IN_DEFAULT_PERMISSION": default_permission,
            "MLFLOW_SIGN_IN_PROXIES": str(PROXIES),
        }
