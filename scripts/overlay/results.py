#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""results.py KERNEL LOG CONSOLE COUNT [JUNIT] < output of guest-check

Copies the output to standard output and to LOG as it comes, counts the tests
in it (KTAP), and then the kernel's reports in CONSOLE: each is a failure, as
are a program that crashes, hangs, or prints fewer results than it planned, and
a guest that does not get to its end. Writes "passed failed skipped" to COUNT, and
each test to JUNIT, in the format of that name.

On the kcsan kernel the data races that it reports are told apart: one that an
access of our code takes part in is a failure, the others are counted and listed.
races.py decides which they are; how is said at its top.
"""

import os
import re
import sys

import junit
import races

MARK = re.compile(r"# guest: (start|end) (\S+)(?: status (\d+))?")
RESULT = re.compile(r"( *)(ok|not ok) \d+(?:\s|$)(.*)")
PLAN = re.compile(r"( *)1\.\.(\d+)(.*)")

# What the kernel says when something is wrong with it.
REPORT = re.compile("|".join((
    r"WARNING:", r"\bBUG\b", r"KASAN:", r"UBSAN:", r"KCSAN:", r"KFENCE:",
    r"possible circular locking", r"possible recursive locking",
    r"inconsistent lock state", r"suspicious RCU usage",
    r"Invalid wait context", r"bad unlock balance", r"lock held when returning",
    r"INFO: task .* blocked", r"INFO: possible", r"INFO: trying to register",
    r"detected stall", r"self-detected stall", r"soft lockup", r"hard LOCKUP",
    r"Kernel panic", r"Oops", r"general protection fault",
    r"unable to handle", r"double fault",
    r"refcount_t:", r"list_(?:add|del) corruption", r"ODEBUG:",
    r"sleeping function called", r"scheduling while atomic",
    r"ref_tracker:", r"leaked reference", r"unregister_netdevice: waiting",
    r"Busy inodes after unmount", r"Bad rss-counter", r"Bad page state",
    r"stack guard page", r"Modules linked in", r"kernel memory overwrite",
    r"kernel memory exposure", r"DEBUG_LOCKS_WARN", r"turning off the locking",
    r"Unknown boot-time option", r"workqueue lockup")))
# Lines that look like one and are none.
HARMLESS = re.compile(r"report a bug$|BUG_ON|Kernel command line|"
                      r"traps: \S+ general protection fault ip:")
# Lines of one report lie close together.
REPORT_LINES = 60


class Program:
    """The results of one test program."""

    def __init__(self, name):
        self.name = name
        self.passed = self.failed = self.skipped = 0
        self.results = 0        # lines at the outer level
        self.plan = None
        self.inner = None       # failures at a deeper level since the last outer line
        self.tests = []         # (name, "passed", "failed" or "skipped", why)

    def line(self, text):
        if m := PLAN.match(text):
            if not m[1]:
                self.plan = int(m[2])
                if self.plan == 0:
                    self.skipped += 1
        elif m := RESULT.match(text):
            outer = not m[1]
            failed = m[2] == "not ok"
            self.results += outer
            if outer and self.inner is not None:
                # The sum of the lines before it, counted already.
                self.failed += failed and not self.inner
                self.inner = None
                return
            if not outer:
                self.inner = (self.inner or 0) + failed
            name, _, why = (part.strip() for part in m[3].partition("#"))
            if re.match(r"SKIP", why, re.I):
                self.skipped += 1
                self.tests.append((name, "skipped", why))
            elif failed and not re.match(r"(XFAIL|TODO)", why, re.I):
                self.failed += 1
                self.tests.append((name, "failed", why))
            else:
                self.passed += 1
                self.tests.append((name, "passed", why))

    def end(self, status):
        """Returns what went wrong with the program itself, or None."""
        problem = None
        if status in (124, 137, 143):
            problem = "took too long"
        elif status > 128:
            problem = f"died of signal {status - 128}"
        elif self.plan is None and status == 4:
            self.skipped += 1
        elif self.plan is None:
            problem = f"printed no plan, exit status {status}"
        elif self.results < self.plan:
            problem = f"planned {self.plan} results and printed {self.results}"
        elif status not in (0, 4) and not self.failed:
            problem = f"exit status {status} without a failed test"
        if problem:
            self.failed += 1
            self.tests.append(("the program", "failed", problem))
        return problem


def reports(console):
    """The kernel's reports, each a list of lines from the one that gave it away."""
    result, since = [], None
    for text in console:
        if REPORT.search(text) and not HARMLESS.search(text):
            if since is None or since > REPORT_LINES:
                result.append([])
            since = 0
        elif since is not None:
            since += 1
        if since is not None and since <= REPORT_LINES:
            result[-1].append(text)
        if "---[ end trace" in text:
            since = None
    return result


def main():
    kernel, log, console, count, *xml = sys.argv[1:]
    programs, problems, leaks = [], [], []
    current, complete, leak_check, watchpoints = None, False, None, 0

    with open(log, "w", encoding="utf-8", errors="replace") as out:
        for raw in sys.stdin.buffer:
            text = raw.decode("utf-8", "replace").rstrip("\r\n")
            for f in (out, sys.stdout):
                print(text, file=f, flush=True)
            mark = MARK.search(text)
            if mark and mark[1] == "start":
                current = Program(mark[2])
                programs.append(current)
            elif mark and current:
                problem = current.end(int(mark[3]))
                if problem:
                    problems.append(f"{current.name}: {problem}")
                current = None
            elif text.startswith("# guest: kmemleak "):
                leak_check = text.rsplit(" ", 1)[1]
            elif leak_check == "begin":
                if text.startswith("unreferenced object"):
                    leaks.append([])
                if leaks:
                    leaks[-1].append(text)
            elif text.startswith("# guest: kcsan setup_watchpoints: "):
                watchpoints = int(text.rsplit(" ", 1)[1])
            elif text == "# guest: all programs ran":
                complete = True
            elif current:
                current.line(text)

    passed = sum(p.passed for p in programs)
    failed = sum(p.failed for p in programs)
    skipped = sum(p.skipped for p in programs)
    if current:
        problems.append(f"{current.name}: the guest ended during it")
        failed += 1
    if not programs:
        problems.append("no program ran")
        failed += 1
    if not complete:
        problems.append("the guest did not get to its end")
        failed += 1
    if kernel == "debug" and leak_check != "end":
        problems.append("kmemleak was not asked")
        failed += 1
    try:
        with open(console, encoding="utf-8", errors="replace") as f:
            text, raced = races.split(f.read().splitlines())
        found = reports(text)
    except OSError as e:
        found, raced = [[str(e)]], []
    failed += len(found) + len(leaks)
    if raced:
        races.judge(raced, os.path.join(races.TOP, "build/out", kernel, "vmlinux"))
        print(f"-- {kernel}: data races:")
        failed += races.report(raced)
    if kernel == "kcsan":
        print(f"-- {kernel}: {watchpoints} accesses watched, "
              f"{sum(r.ours for r in raced)} reports of races of ours, "
              f"{sum(not r.ours for r in raced)} of untouched code")
        if not watchpoints:
            problems.append("no access was watched")
            failed += 1

    for title, list_of_lines in (("the kernel reported", found), ("kmemleak found", leaks)):
        for lines in list_of_lines:
            print(f"-- {kernel}: {title}:")
            print("\n".join("   " + text for text in lines))
    for problem in problems:
        print(f"-- {kernel}: {problem}")
    for p in programs:
        if p.failed:
            print(f"-- {kernel}: {p.name}: {p.failed} failed")
    print(f"== {kernel}: {passed} passed, {failed} failed, {skipped} skipped")
    with open(count, "w", encoding="utf-8") as f:
        print(passed, failed, skipped, file=f)
    if xml:
        junit.write(xml[0], kernel, {p.name: p.tests for p in programs},
                    problems, found + leaks)


if __name__ == "__main__":
    main()
