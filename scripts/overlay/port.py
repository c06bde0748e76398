#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""port.py TREE: apply the overlay to another kernel tree, as far as it goes.

For a tree that is not the base, say of a newer kernel. Says of each hunk whether
it applied, and how; those that did not are left in reject files beside the files
that they are for. A file of ours that the tree has already is left as it is.
The tree is changed: try it on a copy.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys

import overlay
from overlay import TOP, load, store

HUNK = re.compile(r"Hunk #(\d+) (succeeded|FAILED) at (\d+)"
                  r"(?: with fuzz (\d+))?(?: \(offset (-?\d+) lines?\))?")


def title(hunk):
    """Where a hunk is, in words: its function, or what it adds first."""
    head, *lines = hunk.splitlines()
    function = head.split("@@")[2].strip()
    added = next((line[1:].strip() for line in lines if line[:1] == "+" and line[1:].strip()), "")
    return f"{function}: {added}" if function else added


def port_patch(tree, name, path):
    """Applies a .patch file; yields (result, hunk's title)."""
    diff = load(TOP, name)[1].decode()
    hunks = re.split(r"^(?=@@ )", diff, flags=re.M)[1:]
    if not os.path.exists(os.path.join(tree, path)):
        for hunk in hunks:
            yield "no file", title(hunk)
        return
    done = subprocess.run(
        ["patch", "-p1", "--verbose", "--batch", "--forward", "--no-backup-if-mismatch"],
        cwd=tree, input=diff, check=False, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    found = {int(m[1]): m for m in HUNK.finditer(done.stdout)}
    for number, hunk in enumerate(hunks, 1):
        m = found.get(number)
        if not m:
            yield "rejected", title(hunk)
        elif m[2] == "FAILED":
            yield "rejected", title(hunk)
        elif m[4]:
            yield f"fuzz {m[4]}", title(hunk)
        elif m[5]:
            yield f"offset {m[5]}", title(hunk)
        else:
            yield "applied", title(hunk)


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tree")
    tree = parser.parse_args().tree
    if not os.path.exists(os.path.join(tree, "kernel/fork.c")):
        print(f"error: {tree} is no kernel tree", file=sys.stderr)
        return 1
    if os.path.realpath(tree) in (overlay.BASE, overlay.TREE):
        print("error: that is the overlay's own tree; see make tree", file=sys.stderr)
        return 1

    count = {"new": 0, "applied": 0, "offset": 0, "fuzz": 0, "rejected": 0, "no": 0,
             "exists": 0}
    for new, old in overlay.renames().items():
        if load(tree, old) is not None and load(tree, new) is None:
            shutil.move(os.path.join(tree, old), os.path.join(tree, new))
            print(f"{old}: renamed to {new}")
    for name in overlay.overlay_files():
        if name.endswith(".patch"):
            path = name[:-len(".patch")]
            for result, where in port_patch(tree, name, path):
                count[result.split()[0]] += 1
                print(f"{path}: {result}: {where}")
        elif load(tree, name) is None:
            count["new"] += 1
            store(tree, name, load(TOP, name))
        elif load(tree, name) != load(TOP, name):
            count["exists"] += 1
            print(f"{name}: exists, and is something else")
    print(f"\n{count['new']} new files; hunks: {count['applied']} applied, "
          f"{count['offset']} with an offset, {count['fuzz']} with fuzz, "
          f"{count['rejected']} rejected, {count['no']} for files that are not there; "
          f"{count['exists']} files in the way")
    return 1 if count["rejected"] + count["no"] + count["exists"] else 0


if __name__ == "__main__":
    sys.exit(main())
