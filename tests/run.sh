#!/usr/bin/env bash
# Everything that must hold before a change lands: format, lint, types, import layers, our own scan of this
# repository, the rules and their examples, tests and their coverage. CI runs exactly this.
#
#   tests/run.sh            all of it, in a virtual environment of its own (.venv)
#   PYTHON=python3.12 tests/run.sh
set -euo pipefail
cd "$(dirname "$0")/.."

"${PYTHON:-python3}" -m venv .venv
bin=$PWD/.venv/bin
"$bin/pip" install --quiet --disable-pip-version-check -e '.[dev]'
export PATH="$bin:$PATH"

ruff format --check .
ruff check .
mypy
lint-imports
leakscan git --no-banner --max-archive-depth 2 --redact .
leakscan rules validate --strict
leakscan rules test

log=$(mktemp)
trap 'rm -f "$log"' EXIT
pytest -n "$(nproc)" --cov=scanner --cov-report= "$@" | tee "$log"
for part in detect config git survey; do
    coverage report --include="scanner/$part/*" --fail-under=95 --skip-covered
done
tail -n 1 "$log"
