"""Settings of an environment that takes over what exists."""

from __future__ import annotations

DATABASE = """\
[adopt]
database_instance = "mlflow-db"
database_subnet_group = "mlflow-db-subnet-group"
"""
ADOPT = f"""\
{DATABASE}artifact_bucket = "mlflow-artifacts"
repository = "mlflow-server"
log_group = "/ecs/mlflow-server"
"""
