"""Settings: one TOML file for each environment, typed, validated and frozen. docs/settings.md lists them all.

`load_environments` reads every file of a folder, puts the profile's defaults beneath and the `MLFLOW_INFRA_*`
variables on top, and reports everything that is wrong in one `SettingsError`.
"""

from __future__ import annotations

from settings.language.errors import SettingsError
from settings.language.setting import PROFILES
from stacks.environment import EnvironmentSettings
from stacks.settings.loading import environments_directory, load_environments

__all__ = ["PROFILES", "EnvironmentSettings", "SettingsError", "environments_directory", "load_environments"]
