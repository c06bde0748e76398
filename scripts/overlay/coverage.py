#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""coverage.py DIR...: what ran of our files, from the counters in each DIR.

DIR has what a guest copied there: the .gcda files, with commas for the slashes of
their paths. They fit the .gcno files of that build only, so DIR has the name of
the kernel, build/out/NAME. The counts of several kernels are added up.

A file that we add is judged as a whole, of one that a patch changes only the
lines that it adds. A line counts if the compiler made code of it. A label that
errors jump to has run to the extent that the jumps to it have: each goto is
listed with the number of times that it ran. Prints a table, the lines and the
jumps that did not run, and writes all of it as JSON to DIR.json, of the first DIR.
"""

import collections
import glob
import json
import os
import re
import subprocess
import sys

import races

BUILD = os.path.join(races.TOP, "build")
TREE = os.path.join(BUILD, "tree")

GOTO = re.compile(r"\bgoto (\w+);")
FUNCTION = re.compile(r"^(?:[a-z_].*[ *])?(\w+)\(")


def run_gcov(gcda, gcno):
    """What gcov makes of the two: [{"file": ..., "lines": [...]}, ...]"""
    base = os.path.join(os.path.dirname(gcda), "now")
    for link, target in ((base + ".gcda", gcda), (base + ".gcno", gcno)):
        if os.path.lexists(link):
            os.unlink(link)
        os.symlink(os.path.abspath(target), link)
    out = subprocess.run(["gcov", "--json-format", "--stdout", base + ".gcda"],
                         cwd=os.path.dirname(gcda), check=True, stdout=subprocess.PIPE).stdout
    for link in (base + ".gcda", base + ".gcno"):
        os.unlink(link)
    return json.loads(out)["files"]


def in_tree(path, out):
    """The path of a source file, as gcov has it, in the kernel tree; or None."""
    full = os.path.realpath(path if os.path.isabs(path) else os.path.join(out, path))
    return os.path.relpath(full, TREE) if full.startswith(TREE + "/") else None


def collect(directory, counts):
    """Adds to {file: {line: count}}, for our lines."""
    added = races.added_lines()
    out = os.path.join(BUILD, "out", os.path.basename(directory))
    for gcda in sorted(glob.glob(directory + "/*.gcda")):
        gcno = os.path.join(out, os.path.basename(gcda).replace(",", "/")[:-len("gcda")] + "gcno")
        for unit in run_gcov(gcda, gcno):
            path = in_tree(unit["file"], out)
            for line in unit["lines"]:
                number = line["line_number"]
                if path and (races.OWN.match(path) or number in added.get(path, ())):
                    counts[path][number] += line["count"]


def functions(source):
    """For each line the function that it is in, if it is laid out as the kernel's."""
    result, name = [], ""
    for text in source:
        if m := FUNCTION.match(text):
            name = m[1]
        result.append(name)
        if text.startswith("}"):
            name = ""
    return result


def main():
    directories = [os.path.abspath(d) for d in sys.argv[1:]]
    counts = collections.defaultdict(collections.Counter)
    for directory in directories:
        collect(directory, counts)
    if not counts:
        sys.exit("error: there are no counters in " + " ".join(directories))
    table, total, ran = {}, 0, 0
    missed, jumps = [], []
    for path in sorted(counts):
        with open(os.path.join(TREE, path), encoding="utf-8") as f:
            source = f.read().splitlines()
        names = functions(source)
        lines = counts[path]
        for number in sorted(lines):
            text = source[number - 1]
            if not lines[number]:
                missed.append(f"{path}:{number}: {names[number - 1]}: {text.strip()}")
            if m := GOTO.search(text):
                jumps.append((path, names[number - 1], m[1], number, lines[number]))
        n = sum(1 for c in lines.values() if c)
        table[path] = {"lines": len(lines), "ran": n}
        total += len(lines)
        ran += n

    print(f"{'file':40} {'lines':>6} {'ran':>6} {'percent':>8}")
    for path, row in table.items():
        print(f"{path:40} {row['lines']:6} {row['ran']:6} {100 * row['ran'] / row['lines']:8.1f}")
    print(f"{'all':40} {total:6} {ran:6} {100 * ran / total:8.1f}")
    print("\nlines that did not run:")
    print("\n".join(missed) or "none")
    print(f"\njumps to labels ({sum(1 for j in jumps if j[4])} of {len(jumps)} ran):")
    for path, function, label, number, n in jumps:
        print(f"{path}:{number}: {function}: {label}: {n or 'never'}")
    with open(directories[0] + ".json", "w", encoding="utf-8") as f:
        json.dump({"files": table, "missed": missed, "jumps": jumps}, f, indent=1)


if __name__ == "__main__":
    main()
