"""The tables of an environment's file, one module each.

A field without a default here has one in `profiles.PROFILES`, or has to be set.
"""

from __future__ import annotations

from stacks.settings.tables.access import AccessSettings
from stacks.settings.tables.adopt import AdoptSettings
from stacks.settings.tables.alarms import AlarmsSettings
from stacks.settings.tables.artifact_store import ArtifactStoreSettings
from stacks.settings.tables.database import DatabaseSettings
from stacks.settings.tables.domain import DomainSettings
from stacks.settings.tables.encryption import EncryptionSettings
from stacks.settings.tables.firewall import FirewallSettings
from stacks.settings.tables.image import ImageSettings
from stacks.settings.tables.load_balancer import LoadBalancerSettings
from stacks.settings.tables.logs import LogsSettings
from stacks.settings.tables.network import NetworkSettings
from stacks.settings.tables.quotas import QuotasSettings
from stacks.settings.tables.remote_state import RemoteStateSettings
from stacks.settings.tables.scaling import ScalingSettings
from stacks.settings.tables.service import ServiceSettings
from stacks.settings.tables.sign_in import SignInSettings
from stacks.settings.tables.state import StateSettings

__all__ = [
    "AccessSettings",
    "AdoptSettings",
    "AlarmsSettings",
    "ArtifactStoreSettings",
    "DatabaseSettings",
    "DomainSettings",
    "EncryptionSettings",
    "FirewallSettings",
    "ImageSettings",
    "LoadBalancerSettings",
    "LogsSettings",
    "NetworkSettings",
    "QuotasSettings",
    "RemoteStateSettings",
    "ScalingSettings",
    "ServiceSettings",
    "SignInSettings",
    "StateSettings",
]
