"""The steps of `make state`. Each finds out what is already done, so that it can be run again from any point."""

from __future__ import annotations

import datetime
import json
import re
from collections.abc import Mapping

from stacks.environment import EnvironmentSettings
from stacks.state_buckets import state_stack_names
from tools.setup.progress import Step
from tools.state import account
from tools.state.account import Account
from tools.state.bucket import Bucket, key_id_of
from tools.state.choice import Choice, Files, choose
from tools.state.errors import StateError
from tools.state.local_state import LocalState
from tools.state.locks import Holder
from tools.state.settings_file import read, with_state, write
from tools.state.workspace import Done, Workspace

SUMMARY = re.compile(r"Resources: (.+)\.|(No changes)\.")


class Bootstrap:
    """Brings one environment's state into its bucket, and the bucket into being.

    Args:
        workspace: claimed for the environment.
        environ: the user's variables.
    """

    STEPS: Mapping[str, str] = {
        "settings": "Settings",
        "who": "AWS account",
        "decide": "Which bucket",
        "create": "The bucket",
        "initialize": "Terraform for the bucket",
        "apply": "What protects it",
        "move": "The environment's state",
        "set_aside": "The state's old file",
        "write": "The environment's settings",
    }

    OF_A_MANAGED_BUCKET = ("create", "initialize", "apply", "write")

    settings: EnvironmentSettings
    account: Account
    choice: Choice
    # The stack that creates the bucket; None if the bucket is not managed here.
    stack: str | None = None

    def __init__(self, workspace: Workspace, environ: Mapping[str, str]) -> None:
        self._workspace = workspace
        self._environ = dict(environ)
        self._files = Files(workspace.environment, environ, workspace.folder / "environments")

    def run(self) -> None:
        """All steps, in order.

        Raises:
            StateError, SettingsError: with what to do about it.
        """
        for name, title in self.STEPS.items():
            if name in self.OF_A_MANAGED_BUCKET and self.stack is None:
                continue
            with Step(title, log=str(self._workspace.folder / "step")) as step:
                step.detail = getattr(self, f"_{name}")(step)

    def _settings(self, step: Step) -> str:
        undecided = self._files.undecided()
        self._environments = self._files.load(undecided)
        self.settings = self._files.of(self._environments)
        if undecided and self.settings.state.bucket != undecided["bucket"]:
            # A variable names it.
            self._environments = self._files.load({})
            self.settings = self._files.of(self._environments)
        return f"{self._files.file.name} is in order"

    def _who(self, step: Step) -> str:
        self._session = account.session_in(self.settings.state_region)
        # With a role for the state, the account to be in is the role's: Terraform checks that itself.
        role = self.settings.state.role_arn
        self.account = account.caller(self._session)
        wanted = None if role else self.settings.state.account_id
        account.check(self.account, region=self.settings.state_region, wanted=wanted)
        return f"{self.account.account_id}, as {self.account.arn}"

    def _decide(self, step: Step) -> str:
        self.choice = choose(self._files, self._environments, self.account)
        environments = self._files.load(self.choice.values)
        self.settings = self._files.of(environments)
        self.stack = state_stack_names(environments).get(self.choice.bucket)
        self._workspace.synthesize(self._files.copies, self._environ)
        self._local = LocalState(
            self._workspace,
            self.settings.stack_name,
            self._environ,
            deployment=self.settings.deployment,
        )
        return (
            self.choice.bucket
            if self.stack
            else f"{self.choice.bucket}, not managed here: it is used as it is"
        )

    def _create(self, step: Step) -> str:
        bucket = Bucket(
            self._session,
            name=self.choice.bucket,
            region=self.settings.state_region,
            account_id=self.account.account_id,
        )
        if not bucket.exists():
            bucket.create()
            return f"made in {bucket.region}"
        if not bucket.has_state() and bucket.has_objects():
            raise StateError(
                f"The bucket {bucket.name} is there and in use, but was not made by `make state`. "
                "Where it is your team's, remove state.managed: it is then used as it is. "
                "Otherwise set state.bucket to another name."
            )
        return "is there"

    def _initialize(self, step: Step) -> str:
        folder = self._workspace.stack(str(self.stack))
        # Whatever exists without being in the state is taken into it; for what is in it, these blocks do nothing.
        adopted = {"aws_s3_bucket.state": self.choice.bucket}
        alias = self.settings.state.kms_key_alias or self.settings.state.kms_key_id
        own = "aws_kms_key" in (folder / "cdk.tf.json").read_text(encoding="utf-8")
        if own and alias and (key_id := key_id_of(self._session, alias, self.settings.state_region)):
            adopted |= {"aws_kms_key.state": key_id, "aws_kms_alias.state": alias}
        blocks = [{"to": address, "id": found} for address, found in adopted.items()]
        (folder / "adopted.tf.json").write_text(json.dumps({"import": blocks}), encoding="utf-8")
        self._checked(self._terraform("init", "-input=false", "-no-color", step=step))
        return "ready"

    def _apply(self, step: Step) -> str:
        cut_off = self._began_before()
        if cut_off is None:
            now = datetime.datetime.now(datetime.UTC)
            self._workspace.applying.write_text(now.isoformat(), encoding="utf-8")
        apply = ("apply", "-auto-approve", "-input=false", "-no-color")
        done = self._terraform(*apply, step=step)
        holder = Holder.told_in(done.output)
        if holder is not None and cut_off is not None and holder.is_of_run(cut_off):
            # The lock of our own run that was killed: this folder's lock says that it has ended.
            self._checked(self._terraform("force-unlock", "-force", holder.lock_id, step=step))
            done = self._terraform(*apply, step=step)
        self._workspace.applying.unlink(missing_ok=True)
        self._checked(done)
        found = SUMMARY.search(done.output)
        return next(filter(None, found.groups())) if found else "applied"

    def _move(self, step: Step) -> str:
        return self._local.move()

    def _set_aside(self, step: Step) -> str:
        return self._local.set_aside()

    def _write(self, step: Step) -> str:
        file = self._files.file
        text = read(file)
        changed = with_state(text, self.choice.values, file)
        if changed == text:
            return f"{file.name} says it already"
        write(file, changed)
        return f"written into {file.name}: commit it"

    def _began_before(self) -> datetime.datetime | None:
        """When an apply of this folder began that never came to its end."""
        try:
            return datetime.datetime.fromisoformat(self._workspace.applying.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None

    def _terraform(self, *arguments: str, step: Step) -> Done:
        folder = self._workspace.stack(str(self.stack))
        return self._workspace.terraform(*arguments, directory=folder, environ=self._environ, step=step)

    def _checked(self, done: Done) -> None:
        if holder := Holder.told_in(done.output):
            raise StateError(
                f"Somebody else is at the bucket {self.choice.bucket}: {holder}. Let that end, then run it again: "
                "what is done is not done twice. docs/state.md has a way out of a lock that nobody holds any more."
            )
        if done.status != 0:
            raise StateError(
                f"Terraform failed on the stack {self.stack}:\n{done.last_lines}\n  Log: {self._workspace.log}"
            )
