#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""port.py TREE: apply the overlay to another kernel tree, as far as it goes.

For a tree that is not the base, say of a newer kernel. Says of each hunk whether
it applied, and how, and where if that is not the function that it was made for.
Those that did not are left in reject files beside the files that they are for. A
file of ours that the tree has already is left as it is, and so is a hunk that is in
place. The tree is changed: try it on a copy.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys

import overlay
from overlay import TOP, load, store

HUNK = re.compile(r"^Hunk #(\d+) (succeeded|FAILED) at (\d+)"
                  r"(?: with fuzz (\d+))?(?: \(offset (-?\d+) lines?\))?", re.M)


def function(hunk):
    """The function that a hunk is in, as its head has it."""
    return hunk.split("\n", 1)[0].split("@@", 2)[2].strip()


def title(hunk):
    """Where a hunk is, in words: its function, or what it adds first."""
    added = next((line[1:].strip() for line in hunk.splitlines()
                  if line[:1] == "+" and line[1:].strip()), "")
    return f"{function(hunk)}: {added}" if function(hunk) else added


def function_at(lines, number):
    """What diff -p would put into the head of a hunk that begins there."""
    for line in reversed(lines[:number - 1]):
        if re.match(r"[A-Za-z_$]", line):
            return line[:40].strip()
    return ""


def run_patch(tree, head, hunks, *options):
    """How patch fares with each of some hunks: a match of HUNK for it, or None."""
    if not hunks:
        return []
    # --force: nothing is taken for reversed, and skipped with all that follows.
    done = subprocess.run(
        ["patch", "-p1", "--verbose", "--force", "--no-backup-if-mismatch", *options],
        cwd=tree, input=head + "".join(hunks), check=False, encoding="utf-8",
        errors="replace", stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode > 1:
        raise overlay.Error(f"patch does not understand:\n{head}\n{done.stdout}")
    found = {int(m[1]): m for m in HUNK.finditer(done.stdout)}
    return [found.get(number) for number in range(1, len(hunks) + 1)]


def port_patch(tree, name, path):
    """Applies a .patch file; yields (result, remark, hunk's title)."""
    head, *hunks = re.split(r"^(?=@@ )", load(TOP, name)[1].decode(), flags=re.M)
    full = os.path.join(tree, path)
    if not os.path.exists(full):
        store(tree, path + ".rej", load(TOP, name))
        for hunk in hunks:
            yield "no file", "", title(hunk)
        return

    # Where fuzz is allowed, a hunk may well apply a second time.
    there = [m and m[2] == "succeeded"
             for m in run_patch(tree, head, hunks, "--reverse", "--dry-run")]
    todo = [hunk for hunk, done in zip(hunks, there) if not done]
    # One from an earlier run has hunks that have been seen to since.
    if os.path.exists(full + ".rej"):
        os.unlink(full + ".rej")
    results = iter(run_patch(tree, head, todo))
    with open(full, encoding="utf-8", errors="replace") as f:
        lines = f.read().splitlines()

    for hunk, done in zip(hunks, there):
        m = None if done else next(results)
        if done:
            yield "there", "", title(hunk)
        elif not m or m[2] == "FAILED":
            yield "rejected", "", title(hunk)
        else:
            remarks = [f"fuzz {m[4]}"] if m[4] else []
            remarks += [f"offset {m[5]}"] if m[5] else []
            now = function_at(lines, int(m[3]))
            if function(hunk) and now != function(hunk):
                remarks.append(f"in \"{now}\"")
            yield ("fuzz" if m[4] else "offset" if m[5] else "applied",
                   ", ".join(remarks), title(hunk))


def port(tree):
    """Applies the overlay; the number of each result."""
    count = {"new": 0, "applied": 0, "offset": 0, "fuzz": 0, "there": 0, "rejected": 0,
             "no file": 0, "exists": 0}
    for new, old in overlay.renames().items():
        if load(tree, old) is not None and load(tree, new) is None:
            shutil.move(os.path.join(tree, old), os.path.join(tree, new))
            print(f"{old}: renamed to {new}")
    for name in overlay.overlay_files():
        if name.endswith(".patch"):
            path = name[:-len(".patch")]
            for result, remark, where in port_patch(tree, name, path):
                count[result] += 1
                how = remark if result in ("offset", "fuzz") else \
                    ", ".join(filter(None, (result, remark)))
                print(f"{path}: {how}: {where}")
        elif load(tree, name) is None:
            count["new"] += 1
            store(tree, name, load(TOP, name))
        elif load(tree, name) != load(TOP, name):
            count["exists"] += 1
            print(f"{name}: exists, and is something else")
    return count


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tree")
    tree = parser.parse_args().tree
    if not os.path.exists(os.path.join(tree, "kernel/fork.c")):
        print(f"error: {tree} is no kernel tree", file=sys.stderr)
        return 1
    if os.path.realpath(tree) in (os.path.realpath(overlay.BASE),
                                  os.path.realpath(overlay.TREE)):
        print("error: that is the overlay's own tree; see make tree", file=sys.stderr)
        return 1
    try:
        count = port(tree)
    except overlay.Error as e:
        print(f"error: {e}", file=sys.stderr)
        return 1
    print(f"\n{count['new']} new files; hunks: {count['applied']} applied, "
          f"{count['offset']} with an offset, {count['fuzz']} with fuzz, "
          f"{count['there']} there already, {count['rejected']} rejected, "
          f"{count['no file']} for files that are not there; "
          f"{count['exists']} files in the way")
    return 1 if count["rejected"] + count["no file"] + count["exists"] else 0


if __name__ == "__main__":
    sys.exit(main())
