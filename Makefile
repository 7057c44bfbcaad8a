# What people run. Everything is made inside this folder; `make setup` does nothing that is done already.

PYTHON ?= python3
VENV := .venv/bin/python
ARGS ?=
ENVIRONMENT ?= demo
# Most layers wait more than they compute: RDS and load balancers take their time even in an emulated AWS.
WORKERS ?= 6

.DEFAULT_GOAL := help
.PHONY: help admin-password setup demo demo-down synth env state test lint which format docs docs-check snapshots bench bench-server compare-bindings lock upgrade-mlflow lock-providers rds-authorities clean

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { gsub(/[$$][$$]/, "$$", $$2); printf "  make %-18s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## Install the locked Python packages, cdktf, and Terraform where it is missing
	@$(PYTHON) -m tools.setup

demo: setup ## Deploy, serve and use the platform on this machine, without an AWS account (ARGS=--once: then exit)
	@$(VENV) -m local.demo $(ARGS)

demo-down: setup ## Stop the demo that runs in another terminal; it destroys everything first
	@$(VENV) -m local.demo down

synth: setup ## Write the Terraform of every environment to cdktf.out/
	@eval "$$($(VENV) -m tools.setup.toolchain env)" && cdktf synth $(ARGS)

env: setup ## Print variables for cdktf and terraform by hand: eval "$$(make -s env)"
	@$(VENV) -m tools.setup.toolchain env

state: setup ## Make the bucket of the state, and move local state in (ENVIRONMENT=demo); docs/state.md
	@$(VENV) -m tools.state $(ENVIRONMENT)

admin-password: setup ## Print the password of MLflow's first user (ENVIRONMENT=demo; ARGS=--rotate: a new one)
	@$(VENV) -m tools.admin_password $(ENVIRONMENT) $(ARGS)

test: setup ## Run every check and test that this machine can run (ARGS=tests/unit: only these)
	@$(VENV) -m tools.test -n $(WORKERS) --dist loadgroup $(ARGS)

lint: setup ## Check style, types and generated documentation
	@$(VENV) -m ruff check --quiet .
	@$(VENV) -m ruff format --check --quiet .
	@$(VENV) -m mypy
	@$(VENV) -m tools.documentation --check

which: setup ## Show the code that creates a resource (ADDRESS=aws_db_instance.database)
	@$(VENV) -m tools.which "$(ADDRESS)"

format: setup ## Fix style
	@$(VENV) -m ruff check --fix --quiet .
	@$(VENV) -m ruff format .

docs: setup ## Write the generated documentation again
	@$(VENV) -m tools.documentation

snapshots: setup ## Write the synthesized JSON and the addresses in tests/snapshots again
	@$(VENV) -m pytest -q -n 0 --snapshot-update tests/snapshots

docs-check: setup ## Check that the generated documentation is up to date
	@$(VENV) -m tools.documentation --check

bench: setup ## Measure synthesis against its floor and against stock bindings; writes docs/performance.md
	@$(VENV) -m tests.bench $(ARGS)

bench-server: setup ## Put the server under load and show which bars it meets (ARGS="writers mix": only these)
	@$(VENV) -m tests.load $(ARGS)

compare-bindings: setup ## Check that the bindings for AWS provider 5 and 6 give the same Terraform
	@$(VENV) -m tests.plans.bindings

lock: setup ## Make the lock files again after a change of Pipfile, package.json or docker/requirements.in
	@$(VENV) -m tools.locks

upgrade-mlflow: setup ## Upgrade MLflow in the image, the client and the README (VERSION=3.18.0), and lock it
	@$(VENV) -m tools.locks --mlflow "$(VERSION)"

lock-providers: setup ## Lock the Terraform providers' checksums for all platforms (ARGS=--help: choose which)
	@$(VENV) -m tools.locks.providers $(ARGS)

rds-authorities: setup ## Read the authorities of RDS's certificates from AWS's trust stores into docker/rds-authorities
	@$(VENV) -m tools.rds_authorities $(ARGS)

clean: ## Remove what was installed and synthesized in this folder, and nothing in AWS; stop a running demo first
	@found="$$(find cdktf.out -name errored.tfstate 2>/dev/null)"; if [ -n "$$found" ]; then \
	    echo "Not removed: $$found is a state that Terraform could not save (docs/runbook.md#the-state-could-not-be-saved)." >&2; \
	    exit 1; fi
	rm -rf .venv .tools .demo node_modules cdktf.out .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
