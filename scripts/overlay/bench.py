#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""bench.py RESULTS: the tables and the plot of what bench has measured.

Reads RESULTS/bench/KERNEL-GROUP.log, prints the tables, and writes
RESULTS/bench.json and RESULTS/bench.svg. The exit status is 0 even if something
is over its budget: that is marked.
"""

import json
import os
import re
import subprocess
import sys

NORMAL, BASE = "normal", "base"


class Measured(dict):
    """{(kernel, subject): {statistic: number}}"""

    def __init__(self, folder):
        super().__init__()
        for name in sorted(os.listdir(folder)):
            if not name.endswith(".log"):
                continue
            kernel = name.split("-")[0]
            with open(os.path.join(folder, name), encoding="utf-8") as f:
                for line in f:
                    self.take(kernel, line.rstrip("\r\n").split("\t"))

    def take(self, kernel, fields):
        if len(fields) == 5 and fields[0] == "bench":
            _, subject, number, _, what = fields
            self.setdefault((kernel, subject), {})[what] = float(number)

    def number(self, kernel, subject, what="median"):
        return self.get((kernel, subject), {}).get(what)


class Report:
    """Prints rows, and keeps them for the JSON file."""

    def __init__(self, measured):
        self.measured = measured
        self.rows = []
        self.section = ""
        self.head = None

    def title(self, section, one, other, unit="instructions"):
        self.section = section
        self.head = f"\n{section}\n\n{unit:<34} {one:>12} {other:>12} {'ratio':>8}  budget"

    def row(self, label, one, other=None, budget=None, absolute=None):
        """A number, another one to divide it by, and what the ratio, or the number
        itself, may be."""
        if one is None:
            return
        if self.head:
            print(self.head)
            self.head = None
        ratio = one / other if other else None
        over = (budget is not None and ratio is not None and ratio > budget) or (
            absolute is not None and one > absolute
        )
        limit = budget if budget is not None else absolute
        text = f"{label:<34} {one:>12,.1f} "
        text += f"{other:>12,.1f} " if other is not None else " " * 13
        text += f"{ratio:>8.4f}" if ratio is not None else " " * 8
        if limit is not None:
            text += f"  {limit:,}" + ("  OVER" if over else "")
        print(text.rstrip())
        self.rows.append(
            {
                "section": self.section,
                "subject": label,
                "number": one,
                "reference": other,
                "ratio": ratio,
                "budget": limit,
                "over": over,
            }
        )


def unchanged(report, m):
    """What was there before, and may not cost more now."""
    budgets = {
        "fork+exit+wait": 1.0003,
        "thread create+join": 1.001,
        "open+close": 1.001,
        "openat(fd)+close": 1.001,
        "stat": 1.001,
        "getppid": 1.001,
    }
    subjects = (
        "fork+exit+wait",
        "vfork+exit+wait",
        "posix_spawn+wait",
        "fork+64 faults",
        "thread create+join",
        "open+close",
        "openat(fd)+close",
        "stat",
        "getppid",
        "setns twice",
    )
    for what, explained in (
        ("least", "the path itself: the least of all samples"),
        ("median", "what is to be expected: the median"),
    ):
        report.title(f"Host processes, {explained}", "patched", "unpatched")
        for s in subjects:
            report.row(s, m.number(NORMAL, s, what), m.number(BASE, s, what), budgets.get(s))
    fork = [m.number(k, "fork+exit+wait", "least") for k in (NORMAL, BASE)]
    if None not in fork:
        report.row("added to fork+exit+wait's path", fork[0] - fork[1], absolute=40)


def entering(report, m):
    report.title("Into a container that is there", "container", "host")
    fork, vfork = "fork beside enter", "vfork beside enter"
    # One event of the system, such as a thread of the kernel's that has millions of
    # instructions to do, makes the mean of whatever it falls upon: it has no budget.
    for what, budget in (("least", 1.03), ("median", 1.03), ("mean", None)):
        report.row(
            f"fork_into+exit+wait, {what}",
            m.number(NORMAL, "enter+exit+wait", what),
            m.number(NORMAL, fork, what),
            budget,
        )
    for what in ("least", "median"):
        report.row(
            f"clone3 VFORK|VM into, {what}",
            m.number(NORMAL, "clone3, vfork, into", what),
            m.number(NORMAL, vfork, what),
            1.05,
        )
    report.row(
        "  against clone3 VFORK|VM",
        m.number(NORMAL, "clone3, vfork, into"),
        m.number(NORMAL, "clone3, vfork"),
    )
    report.row("create+close", m.number(NORMAL, "create+close"))
    report.title("A socket in another network namespace", "this", "setns")
    for s in ("container_socket", "container_socket, nsfs", "socket+close"):
        report.row(s, m.number(NORMAL, s), m.number(NORMAL, "setns+socket+setns"))


SETS = ("no namespace", "mount", "UTS", "IPC", "user", "PID", "network", "cgroup", "time",
        "five", "six")


def namespaces(report, m):
    for what, explained in (
        ("amortised", "with all that is put off, by the run of a batch"),
        ("median", "on a settled system, without what is put off"),
    ):
        report.title(f"create+fork_into+exit+wait+close, {explained}", "container", "clone3")
        for s in SETS:
            report.row(
                s,
                m.number(NORMAL, f"create+enter, {s}", what),
                m.number(NORMAL, f"clone3, {s}", what),
                1.0 if s == "six" else None,
            )
    report.title("The same clone3", "patched", "unpatched")
    for s in SETS:
        report.row(
            s, m.number(NORMAL, f"clone3, {s}"), m.number(BASE, f"clone3, {s}")
        )


COUNTS = (10, 100, 1000, 10000)
DEPTHS = (0, 1, 2, 4, 8, 16, 32)


def scaling(report, m):
    report.title("So many containers alive, against 10", "so many", "10")
    for s, budget in (("create+close", 1.05), ("create+enter", None), ("open by id", None)):
        for n in COUNTS:
            report.row(
                f"{s}, {n:,}",
                m.number(NORMAL, f"{s}, {n} alive"),
                m.number(NORMAL, f"{s}, {COUNTS[0]} alive"),
                budget if n == COUNTS[-1] else None,
            )
    report.title("/proc/containers, by the container", "so many", "10")
    first = m.number(NORMAL, f"/proc/containers, {COUNTS[0]} alive")
    for n in COUNTS:
        whole = m.number(NORMAL, f"/proc/containers, {n} alive")
        if whole and first:
            report.row(f"{n:,}", whole / n, first / COUNTS[0])
    report.title("By a member so deep, and as many forks away", "member", "host")
    for s in ("fork+exit+wait", "create+enter"):
        for d in DEPTHS:
            report.row(
                f"{s}, {d}",
                m.number(NORMAL, f"{s}, depth {d}"),
                m.number(NORMAL, f"{s}, forks {d}"),
            )


def killing(report, m):
    report.title("By the member, against a process group's", "container", "group")
    for s in ("signal 0 to container", "SIGKILL to container",
              "SIGKILL to container, until empty"):
        for n in COUNTS:
            group = m.number(NORMAL, f"SIGKILL to group, {n} members")
            report.row(
                f"{s.replace(' to container', '')}, {n:,}",
                m.number(NORMAL, f"{s}, {n} members"),
                group if s == "SIGKILL to container" else None,
            )
    report.title("Interrupts off at most, irqsoff tracer", "container", "group", "microseconds")
    for n in COUNTS:
        report.row(
            f"SIGKILL, {n:,}",
            m.number("trace", f"SIGKILL to container, {n} members", "interrupts off"),
            m.number("trace", f"SIGKILL to group, {n} members", "interrupts off"),
        )


def memory(report, m):
    kernel = "trace"
    report.title("A container without namespaces, by slab cache", "bytes", "", "cache")
    objects = {
        s[len("memory: "):]: n["objects"]
        for (k, s), n in m.items()
        if k == kernel and s.startswith("memory: ") and "objects" in n
    }
    for s in sorted(objects, key=objects.get, reverse=True):
        report.row(s, objects[s])
    own = [s for s in objects if s in ("container", "cred", "cred_jar")]
    if own:
        report.row("object and credentials", sum(objects[s] for s in own), absolute=1024)
    report.row("all slabs, unused space included",
               m.number(kernel, "memory: all slabs", "total"))


def commands(report, m):
    """Of the host's programs, with what each does to isolate what it starts."""
    report.title("Programs, from their start to their end", "instructions", "true", "")
    true = m.number(NORMAL, "start of true")
    for (k, s), n in sorted(m.items(), key=lambda i: i[1].get("median", 0)):
        if k == NORMAL and s.startswith(("run: ", "exec: ", "start of true")):
            limit = {"run: container": 2e6, "exec: container": 0.8e6}.get(s)
            report.row(s, n["median"], true, absolute=limit)


def wall(report, m):
    """The same by the clock on the wall, whose nanoseconds are real ones."""
    report.title("The same by the clock, which overstates fresh code", "ms", "true", "")
    true = m.number("wall", "start of true")
    for (k, s), n in sorted(m.items(), key=lambda i: i[1].get("median", 0)):
        if k == "wall":
            report.row(s, n["median"] / 1e6, true / 1e6 if true else None)


def contention(report, m):
    """Each round is a pair; the median of the pairs' ratios is what counts."""
    report.title("Forks a second, median of pairs", "patched", "unpatched", "")
    for cpus in (1, 2, 4):
        pairs = []
        for r in range(1, 100):
            of = [
                m.number(f"contention.{cpus}.{r}.{kernel}", f"forks, {cpus} processes", "rate")
                for kernel in (NORMAL, BASE)
            ]
            if None in of:
                break
            pairs.append((of[0] / of[1], *of))
        if pairs:
            report.row(f"{cpus} CPUs", *sorted(pairs)[len(pairs) // 2][1:])


def locks(report, m):
    """What a fork takes in one kernel and not, or more often, in the other."""
    taken = {
        kernel: {
            s[len("lock "):]: n["fork"] for (k, s), n in m.items() if k == f"locks.{kernel}"
        }
        for kernel in (NORMAL, BASE)
    }
    if not taken[NORMAL] or not taken[BASE]:
        return
    report.title("Locks taken by a fork+exit+wait", "patched", "unpatched", "")
    # What comes less often than every other time is a timer's or a full slab's.
    often = {k: {s: n for s, n in t.items() if n >= 0.5} for k, t in taken.items()}
    report.row("all", *(sum(often[k].values()) for k in (NORMAL, BASE)))
    for s in sorted(set(often[NORMAL]) | set(often[BASE])):
        one, other = (taken[k].get(s, 0.0) for k in (NORMAL, BASE))
        if abs(one - other) >= 0.5:
            report.row(s, one, other)


INTERRUPTS = """set title 'members killed: microseconds with interrupts off, at most'
set format y '%.0f'
plot '{data}' index 1 using 1:4 with linespoints title 'container\\_kill()', \\
     '' index 1 using 1:5 with linespoints title 'kill() of a process group'
"""

PLOT = """
set terminal svg size 900,620 font 'sans,11' background 'white'
set output '{output}'
set datafile missing '?'
set multiplot layout 2,2
set key bottom left reverse Left
set grid
set logscale x
set yrange [0:*]
set format y '%.0s %c'
set title 'containers alive: instructions'
plot '{data}' index 0 using 1:2 with linespoints title 'create+close', \\
     '' index 0 using 1:3 with linespoints title 'open by id', \\
     '' index 0 using 1:4 with linespoints title '/proc/containers, each'
set title 'members killed: instructions a member'
plot '{data}' index 1 using 1:2 with linespoints title 'container\\_kill()', \\
     '' index 1 using 1:3 with linespoints title 'kill() of a process group'
{interrupts}unset logscale x
set format y '%.0s %c'
set title 'depth of nesting: instructions'
plot '{data}' index 2 using 1:2 with linespoints title 'fork+exit+wait', \\
     '' index 2 using 1:3 with linespoints title 'create+enter+exit+wait+close', \\
     '' index 2 using 1:4 with linespoints title 'fork+exit+wait, as many forks away'
"""


def plot(m, results):
    def line(key, *numbers):
        return " ".join([str(key)] + ["?" if n is None else f"{n:.1f}" for n in numbers])

    def each(n):
        whole = m.number(NORMAL, f"/proc/containers, {n} alive")
        return whole / n if whole else None

    blocks = [
        [
            line(n, m.number(NORMAL, f"create+close, {n} alive"),
                 m.number(NORMAL, f"open by id, {n} alive"), each(n))
            for n in COUNTS
        ],
        [
            line(n, m.number(NORMAL, f"SIGKILL to container, {n} members"),
                 m.number(NORMAL, f"SIGKILL to group, {n} members"),
                 m.number("trace", f"SIGKILL to container, {n} members", "interrupts off"),
                 m.number("trace", f"SIGKILL to group, {n} members", "interrupts off"))
            for n in COUNTS
        ],
        [
            line(d, m.number(NORMAL, f"fork+exit+wait, depth {d}"),
                 m.number(NORMAL, f"create+enter, depth {d}"),
                 m.number(NORMAL, f"fork+exit+wait, forks {d}"))
            for d in DEPTHS
        ],
    ]
    data = os.path.join(results, "bench", "plot.data")
    with open(data, "w", encoding="utf-8") as f:
        f.write("\n\n\n".join("\n".join(block) for block in blocks) + "\n")
    traced = any(kernel == "trace" for kernel, _ in m)
    subprocess.run(
        ["gnuplot"],
        input=PLOT.format(
            data=data,
            output=os.path.join(results, "bench.svg"),
            interrupts=INTERRUPTS.format(data=data) if traced else "",
        ),
        text=True,
        check=False,
    )


def main():
    results = sys.argv[1]
    m = Measured(os.path.join(results, "bench"))
    report = Report(m)
    for part in (unchanged, entering, namespaces, scaling, killing, memory, commands, wall,
                 contention, locks):
        part(report, m)
    over = [r["subject"] for r in report.rows if r["over"]]
    print(f"\n{len(over)} over budget" + "".join(f"\n  {s}" for s in over))
    with open(os.path.join(results, "bench.json"), "w", encoding="utf-8") as f:
        json.dump(
            {
                "rows": report.rows,
                "measured": [
                    {"kernel": k, "subject": s, **n} for (k, s), n in sorted(m.items())
                ],
            },
            f,
            indent=1,
        )
    # Only of a whole: parts may be missing.
    if m.number(NORMAL, "fork+exit+wait, depth 0") and m.number(
        NORMAL, "SIGKILL to container, 10 members"
    ):
        plot(m, results)


if __name__ == "__main__":
    main()
