# Two commands matter to a newcomer: `make run` and `make test`. Both do all their set-up first (tools/setup),
# quietly when there is nothing left to do.

.DEFAULT_GOAL := help
.PHONY: help run test whole setup check format bench bench-fleet fuzz sweep endurance escape mutants audit sbom shots messages events conformity lock deb repository image test-appliance install clean
PYTHON := .venv/bin/python
BIN := .venv/bin
export PYTHONDONTWRITEBYTECODE =  # the set-up makes none: what is used is compiled the first time, and not each time

help: ## list these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-15s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: ## set up, then the whole demo without hardware: kiosk, dock, portal, printer
	@tools/setup run
	@exec $(PYTHON) -m kiosk demo $(ARGS)

test: ## set up, then every check and every test (what CI runs)
	@tools/setup test
	@$(MAKE) --no-print-directory check

whole: ## the same, but each screen, slip and fault with every language, size, step and signal; an hour and more
	@WHOLE=yes $(MAKE) --no-print-directory test

setup: ## only the set-up for run and test
	@tools/setup test

# Each of the six would compile all the tests for itself: where they never have been, one does it before, beside the types.
check: ## format, lint, types, walls, tests; without set-up
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/lint-imports --no-logo
	$(BIN)/mypy & [ -d tests/__pycache__ ] || $(PYTHON) -m pytest --collect-only --quiet >/dev/null; \
		$(PYTHON) -m pytest --numprocesses 6 --dist loadfile --no-loadscope-reorder $(ARGS); \
		tests=$$?; wait $$! && exit $$tests

format: ## put the code into the house's form
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: ## measure, against pyjpki, OpenSC and the browser itself; ARGS=--write keeps it in docs/benchmarks.md
	@tools/setup test
	$(PYTHON) -m bench $(ARGS)

bench-fleet: ## what the desk's Prometheus needs for a thousand kiosks; half an hour; ARGS=--write, ARGS=--quick
	@tools/setup test
	$(PYTHON) -m bench fleet $(ARGS)

fuzz: ## visits by chance, with faults, each held to what must always hold; ARGS="--seed 7 --visits 200 --minutes 3"
	@tools/setup test
	$(PYTHON) -m tests.wild fuzz $(ARGS)

sweep: ## every fault at every place, into docs/faults.md; ARGS="portal printer" for a part of it
	@tools/setup test
	$(PYTHON) -m tests.wild sweep $(ARGS)

endurance: ## visit after visit, and what grows; ARGS="socket --minutes 80", then ARGS=--write (docs/benchmarks.md)
	@tools/setup test
	$(PYTHON) -m tests.wild endurance $(ARGS)

escape: ## does any chord of keys lead out of the kiosk? as root; ARGS="whole --quiet" (docs/lockdown.md)
	@tools/setup test
	$(PYTHON) -m tests.escape $(ARGS)

mutants: ## does a room's own tests notice a fault in it? ARGS="--room card --count 40 --seed 1" (minutes for each room)
	@tools/setup test
	$(PYTHON) tools/mutants.py $(ARGS)

var/audit/bin/python:
	python3 -m venv var/audit

audit: var/audit/bin/python ## known faults in dependencies, secrets in any commit; 3 in "Error 3": not everything could be looked at
	@tools/setup test
	-$(INSTALL_PIP_AUDIT)
	@$(PYTHON) tools/audit.py

sbom: var/audit/bin/python ## what the kiosk is made of, as CycloneDX (var/sbom.cdx.json), and docs/licences.md; ARGS=MANIFEST for an image's
	@tools/setup test
	$(INSTALL_PIP_AUDIT)
	$(PYTHON) -m tools.sbom $(ARGS)
INSTALL_PIP_AUDIT = var/audit/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-audit.lock

shots: ## a PNG of every screen and slip, in var/shots
	@tools/setup test
	$(PYTHON) -m tests.shots $(ARGS)

messages: ## gather the texts to translate, and bring the translations up to date with them (docs/translating.md)
	mkdir -p var
	PYTHONPATH=. $(PYTHON) -m babel.messages.frontend -q extract --mapping-file pyproject.toml -k official -k both -k fact -k counted:1,1 -k N_counted:1,1 --no-location --sort-output --project kiosk --output-file $(POT) .
	for domain in kiosk easy; do \
		$(PYTHON) -m babel.messages.frontend -q update --domain $$domain --no-fuzzy-matching --ignore-obsolete --input-file $(POT) --output-dir kiosk/language/locale; \
	done
	tools/setup run
POT = var/kiosk.pot

events: ## make docs/events.md anew from config/events.toml
	$(PYTHON) -m tools.events

conformity: ## make docs/conformity.md anew from docs/conformity.toml
	$(PYTHON) -m tools.conformity

lock: ## make the locks anew from pyproject.toml and package.json (UPGRADE=--upgrade for newer versions)
	test -x var/uv/bin/uv || { python3 -m venv var/uv && var/uv/bin/pip install --quiet uv; }
	var/uv/bin/uv pip compile $(UV_FLAGS) pyproject.toml --output-file requirements.lock
	var/uv/bin/uv pip compile $(UV_FLAGS) --extra dev pyproject.toml --output-file requirements-dev.lock
	echo pip-audit | var/uv/bin/uv pip compile $(UV_FLAGS) - --output-file requirements-audit.lock
	npm install --package-lock-only --ignore-scripts
UV_FLAGS = --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate \
	--custom-compile-command 'make lock' $(UPGRADE)

deb: ## the Debian package, for 12 and 13, in var/deb; ARGS=trixie for one of them
	@tools/setup run
	@tools/deb $(ARGS)

repository: ## an apt repository of what is in var/deb, signed, in var/repository; KEY=... or a throw-away one
	@tools/repository "$(KEY)"

image: ## the appliance's disk image, Debian 13 with the package of `make deb`, in var/image/out; KEY=... CERTIFICATE=... SETTINGS=... UPDATE=yes
	@KEY="$(KEY)" CERTIFICATE="$(CERTIFICATE)" SETTINGS="$(SETTINGS)" UPDATE="$(UPDATE)" ARGS="$(ARGS)" tools/image

test-appliance: ## that image as a whole machine, in QEMU, as root; ARGS="start --again" for a part (docs/appliance.md)
	$(PYTHON) -m tests.appliance $(ARGS)

install: ## on an appliance, as root: units, users, rules and policies to their places (docs/operators.md)
	install -d $(DESTDIR)$(LIB)/kiosk && : >$(DESTDIR)$(LIB)/kiosk/shipped
	sed -n 's|LIB/|$(LIB)/|; s|POLKIT|$(POLKIT)|; /^[^#]/p' systemd/places | while read -r file place; do \
		to=$$place/$${file##*/} && install -D -m 644 systemd/$$file $(DESTDIR)$$to && \
		sed -i 's|/opt/kiosk|$(AT)|g; s|/etc/kiosk/xkb|$(LIB)/kiosk/xkb|; s|/etc/kiosk/rules|$(LIB)/kiosk/rules|' $(DESTDIR)$$to && \
		echo "$$(sha256sum <$(DESTDIR)$$to | cut -c -64) $$to" >>$(DESTDIR)$(LIB)/kiosk/shipped || exit 1; \
	done
	for file in kiosk.toml guidance.toml firewall.nft; do \
		test -e $(DESTDIR)/etc/kiosk/$$file || install -D -m 644 -t $(DESTDIR)/etc/kiosk config/$$file; \
	done
	test -n "$(DESTDIR)" || { systemd-sysusers && systemd-tmpfiles --create kiosk.conf && systemctl daemon-reload; }
# Where the kiosk stands, and its parts of the system's: the owner's places here, the distribution's in the package.
AT = $(CURDIR)
LIB = /etc
POLKIT = /etc/polkit-1/rules.d

clean: ## remove what set-up and tests have made here
	rm -rf .venv node_modules var kiosk/web/static/vendor kiosk/voice/rendered .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find kiosk -name '*.mo' -delete
	find . -name __pycache__ -prune -exec rm -rf {} +
