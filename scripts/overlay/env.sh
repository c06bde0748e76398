# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# Sourced by the scripts beside it: where things are, and how to say so.
# Standard output is for results; progress goes to standard error.

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top=$(cd "$here/../.." && pwd)
build=$top/build
jobs=$(nproc)
export here top build jobs

say() { printf '== %s\n' "$*" >&2; }
die() { printf 'error: %s\n' "$*" >&2; exit 1; }
