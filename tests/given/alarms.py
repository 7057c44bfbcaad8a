"""Settings of an environment whose alarms notify another team's topic."""

from __future__ import annotations

TOPIC = "arn:aws:sns:eu-west-1:111122223333:alarms"
TOPIC_FROM_STATE = """\
[remote_state]
bucket = "states"
key = "alarms.tfstate"
[remote_state.outputs]
topic_arn = "topic"
"""
