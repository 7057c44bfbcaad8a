"""Settings of an environment whose repository may plan and apply."""

from __future__ import annotations

PROVIDER = "arn:aws:iam::111122223333:oidc-provider/token.actions.githubusercontent.com"
IMAGE = '[image]\nregistry_credentials = "docker_config"\n'
GITHUB = (
    f'{IMAGE}[access]\ngithub.repository = "example/ml-platform"\ngithub.oidc_provider_arn = "{PROVIDER}"\n'
)
