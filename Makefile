# One venv, one set of commands; CI calls `check` and `test`. Only Python and make are needed.
PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin
CORPUS ?= .corpus
HISTORIES ?= .histories
MINUTES ?= 25
STAMP = $(VENV)/.installed

.PHONY: help setup demo test faults check docs pictures corpus score score-frameworks moves fuzz compare bench bench-speed bench-growth bench-backfill bench-start bench-script bench-keystroke editor extension bench-baseline edits cache-edits replay releases histories frameworks witness sql-witness dist sbom clean

help:
	@echo "make setup    create $(VENV) with the project and its tools"
	@echo "make demo     lint the example project in examples/crm, run and verify its backfills"
	@echo "make test     run the tests"
	@echo "make faults   let accidents happen to the backfill runner for MINUTES=25, and print what became of them"
	@echo "make check    run ruff, mypy, the import contracts, zizmor, and compare what is generated"
	@echo "make docs     bring the generated pages up to date, and build the documentation in site/"
	@echo "make pictures take pictures of the page, the terminal and the documentation, as far as it is built, into .pictures/"
	@echo "make corpus   rebuild the labelled corpus in $(CORPUS) (620 MB of wheels)"
	@echo "make score    measure recall and precision on the corpus (WRITE=--write: into the README)"
	@echo "make score-frameworks    measure recall and precision on further packages, each framework by itself"
	@echo "make compare  run other tools on one small project (WRITE=--write: into docs/comparison.md)"
	@echo "make moves    measure how many data changes of the corpus can be moved, and prove 60 of the moves by rows"
	@echo "make fuzz     lint 20,000 mutants of migrations, and go on where it was stopped (.fuzz.json)"
	@echo "make bench    all of the next four, one after the other (WRITE=--write: into docs/comparison.md)"
	@echo "make bench-speed    measure time on the corpus, beside semgrep and ruff (PEERS=DIR: an environment that has them)"
	@echo "make bench-growth    measure how time and memory grow with the files, up to 50,000"
	@echo "make bench-start    measure how long the smallest runs take, beside an interpreter that does nothing"
	@echo "make bench-script    measure how long a script of 10,000 lines takes, beside libcst's parser"
	@echo "make bench-keystroke    measure how long after a keystroke an editor is told"
	@echo "make editor   edit a migration 1,000 times before the language server, beside what check says"
	@echo "make extension    compile, lint and pack the extension for VS Code (needs node and npm)"
	@echo "make bench-baseline    measure baselines of 5,000 and 50,000 entries, into docs/baseline.md"
	@echo "make edits    draw 2,000 sequences of edits, and hold the fingerprints to them; it can be resumed"
	@echo "make cache-edits    edit repositories and programs of the witness at random for twenty minutes, and hold what is remembered, and what the gate clears, to what is read anew (SEED=N)"
	@echo "make replay   hold baselines against the history of the repositories DIR=…; LIST=--list shows each disagreement"
	@echo "make frameworks    run the migrations of tests/frameworks with the real packages, note what they write, and print a table (NEW=--new: only those not yet noted)"
	@echo "make histories    make up 40 histories whose changes are known, and hold baselines to them"
	@echo "make releases make repositories of published packages in $(HISTORIES), each release a commit"
	@echo "make witness  run thousands of generated migrations beside the linter, for an hour; it can be resumed"
	@echo "make sql-witness    run 40,000 generated texts on PostgreSQL beside the reader of SQL; it can be resumed"
	@echo "make dist     build wheel and sdist in dist/, twice, and compare the two"
	@echo "make sbom     list what an installation is made of, in sbom.cdx.json (CycloneDX)"
	@echo "make bench-backfill    measure the backfill runner on a million rows"

setup: $(STAMP)

$(STAMP): pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[dev]'
	@# An editable installation is not compiled, and where PYTHONDONTWRITEBYTECODE is set no run would keep what it compiles.
	$(BIN)/python -m compileall -q migration_guard
	@touch $(STAMP)

demo: $(STAMP)
	@echo '$$ cd examples/crm && migration-guard --no-baseline'
	@cd examples/crm && "$(abspath $(BIN))/migration-guard" check --no-baseline || test $$? -eq 1
	@echo
	@echo '$$ migration-guard --no-baseline --output-format concise'
	@cd examples/crm && "$(abspath $(BIN))/migration-guard" check --no-baseline --output-format concise || test $$? -eq 1
	@echo
	@echo 'The exit code was 1: new findings at or above fail-on. examples/crm/README.md explains them.'
	@echo
	@echo 'The backfills of the example, on a PostgreSQL that is started for them:'
	@$(BIN)/python tests/backfill/server.py "$(abspath $(BIN))/python" examples/crm/demo.py
	@echo
	@echo '$$ migration-guard verify'
	@cd examples/crm && "$(abspath $(BIN))/migration-guard" verify | tail -9

test: $(STAMP)
	$(BIN)/python -m pytest --numprocesses auto --dist loadfile

faults: $(STAMP)
	$(BIN)/python tests/backfill/faults/campaign.py --minutes $(MINUTES)

check: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python docs/generate.py --check
	$(BIN)/zizmor --offline --quiet --persona pedantic .

docs: $(STAMP)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[docs]'
	$(BIN)/python docs/generate.py
	$(BIN)/python docs/picture.py
	$(BIN)/mkdocs build --strict --quiet

pictures: $(STAMP)
	PYTHONPATH=tests $(BIN)/python tests/pictures.py .pictures

corpus: $(CORPUS)/packages

$(CORPUS)/packages:
	$(PYTHON) benchmarks/corpus/fetch.py $(CORPUS)

score: $(STAMP) corpus
	$(BIN)/python benchmarks/score.py $(CORPUS) $(WRITE)

score-frameworks: $(STAMP)
	$(PYTHON) benchmarks/corpus/fetch.py $(CORPUS)/frameworks frameworks.json
	$(BIN)/python benchmarks/score_frameworks.py $(CORPUS)/frameworks

moves: $(STAMP) corpus
	$(BIN)/python benchmarks/moves.py $(CORPUS) --prove 60 --seed 1

fuzz: $(STAMP)
	$(BIN)/python tests/hostile/fuzz.py --mutants 20000 --state .fuzz.json

# Each part is a target of its own too; one that fails, as over its budget, does not keep the others from being measured.
bench: $(STAMP) corpus
	@failed=; for part in bench-start bench-script bench-speed bench-growth; do \
		echo "== $$part"; $(MAKE) --no-print-directory $$part || failed="$$failed $$part"; \
	done; test -z "$$failed" || { echo "failed:$$failed"; exit 1; }

bench-speed: $(STAMP) corpus
	$(BIN)/python benchmarks/speed.py $(CORPUS) $(if $(PEERS),--peers $(PEERS)) $(WRITE)

bench-growth: $(STAMP) corpus
	$(BIN)/python benchmarks/growth.py $(CORPUS) $(WRITE)

compare: $(STAMP)
	$(BIN)/python benchmarks/comparison/compare.py $(WRITE)

bench-keystroke: $(STAMP)
	$(BIN)/python benchmarks/keystroke.py

extension:
	cd editors/vscode && npm ci --no-audit --no-fund && npm run package

editor: $(STAMP)
	PYTHONPATH=tests $(BIN)/python -m server.edits --edits 1000

bench-start: $(STAMP)
	$(BIN)/python benchmarks/start.py $(WRITE)

bench-script: $(STAMP)
	$(BIN)/python benchmarks/script.py

bench-backfill: $(STAMP)
	$(BIN)/python tests/backfill/server.py --durable $(BIN)/python benchmarks/backfill_speed.py
	$(BIN)/python tests/backfill/server.py --durable $(BIN)/python benchmarks/backfill_workers.py

bench-baseline: $(STAMP)
	$(BIN)/python benchmarks/baseline.py --write

edits: $(STAMP)
	PYTHONPATH=tests $(BIN)/python -m baselines.sequences --state .edits.json

cache-edits: $(STAMP)
	PYTHONPATH=tests $(BIN)/python -m caches.edits $(if $(SEED),--seed $(SEED))
	PYTHONPATH=tests $(BIN)/python -m caches.programs $(if $(SEED),--seed $(SEED))

replay: $(STAMP)
	PYTHONPATH=tests $(BIN)/python tests/baselines/replay.py $(LIST) $(DIR)

# Orator pins releases that no Python of today can build, so its requirements are named here, and not taken from it.
frameworks: $(STAMP)
	$(PYTHON) -m venv .frameworks
	.frameworks/bin/python -m pip install --quiet --disable-pip-version-check aerich tortoise-orm aiosqlite 'piccolo[sqlite]' \
		peewee-migrate yoyo-migrations pony sqlmodel alembic masonite-orm ormar edgy advanced-alchemy flask-migrate celery mautrix \
		asyncpg 'psycopg[binary]' psycopg2-binary matrix-synapse openupgradelib lxml pypika
	$(PYTHON) -m venv .frameworks/old
	.frameworks/old/bin/python -m pip install --quiet --disable-pip-version-check sqlalchemy-migrate 'sqlalchemy<2' 'setuptools<81' \
		backpack 'pendulum<2' 'cleo<0.7' inflection simplejson wrapt pygments 'faker<1' pyyaml pyaml lazy-object-proxy blinker
	.frameworks/old/bin/python -m pip install --quiet --disable-pip-version-check --no-deps orator
	$(PYTHON) -m venv .frameworks/prefect
	.frameworks/prefect/bin/python -m pip install --quiet --disable-pip-version-check alembic prefect
	$(PYTHON) -m venv .frameworks/airflow
	.frameworks/airflow/bin/python -m pip install --quiet --disable-pip-version-check alembic apache-airflow
	@# What a migration writes is noted in tests/frameworks/executed.json; one that is not run is named, and the table comes nevertheless.
	@failed=0; \
	$(BIN)/python tests/backfill/server.py .frameworks/bin/python tests/frameworks/execute.py $(NEW) || failed=1; \
	.frameworks/old/bin/python tests/frameworks/execute.py $(NEW) sqlalchemy_migrate orator || failed=1; \
	.frameworks/prefect/bin/python tests/frameworks/execute.py $(NEW) prefect || failed=1; \
	.frameworks/airflow/bin/python tests/frameworks/execute.py $(NEW) airflow || failed=1; \
	PYTHONPATH=tests $(BIN)/python -m frameworks.compare || failed=1; \
	exit $$failed

histories: $(STAMP)
	PYTHONPATH=tests $(BIN)/python -m baselines.histories

releases: $(STAMP)
	PYTHONPATH=tests $(BIN)/python tests/baselines/releases.py $(HISTORIES)

sql-witness: $(STAMP)
	PYTHONPATH=tests $(BIN)/python -m sql.witness

witness: $(STAMP)
	@export PYTHONPATH=tests; failed=0; \
	$(BIN)/python -m witness --minutes 42 --list .witness/failures.md || failed=1; \
	$(BIN)/python -m witness.mutants || failed=1; \
	$(BIN)/python -m witness.packages || failed=1; \
	exit $$failed

dist: $(STAMP)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[release]'
	rm -rf dist .dist
	$(BIN)/python -m build --outdir dist .
	$(BIN)/python -m build --outdir .dist .
	for made in dist/*; do cmp "$$made" ".dist/$${made##*/}" || exit 1; done
	rm -rf .dist

sbom: $(STAMP)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[release]'
	rm -rf .sbom
	$(PYTHON) -m venv .sbom
	.sbom/bin/python -m pip install --quiet --disable-pip-version-check '.[backfill]'
	$(BIN)/cyclonedx-py environment --output-reproducible --pyproject pyproject.toml --output-file sbom.cdx.json .sbom
	rm -rf .sbom

clean:
	rm -rf dist .dist sbom.cdx.json .sbom $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
