#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""regress.py differing|report RESULTS

Compares what guest-regress printed on the unpatched kernel (regress-base-N.log
in RESULTS, N the round from 1 on) and on the patched one (regress-N.log).

differing  prints the programs that differ in the first round.
report     writes regress.txt and regress.json, prints the former and exits
           with status 1 if anything regressed.

A result is known by program, description and, should that occur again, its
count. Its outcomes on the two kernels, over all rounds, are the same, flaky
(several, but one of them was seen on both kernels), improved, or regressed,
which is everything else. So is a kernel's report that only the patched kernel
wrote, and a guest that did not get to its end.
"""

import glob
import json
import os
import re
import sys

from results import MARK, reports

RESULT = re.compile(r"(?:[# ]*)(ok|not ok)\s+(?:\d+\b)?[\s:-]*(.*)")
DIRECTIVE = re.compile(r"(?:^|\s)# *(SKIP|XFAIL|TODO)\b.*", re.I)
TIME = re.compile(r", (\d+) s$")
END = "# guest: all programs ran"
KERNELS = ("regress-base", "regress")
# The program's own, as a whole.
STATUS = "exit status"
GOOD = {"pass": 3, "xfail": 3, "skip": 2, "fail": 1}


def constant(text):
    """A description or report without what changes from run to run."""
    return re.sub(r"0x[0-9a-f]+|\b[0-9a-f]{12,}\b|\d+", "N", text)


def outcome_of_status(status):
    if status in (0, 4):
        return "pass" if status == 0 else "skip"
    if status in (124, 137, 143):
        return "timeout"
    return f"signal {status - 128}" if 128 < status <= 192 else f"exit {status}"


class Run:
    """One guest: {program: {test: outcome}}, its seconds, its kernel's reports."""

    def __init__(self, stem):
        self.programs, self.seconds, self.titles = {}, {}, {}
        self.complete = False
        current = None
        with open(stem + ".log", encoding="utf-8", errors="replace") as f:
            for text in f.read().splitlines():
                if mark := MARK.match(text):
                    if mark[1] == "start":
                        current = self.programs.setdefault(mark[2], {})
                        current[STATUS] = "the guest ended"
                    else:
                        current[STATUS] = outcome_of_status(int(mark[3]))
                        self.seconds[mark[2]] = int(TIME.search(text)[1])
                        current = None
                elif text == END:
                    self.complete = True
                elif current is not None and (m := RESULT.match(text)):
                    self.add(current, m[1] == "ok", m[2])
        with open(stem + ".console", encoding="utf-8", errors="replace") as f:
            lines = [re.sub(r"^\[[ .\d]+\] ", "", text) for text in f.read().splitlines()]
        self.reports = {constant(r[0]): r for r in reports(lines)}

    def add(self, program, passed, text):
        outcome = "pass" if passed else "fail"
        if m := DIRECTIVE.search(text):
            outcome = "skip" if m[1].upper() == "SKIP" else "xfail"
            text = text[:m.start()]
        text = text.strip()
        count = 1
        name = constant(text)
        while name in program:
            count += 1
            name = f"{constant(text)} ({count})"
        program[name] = outcome
        self.titles[name] = text + (f" ({count})" if count > 1 else "")


def load(results):
    runs = {}
    for kernel in KERNELS:
        stems = [f[:-len(".log")] for f in glob.glob(f"{results}/{kernel}-[0-9]*.log")]
        runs[kernel] = [Run(s) for s in sorted(stems, key=lambda s: int(s.rsplit("-", 1)[1]))]
        if not runs[kernel]:
            sys.exit(f"error: there are no results of the {kernel} kernel")
    return runs


def verdict(base, patched):
    """Judges the outcomes of a test on the two kernels."""
    if set(base) & set(patched):
        return "same" if len(set(base + patched)) == 1 else "flaky"
    best = [max(GOOD.get(o, 0) for o in side) for side in (base, patched)]
    return "improved" if best[1] > best[0] else "regressed"


def compare(runs):
    """Yields (program, test, outcomes unpatched, outcomes patched) for each."""
    programs = {}
    for kernel in KERNELS:
        for run in runs[kernel]:
            programs.update(dict.fromkeys(run.programs))
    for program in programs:
        tests = {}
        for kernel in KERNELS:
            for run in runs[kernel]:
                tests.update(dict.fromkeys(run.programs.get(program, ())))
        for test in tests:
            yield program, test, *(
                [run.programs.get(program, {}).get(test, "missing") for i, run in
                 enumerate(runs[kernel]) if i == 0 or program in run.programs]
                for kernel in KERNELS)


def differing(results):
    first = {kernel: rounds[:1] for kernel, rounds in load(results).items()}
    found = {program: None for program, _, base, patched in compare(first) if base != patched}
    print("".join(program + "\n" for program in found), end="")


def report(results):
    runs = load(results)
    titles = {}
    for kernel in KERNELS:
        for run in runs[kernel]:
            titles.update(run.titles)
    tests, lines = [], []
    counts = dict.fromkeys(("same", "regressed", "flaky", "improved"), 0)

    def note(what, text):
        counts[what] += 1
        if what != "same":
            lines.append(f"{what}: {text}")

    for program, test, base, patched in compare(runs):
        what = verdict(base, patched)
        name = titles.get(test, test)
        tests.append({"program": program, "test": name, "verdict": what,
                      "unpatched": base, "patched": patched})
        note(what, f"{program}: {name}: {', '.join(base)} -> {', '.join(patched)}")

    for kernel in KERNELS:
        for i, run in enumerate(runs[kernel]):
            if not run.complete:
                note("regressed", f"round {i + 1} on the {kernel} kernel did not get to its end")
    known = {title for run in runs["regress-base"] for title in run.reports}
    found = {t: r for run in runs["regress"] for t, r in run.reports.items() if t not in known}
    for text in found.values():
        note("regressed", "the patched kernel alone reported:\n    " + "\n    ".join(text))

    same = [t for t in tests if t["verdict"] == "same"]
    by_outcome = {}
    for t in same:
        by_outcome.setdefault(t["unpatched"][0], []).append(t)
    with open(os.path.join(os.path.dirname(results), "base.version"), encoding="utf-8") as f:
        version = f.read().strip()
    head = [f"kselftests of linux-source-6.12 {version}, unpatched against patched kernel:",
            f"{len({t['program'] for t in tests})} programs in " +
            " and ".join(f"{sum(runs[k][0].seconds.values())} s" for k in KERNELS) +
            "; the same on both: " +
            ", ".join(f"{len(ts)} {o}" for o, ts in sorted(by_outcome.items())), ""]
    for outcome in sorted(by_outcome):
        if outcome not in ("pass", "skip", "xfail"):
            lines += [f"{outcome} on both: {t['program']}: {t['test']}"
                      for t in by_outcome[outcome]]
    lines += [f"reported by both kernels: {title}" for title in sorted(known)]
    if counts["improved"]:
        lines.append(f"{counts['improved']} improved")
    lines.append("{same} same, {regressed} regressed, {flaky} flaky".format(**counts))
    text = "\n".join(head + lines)
    print(text)
    with open(f"{results}/regress.txt", "w", encoding="utf-8") as f:
        print(text, file=f)
    with open(f"{results}/regress.json", "w", encoding="utf-8") as f:
        json.dump({"version": version, "counts": counts, "tests": tests,
                   "reports": list(found.values())}, f, indent=1)
    return 1 if counts["regressed"] else 0


def main():
    command, results = sys.argv[1:]
    results = os.path.abspath(results)
    sys.exit({"differing": differing, "report": report}[command](results))


if __name__ == "__main__":
    main()
