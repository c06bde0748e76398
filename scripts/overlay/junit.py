# SPDX-License-Identifier: GPL-2.0
"""Results of tests as JUnit's XML, which services for continuous integration show."""

import re
import xml.etree.ElementTree as xml

# XML 1.0 has no way to write the other control characters.
UNWRITABLE = re.compile("[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def add(suite, name, outcome="passed", why="", text=""):
    case = xml.SubElement(suite, "testcase", classname=suite.get("name"),
                          name=UNWRITABLE.sub("?", name))
    if outcome != "passed":
        what = xml.SubElement(case, "failure" if outcome == "failed" else "skipped",
                              message=UNWRITABLE.sub("?", why))
        what.text = UNWRITABLE.sub("?", text)


def write(path, kernel, programs, problems, reports):
    """programs: {name: [(test, "passed", "failed" or "skipped", why)]}; problems: what
    went wrong with programs or the guest, lines; reports: the kernel's, lists of lines."""
    root = xml.Element("testsuites", name=f"containers on the {kernel} kernel")
    for name, tests in programs.items():
        suite = xml.SubElement(root, "testsuite", name=f"{kernel}.{name}")
        for test, outcome, why in tests:
            add(suite, test, outcome, why)
    suite = xml.SubElement(root, "testsuite", name=f"{kernel}.guest")
    add(suite, "programs and guest get to their end", "failed" if problems else "passed",
        f"{len(problems)} problems", "\n".join(problems))
    add(suite, "the kernel has nothing to report", "failed" if reports else "passed",
        f"{len(reports)} reports", "\n\n".join("\n".join(lines) for lines in reports))
    for suite in root:
        suite.set("tests", str(len(suite)))
        suite.set("failures", str(len(suite.findall("testcase/failure"))))
        suite.set("skipped", str(len(suite.findall("testcase/skipped"))))
    xml.indent(root)
    xml.ElementTree(root).write(path, encoding="utf-8", xml_declaration=True)
