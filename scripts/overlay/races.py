#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""races.py CONSOLE VMLINUX: the data races that KCSAN reported, ours first.

A race is two accesses, or one to memory that changed meanwhile, each with its
stack. An access is ours if the code that does it is: a line of a file that this
project adds, or a line that a patch of it adds to another file. That line is
found by going outward from the instruction, through what was inlined and then
from caller to caller, past code that only does what it is told to: inline
functions in headers (lists, atomic operations, locks) and lib/ (the XArray); and
the allocators, where KCSAN checks that nobody uses what is being freed. So
list_add() or xa_erase() called by us is our access, but what copy_process() does
to the memory of untouched code is not, though fork_into_container() called it.

One access of ours makes the race ours. So does a stack that cannot be resolved.
All others are races of the kernel that we build on: they are counted and shown
by their titles, with a mark if one of their stacks goes through our code.
"""

import collections
import os
import re
import subprocess
import sys

TOP = os.path.realpath(os.path.join(os.path.dirname(__file__), "../.."))

STAMP = re.compile(r"^(?:<\d+>)?\[ *\d+\.\d+\](?:\[ *[TC]\d+\])? ?")
BORDER = re.compile(r"={60,}$")
TITLE = re.compile(r"BUG: KCSAN: (.*)")
ACCESS = re.compile(r"(?:race at unknown origin, with )?"
                    r"(?:read|write|read-write|assert no writes|assert no accesses)"
                    r"[a-z \-(),]* to 0x[0-9a-f]+ of \d+ bytes by ")
FRAME = re.compile(r" (?:\? )?([\w.]+)\+0x([0-9a-f]+)/0x([0-9a-f]+)$")
OTHER = re.compile(r"$|value changed: |Reported by Kernel Concurrency|CPU: |Hardware name: "
                   r"|  (?:\||\+-> reordered to: )")

# Code that does what it is told to.
HELPERS = re.compile(r"(?:arch/\w+/)?include/|(?:arch/\w+/)?lib/|mm/kasan/|kernel/kcsan/|"
                     r"kernel/locking/|arch/x86/lib/")
ALLOCATORS = re.compile(r"mm/(?:slub|slab_common|slab|util)\.[ch]")
OWN = re.compile(r"kernel/container/|fs/containerfs\.c$|include/linux/container\.h$|"
                 r"include/trace/events/container\.h$")


class Race:
    """A report: its title, its lines, and the stack of each access."""

    def __init__(self, title, during):
        self.title, self.during = title, during
        self.lines = []
        self.stacks = []
        self.ours = self.through = False
        self.accesses = []


def split(console):
    """The console's lines without KCSAN's reports, and the reports."""
    rest, races, race, held, during = [], [], None, None, ""
    for line in console:
        text = STAMP.sub("", line)
        if m := re.match(r"guest: (\S+)$", text):
            during = m[1]
        if race is None and BORDER.match(text):
            if held is not None:
                rest.append(held)
            held = line
        elif race is None and held is not None and (m := TITLE.match(text)):
            race, held = Race(m[1], during), None
            race.lines.append(text)
        elif race is None:
            if held is not None:
                rest.append(held)
                held = None
            rest.append(line)
        elif BORDER.match(text):
            races.append(race)
            race = None
        elif ACCESS.match(text):
            race.stacks.append([])
            race.lines.append(text)
        elif (m := FRAME.match(text)) and race.stacks:
            race.stacks[-1].append((m[1], int(m[2], 16), int(m[3], 16)))
            race.lines.append(text)
        elif OTHER.match(text):
            race.lines.append(text)
        else:
            # Another CPU's line, in the midst of it.
            rest.append(line)
    if held is not None:
        rest.append(held)
    if race is not None:
        races.append(race)
    return rest, races


def symbols(vmlinux):
    """{name: [address]} of the functions."""
    result = collections.defaultdict(list)
    out = subprocess.run(["nm", vmlinux], check=True, text=True, stdout=subprocess.PIPE).stdout
    for line in out.splitlines():
        words = line.split()
        if len(words) == 3 and words[1] in "tTwW":
            result[words[2]].append(int(words[0], 16))
    return result


def source_lines(vmlinux, addresses):
    """{address: [(file, line), what it is inlined in, ...]}"""
    addresses = sorted(addresses)
    out = subprocess.run(["addr2line", "-a", "-f", "-i", "-e", vmlinux], check=True, text=True,
                         input="".join(f"{a:x}\n" for a in addresses),
                         stdout=subprocess.PIPE).stdout
    result, current, lines = {}, None, out.splitlines()
    i = 0
    while i < len(lines):
        if re.match(r"0x[0-9a-f]+$", lines[i]):
            current = result.setdefault(int(lines[i], 16), [])
            i += 1
            continue
        path, _, number = lines[i + 1].split(" (")[0].rpartition(":")
        path = re.sub(r"^.*?/build/tree/", "", os.path.normpath(path))
        current.append((re.sub(r"^(\.\./)+", "", path), int(number) if number.isdigit() else 0))
        i += 2
    return result


def added_lines():
    """{file: {line}}: what the patches add, by its number in the patched file."""
    names = subprocess.run(["git", "-c", "safe.directory=*", "ls-files", "*.patch"], cwd=TOP,
                           check=True, text=True, stdout=subprocess.PIPE).stdout.split()
    result = {}
    for name in names:
        added = result.setdefault(name[:-len(".patch")], set())
        with open(os.path.join(TOP, name), encoding="utf-8") as f:
            number = None
            for line in f:
                if m := re.match(r"@@ -\S+ \+(\d+)", line):
                    number = int(m[1])
                elif number is None or line.startswith("-"):
                    continue
                else:
                    if line.startswith("+"):
                        added.add(number)
                    number += 1
    return result


def judge(races, vmlinux):
    """Sets ->ours, ->through and ->accesses (where each is) of each race."""
    functions, added = symbols(vmlinux), added_lines()
    candidates = {}
    for race in races:
        for frame in (f for stack in race.stacks for f in stack):
            # A return address: the instruction is before it.
            candidates[frame] = [a + frame[1] - 1 for a in functions.get(frame[0], [])]
    where = source_lines(vmlinux, {a for c in candidates.values() for a in c})

    def is_own(place):
        return bool(OWN.match(place[0])) or place[1] in added.get(place[0], ())

    for race in races:
        freeing = race.title.startswith("assert:")
        race.ours = not race.stacks
        for stack in race.stacks:
            access = None
            for frame in stack:
                # One name may be that of several functions: whichever is ours.
                places = [where.get(a, []) for a in candidates[frame]]
                inlined = next((p for p in places if any(is_own(x) for x in p)),
                               places[0] if places else [])
                race.through |= any(is_own(p) for p in inlined)
                for place in inlined:
                    if access or (HELPERS.match(place[0]) and not is_own(place)) or \
                       (freeing and ALLOCATORS.match(place[0])):
                        continue
                    access = place
            race.accesses.append(access)
            race.ours |= access is None or access[0] in ("", "??") or is_own(access)


def report(races, show=print):
    """Prints what was found; returns the number of races that are ours."""
    ours = [r for r in races if r.ours]
    seen = collections.Counter()
    for race in ours:
        key = (race.title, tuple(race.accesses))
        seen[key] += 1
        if seen[key] > 1:
            continue
        show(f"   {race.title} (during {race.during or 'the boot'})")
        for access in race.accesses:
            show("     access at " + (f"{access[0]}:{access[1]}" if access else "?"))
        for text in race.lines:
            show("     " + text)
    for (title, _), n in seen.items():
        if n > 1:
            show(f"   {n} times in all: {title}")
    others = collections.Counter((r.title, r.through) for r in races if not r.ours)
    for (title, through), n in sorted(others.items(), key=lambda x: -x[1]):
        show(f"   untouched code, {n}x: {title}" + (" (called by ours)" if through else ""))
    return len(seen)


def main():
    console, vmlinux = sys.argv[1:]
    with open(console, encoding="utf-8", errors="replace") as f:
        _, races = split(f.read().splitlines())
    judge(races, vmlinux)
    ours = report(races)
    print(f"{len(races)} reports, {ours} races of ours, "
          f"{sum(not r.ours for r in races)} reports in untouched code")


if __name__ == "__main__":
    main()
