#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Move changes between the repository (the overlay) and build/tree.

apply:   build/tree = build/base + overlay. Only files whose content changes
         are written, so that kernel builds stay incremental.
refresh: regenerate the overlay from build/tree: a .patch file for a file that
         the base has, the whole file for one that it has not.

build/tree/.overlay records what the two last agreed on. A file changed on both
sides since then is a conflict, which stops either command before it writes
anything; --force lets the source of the command win.
"""

import argparse
import fcntl
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile

TOP = os.path.realpath(os.path.join(os.path.dirname(__file__), "../.."))
BUILD = os.path.join(TOP, "build")
BASE = os.path.join(BUILD, "base")
TREE = os.path.join(BUILD, "tree")
RECORD = ".overlay"

# The repository's own files, which are no part of the kernel tree.
OWN_FILES = {"README.md", "Makefile", "MAINTAINERS", "COPYING", ".gitignore"}
OWN_DIRS = (".ci/", ".github/", "scripts/overlay/", "series/")

# What building or patching inside build/tree may leave behind.
JUNK = (".o", ".cmd", ".orig", ".rej", ".swp", ".pyc", "~")


class Error(Exception):
    """A message for the user."""


def load(root, path):
    """A file as (kind, content, executable), or None if there is none."""
    full = os.path.join(root, path)
    if os.path.islink(full):
        return ("link", os.readlink(full).encode(), False)
    if not os.path.isfile(full):
        return None
    with open(full, "rb") as f:
        return ("file", f.read(), bool(os.stat(full).st_mode & 0o100))


def store(root, path, state):
    """Make a file what load() would return as state."""
    full = os.path.join(root, path)
    if os.path.lexists(full):
        os.unlink(full)
    if state is None:
        return
    os.makedirs(os.path.dirname(full), exist_ok=True)
    kind, content, executable = state
    if kind == "link":
        os.symlink(content, full)
        return
    with open(full, "wb") as f:
        f.write(content)
    os.chmod(full, 0o755 if executable else 0o644)


def digest(state):
    if state is None:
        return "absent"
    kind, content, executable = state
    return f"{kind}{'+x' if executable else ''} {hashlib.sha256(content).hexdigest()}"


def overlay_files():
    out = subprocess.run(
        ["git", "-c", "safe.directory=*", "ls-files", "-z", "--cached",
         "--others", "--exclude-standard"],
        cwd=TOP, check=True, stdout=subprocess.PIPE).stdout.decode()
    return sorted(f for f in set(out.split("\0"))
                  if f and f not in OWN_FILES and not f.startswith(OWN_DIRS)
                  and os.path.lexists(os.path.join(TOP, f)))


def renames():
    """The base's files that make way for ours: {new name: old name}."""
    result = {}
    with open(os.path.join(TOP, "scripts/overlay/renames"), encoding="utf-8") as f:
        for line in f:
            words = line.split("#")[0].split()
            if words:
                old, new = words
                if load(BASE, old) is None or load(BASE, new) is not None:
                    raise Error(f"cannot rename {old} to {new} in the base")
                result[new] = old
    return result


class Source:
    """The base with the renames done."""

    def __init__(self):
        self.renamed = renames()

    def touched(self):
        return set(self.renamed) | set(self.renamed.values())

    def load(self, path):
        if path in self.renamed.values():
            return None
        return load(BASE, self.renamed.get(path, path))


def check_counts(name, lines):
    """patch(1) takes what a hunk's counts leave over for text, and later hunks with it."""
    left = [0, 0]
    for number, line in enumerate(lines, 1):
        if any(left):
            kind = line[:1] or b" "
            if kind not in b" -+\\":
                raise Error(f"{name}:{number}: the hunk is longer than what follows")
            left[0] -= kind in b" -"
            left[1] -= kind in b" +"
            if min(left) < 0:
                raise Error(f"{name}:{number}: the hunk's counts are wrong")
            continue
        head = re.match(rb"@@ -\d+(?:,(\d+))? \+\d+(?:,(\d+))? @@", line)
        if head:
            left = [1 if n is None else int(n) for n in head.groups()]
        elif line[:1] in (b" ", b"+", b"-") and line[:4] not in (b"--- ", b"+++ "):
            raise Error(f"{name}:{number}: is in no hunk")
    if any(left):
        raise Error(f"{name}: the last hunk is longer than what follows")


def apply_diff(name, diff, path, before):
    """The content of path after a diff, known as name, is applied to it."""
    if before is None:
        raise Error(f"{name}: the base has no {path}")
    lines = diff.split(b"\n")
    heads = [(a[4:].split(b"\t")[0].decode(), b[4:].split(b"\t")[0].decode())
             for a, b in zip(lines, lines[1:])
             if a.startswith(b"--- ") and b.startswith(b"+++ ")]
    if heads != [("a/" + path, "b/" + path)]:
        raise Error(f"{name}: must patch a/{path} to b/{path} and nothing else")
    check_counts(name, lines)
    with tempfile.TemporaryDirectory(dir=BUILD) as tmp:
        store(tmp, path, before)
        done = subprocess.run(
            ["patch", "-p1", "--fuzz=0", "--no-backup-if-mismatch", "--batch",
             "--forward"],
            cwd=tmp, input=diff, check=False, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT)
        if done.returncode:
            raise Error(f"{name} does not apply:\n{done.stdout.decode()}")
        return load(tmp, path)


def run_patch(name, path, before):
    """The content of path after overlay file name is applied to it."""
    return apply_diff(name, load(TOP, name)[1], path, before)


def wanted(source):
    """Every file that the overlay touches: {path: state in the patched tree}."""
    want = {path: source.load(path) for path in source.touched()}
    for name in overlay_files():
        if name.endswith(".patch"):
            path = name[:-len(".patch")]
            want[path] = run_patch(name, path, source.load(path))
        elif source.load(name) is not None:
            raise Error(f"{name}: the base has such a file; write a .patch")
        else:
            want[name] = load(TOP, name)
    return want


def read_record():
    """What the two last agreed on, or None if there is no build/tree."""
    if not os.path.isdir(TREE):
        return None
    try:
        with open(os.path.join(TREE, RECORD), encoding="utf-8") as f:
            return json.load(f)
    except FileNotFoundError:
        # A tree made by hand: on nothing but the base.
        return {"base": base_version(), "files": {}}


def write_record(root, version, digests):
    full = os.path.join(root, RECORD)
    with open(full + ".new", "w", encoding="utf-8") as f:
        json.dump({"base": version, "files": digests}, f, indent=1, sort_keys=True)
    os.rename(full + ".new", full)


def base_version():
    with open(os.path.join(BUILD, "base.version"), encoding="utf-8") as f:
        return f.read().strip()


def conflict_message(paths, force):
    return ("changed in the repository and in build/tree since they last agreed:\n  "
            + "\n  ".join(sorted(paths))
            + "\nmake the two equal, or let one side win: " + force)


def apply(force):
    source = Source()
    want = wanted(source)
    digests = {path: digest(state) for path, state in want.items()}
    version = base_version()
    record = read_record()

    if record is not None and record["base"] != version:
        edited = [p for p, d in record["files"].items() if digest(load(TREE, p)) != d]
        if edited and not force:
            raise Error("build/tree is based on " + record["base"] + " and has changes "
                        "that the repository has not: make refresh, or remove it")
        shutil.rmtree(TREE)
        record = None

    if record is None:
        staging = TREE + ".new"
        if os.path.exists(staging):
            shutil.rmtree(staging)
        print("== copying build/base to build/tree", file=sys.stderr)
        subprocess.run(["cp", "-a", "--reflink=auto", BASE, staging], check=True)
        for path, state in want.items():
            store(staging, path, state)
        write_record(staging, version, digests)
        os.rename(staging, TREE)
        changes = dict(want)
    else:
        changes, conflicts = {}, []
        files = record["files"]
        for path in set(want) | set(files):
            new = want[path] if path in want else source.load(path)
            now = load(TREE, path)
            agreed = files.get(path) or digest(source.load(path))
            if digest(now) == digest(new):
                continue
            if digest(now) == agreed or force:
                changes[path] = new
            elif digest(new) != agreed:
                conflicts.append(path)
            else:
                print(f"== note: build/tree/{path} has changes that the "
                      "repository has not (make refresh)", file=sys.stderr)
        if conflicts:
            raise Error(conflict_message(
                conflicts, "scripts/overlay/overlay.py apply --force, or refresh --force"))
        for path, state in changes.items():
            store(TREE, path, state)
        write_record(TREE, version, digests)
    if changes:
        print(f"== build/tree: {len(changes)} files updated", file=sys.stderr)


def list_tree(root):
    """{path: (size, mtime) or link target} of every file under root."""
    result = {}
    stack = [""]
    while stack:
        prefix = stack.pop()
        with os.scandir(os.path.join(root, prefix)) as entries:
            for e in entries:
                path = prefix + e.name
                if e.is_dir(follow_symlinks=False):
                    if e.name not in ("__pycache__", ".git"):
                        stack.append(path + "/")
                elif e.is_symlink():
                    result[path] = os.readlink(e.path)
                else:
                    st = e.stat()
                    result[path] = (st.st_size, st.st_mtime_ns)
    return result


def tree_changes(source):
    """Paths whose content in build/tree differs from the renamed base."""
    base, tree = list_tree(BASE), list_tree(TREE)
    suspects = {p for p in base.keys() | tree.keys() if base.get(p) != tree.get(p)}
    suspects = {p for p in suspects if p != RECORD and not (p not in base and p.endswith(JUNK))}
    return {p for p in suspects | source.touched()
            if digest(load(TREE, p)) != digest(source.load(p))}


def make_diff(path, before, after):
    """A diff without timestamps, as diff -u (-p for C) makes it."""
    with tempfile.TemporaryDirectory(dir=BUILD) as tmp:
        store(tmp, "a", before)
        store(tmp, "b", after)
        options = ["-u"] + (["-p"] if path.endswith((".c", ".h", ".S")) else [])
        return subprocess.run(
            ["diff", *options, "--label", "a/" + path, "--label", "b/" + path,
             "a", "b"],
            cwd=tmp, check=False, stdout=subprocess.PIPE).stdout


def refresh(force):
    record = read_record()
    if record is None:
        raise Error("there is no build/tree: make tree")
    if record["base"] != base_version():
        raise Error("build/tree is based on another version of the source: make tree")
    source = Source()
    want = wanted(source)
    changed = tree_changes(source)

    conflicts, result = [], {}
    for path in changed | set(record["files"]) | set(want):
        now = load(TREE, path)
        ours = want[path] if path in want else source.load(path)
        agreed = record["files"].get(path) or digest(source.load(path))
        if digest(now) != agreed and digest(ours) not in (agreed, digest(now)) and not force:
            conflicts.append(path)
        elif digest(now) == agreed and digest(ours) != agreed:
            # Changed in the repository only: left for the next apply.
            print(f"== note: {path} is newer in the repository (make tree)", file=sys.stderr)
        else:
            result[path] = now
    if conflicts:
        raise Error(conflict_message(
            conflicts, "scripts/overlay/overlay.py refresh --force, or apply --force"))
    for path, now in result.items():
        before = source.load(path)
        if now is None and before is not None:
            raise Error(f"build/tree has no {path}: an overlay cannot remove a file")
        if now and before and (now[0] != "file" or now[2] != before[2]):
            raise Error(f"{path}: a diff cannot change a file's type or mode")

    for path, now in sorted(result.items()):
        before = source.load(path)
        name = path + ".patch" if before is not None else path
        if digest(now) == digest(before):
            new = None
        elif before is None:
            new = now
        elif digest(want.get(path)) == digest(now):
            # As it is written: with less context, maybe, so that it can be ported.
            new = load(TOP, name)
        else:
            old = load(TOP, name)
            intro = old[1].split(b"--- a/")[0] if old else b""
            new = ("file", intro + make_diff(path, before, now), False)
        if digest(load(TOP, name)) != digest(new):
            print(("removed " if new is None else "wrote ") + name)
            store(TOP, name, new)

    # What is newer in the repository keeps its old entry.
    digests = {p: d for p, d in record["files"].items() if p not in result}
    digests.update({p: digest(now) for p, now in result.items()
                    if p in source.touched() or digest(now) != digest(source.load(p))})
    write_record(TREE, record["base"], digests)


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", choices=["apply", "refresh"])
    parser.add_argument("--force", action="store_true")
    args = parser.parse_args()
    with open(os.path.join(BUILD, ".overlay.lock"), "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            {"apply": apply, "refresh": refresh}[args.command](args.force)
        except Error as e:
            print(f"error: {e}", file=sys.stderr)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
