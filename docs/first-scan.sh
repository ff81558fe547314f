#!/usr/bin/env bash
# Installs leakscan and runs its main job: finds a token that was committed, then deleted again.
#
#   docs/first-scan.sh               a repository made for the purpose, in a temporary folder
#   docs/first-scan.sh PATH…         repositories of your own
set -euo pipefail
cd "$(dirname "$0")/.."

"${PYTHON:-python3}" -m venv .venv
.venv/bin/pip install --quiet --disable-pip-version-check .
leakscan=$PWD/.venv/bin/leakscan

if [ $# -eq 0 ]; then
    demo=$(mktemp -d)
    trap 'rm -rf "$demo"' EXIT
    commit() { git -C "$demo" add -A && git -C "$demo" -c user.name=Ada -c user.email=ada@example.com commit -qm "$1"; }
    git -C "$demo" init -q
    printf 'url = "https://api.github.com"\n' > "$demo/settings.ini"
    commit "Add settings"
    # Made up at random; split, so that this file holds no secret itself.
    printf 'token = "gh%s_%s"\n' p "$(LC_ALL=C tr -dc A-Za-z0-9 < /dev/urandom | head -c 36 || true)" >> "$demo/settings.ini"
    commit "Make it work"
    git -C "$demo" rm -q settings.ini
    commit "Remove settings, they are in the environment now"
    set -- "$demo"
fi

for repository in "$@"; do
    status=0
    "$leakscan" history "$repository" || status=$?
    case $status in
        0) echo "exit code 0: nothing found" ;;
        1) echo "exit code 1: the secrets above are in the history of $repository" ;;
        *) exit "$status" ;;
    esac
done
