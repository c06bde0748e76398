#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Write the overlay as series of mails, in build/series/mail.

Each folder of series/ is a posting, the later ones on top of the earlier ones:
its file cover is the cover letter; its files NN-* are the patches, in that order.
Each begins with a line "Subject: ", which may be followed by one "Cc: " with files of
the kernel: whoever maintains those is to see the patch as well. Then comes the change
log, and at last a line "Files:" with the overlay's files in that patch, each in a line
of its own that begins with a tab; a name that ends in a slash is all files below it. A file
can be split over several patches: a regular expression in slashes after its
name takes those hunks of a .patch file, or lines of another one, that it
matches; with a p after it, paragraphs instead of lines. What none takes of a new
file belongs to the first patch that has the file. Every file, and every hunk of a
split one, must be in exactly one patch.

The author is whoever git's configuration says. The mails are applied with
git am to a clean base, and must give what the overlay gives.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys

import overlay
from overlay import BASE, BUILD, TOP, Error, load, store

SERIES = os.path.join(TOP, "series")
WORK = os.path.join(BUILD, "series")
MAIL = os.path.join(WORK, "mail")

# Words of texts that are not finished, git's own template's included.
PLACEHOLDER = re.compile(r"\*\*\*|\b(TODO|FIXME|XXX|TBD)\b|BLURB HERE|SUBJECT HERE")
CLAIM = re.compile(r"\t(\S+)(?: /(.*)/(p?))?$")
# What Debian's package changes in files that we change: where a hunk of ours has such a
# line, removed or as context, it would not apply to the kernel that Debian starts from.
DEBIAN = {
    "kernel/fork.c": r"unprivileged_userns_clone|#ifdef CONFIG_USER_NS$",
    "kernel/events/core.c": r"perf_paranoid_any|PERF_EVENT_RESTRICT|PERF_RESTRICT|"
                            r"sysctl_perf_event_paranoid __read_mostly",
    "include/linux/security.h": r"lock_kernel_down",
    "security/security.c": r"EXPORT_SYMBOL_GPL\(security_binder_",
}
# More than that is not reviewed at a time.
PATCHES_IN_POSTING = 15


class Claim:
    """What a patch takes of a file: all, or the pieces that a regex matches."""

    def __init__(self, number, regex, paragraphs):
        self.number = number
        self.regex = re.compile(regex) if regex else None
        self.paragraphs = bool(paragraphs)


class Step:
    """A patch to be: its text, and what it takes of the overlay."""

    def __init__(self, name, number):
        self.name = name
        with open(os.path.join(SERIES, name), encoding="utf-8") as f:
            text, separator, files = f.read().partition("\nFiles:\n")
        if not separator:
            raise Error(f"series/{name}: has no files")
        self.cc = []
        if m := re.match(r"(.*\n)Cc: (.*)\n", text):
            self.cc = m[2].split()
            text = m[1] + text[m.end():]
        self.message = message(name, text)
        self.claims = []
        for line in files.splitlines():
            m = CLAIM.match(line)
            if not m:
                raise Error(f"series/{name}: not understood: {line}")
            self.claims.append((m[1], Claim(number, m[2], m[3])))


class Posting:
    """A cover letter, and the steps that it introduces: first to last, from 1."""

    def __init__(self, name, before):
        self.name = name
        with open(os.path.join(SERIES, name, "cover"), encoding="utf-8") as f:
            self.cover = message(f"{name}/cover", f.read())
        patches = sorted(p for p in os.listdir(os.path.join(SERIES, name)) if p != "cover")
        if odd := [p for p in patches if not re.fullmatch(r"\d\d-[a-z0-9-]+", p)]:
            raise Error(f"series/{name}: no patches: " + " ".join(odd))
        if not 0 < len(patches) <= PATCHES_IN_POSTING:
            raise Error(f"series/{name}: {len(patches)} patches")
        self.steps = [Step(f"{name}/{p}", before + i) for i, p in enumerate(patches)]
        self.first, self.last = before + 1, before + len(patches)


def message(name, text):
    """A text that begins with its subject, as git has them."""
    head, _, body = text.partition("\n")
    m = re.fullmatch(r"Subject: (\S.{0,70})", head)
    if not m:
        raise Error(f"series/{name}: must begin with a subject of at most 71 characters")
    if len(body.split()) < 20:
        raise Error(f"series/{name}: no change log to speak of")
    if found := PLACEHOLDER.search(text):
        raise Error(f"series/{name}: not finished: {found[0]}")
    for line in body.splitlines():
        if len(line) > 75 and " " in line.strip():
            raise Error(f"series/{name}: longer than 75 characters: {line}")
    return m[1] + "\n\n" + body.strip() + "\n"


def pieces(name, paragraphs):
    """What a file can be split into: (what all have in common, pieces)."""
    text = load(TOP, name)[1].decode()
    if name.endswith(".patch"):
        head, *hunks = re.split(r"^(?=@@ )", text, flags=re.M)
        return head, hunks
    if paragraphs:
        return "", re.split(r"(?<=\n\n)", text)
    return "", text.splitlines(keepends=True)


class File:
    """A file of the overlay, and the step that each piece of it belongs to."""

    def __init__(self, name, claims):
        self.name = name
        self.path = name[:-len(".patch")] if name.endswith(".patch") else name
        self.steps = sorted({claim.number for claim in claims})
        self.head, self.pieces = pieces(name, any(claim.paragraphs for claim in claims))
        self.owners = []
        if len(claims) == 1 and claims[0].regex is None:
            self.owners = [claims[0].number] * len(self.pieces)
            return
        if any(claim.regex is None for claim in claims):
            raise Error(f"{name}: in several patches, and whole in one")
        for piece in self.pieces:
            owners = [claim.number for claim in claims if claim.regex.search(piece)]
            if not owners and not self.head:
                owners = self.steps[:1]
            if len(owners) != 1:
                raise Error(f"{name}: in {len(owners)} patches:\n{piece}")
            self.owners.append(owners[0])
        for claim in claims:
            if not any(claim.regex.search(piece) for piece in self.pieces):
                raise Error(f"{name}: nothing matches /{claim.regex.pattern}/")

    def state(self, source, number):
        """The file after step number, as overlay.load() has it."""
        if number < self.steps[0]:
            return source.load(self.path)
        text = self.head + "".join(
            piece for piece, owner in zip(self.pieces, self.owners) if owner <= number)
        if self.name.endswith(".patch"):
            return overlay.apply_diff(self.name, text.encode(), self.path,
                                      source.load(self.path))
        # A paragraph that comes later leaves the empty line before it.
        if number < self.steps[-1]:
            text = text.rstrip("\n") + "\n"
        kind, _, executable = load(TOP, self.name)
        return (kind, text.encode(), executable)


class Maintainers(File):
    """Our entry becomes one of the kernel's own file."""

    def __init__(self, number):
        super().__init__("MAINTAINERS", [Claim(number, None, None)])

    def state(self, source, number):
        before = source.load(self.path)
        if number < self.steps[0]:
            return before
        text, entry = before[1].decode(), load(TOP, self.name)[1].decode()
        # Where it is in order. The file is not, everywhere: where most of it is.
        titles = re.compile(r"^(?![A-Z]:\t)([A-Z0-9].*)\n[A-Z]:\t", re.M)
        found = list(titles.finditer(text, text.index("\n3C59X")))
        later = [m[1] > entry for m in found]
        after = min(range(len(found)), key=lambda i: sum(later[:i]) + later[i:].count(False))
        at = found[after].start()
        text = text[:at] + entry.rstrip("\n") + "\n\n" + text[at:]
        return (before[0], text.encode(), before[2])


def read_series():
    postings = []
    for name in sorted(os.listdir(SERIES)):
        postings.append(Posting(name, postings[-1].last if postings else 0))
    claims = {}
    want = set(overlay.overlay_files()) | {"MAINTAINERS"}
    for step in (step for posting in postings for step in posting.steps):
        for name, claim in step.claims:
            names = [w for w in want if w.startswith(name)] if name.endswith("/") else [name]
            if not names:
                raise Error(f"series/{step.name}: {name} has no files")
            for each in names:
                claims.setdefault(each, []).append(claim)
    if missing := want - claims.keys():
        raise Error("in no patch of series/:\n  " + "\n  ".join(sorted(missing)))
    if unknown := claims.keys() - want:
        raise Error("in series/, and not there:\n  " + "\n  ".join(sorted(unknown)))
    files = [Maintainers(claims[name][0].number) if name == "MAINTAINERS" else
             File(name, claims[name]) for name in sorted(claims)]
    return postings, files


def check_vanilla(files):
    """No hunk may depend on Debian's changes. Returns how many there are."""
    count = 0
    for file in files:
        if not file.name.endswith(".patch"):
            continue
        count += len(file.pieces)
        if file.path not in DEBIAN:
            continue
        theirs = re.compile(DEBIAN[file.path])
        if not any(theirs.search(line) for line in
                   load(BASE, file.path)[1].decode().splitlines()):
            raise Error(f"{file.path}: Debian's package no longer changes it: see DEBIAN")
        for piece in file.pieces:
            if found := [line for line in piece.splitlines()[1:]
                         if line[:1] != "+" and theirs.search(line[1:])]:
                raise Error(f"{file.name}: needs a line of Debian's: {found[0]}")
    return count


def git(root, *words, **options):
    options.setdefault("stdout", subprocess.PIPE)
    done = subprocess.run(["git", "-C", root, *words], check=False, text=True,
                          stderr=subprocess.PIPE, **options)
    if done.returncode:
        raise Error(f"git {' '.join(words)}: {done.stderr}{done.stdout or ''}")
    return (done.stdout or "").strip()


def commit(root, paths, text):
    git(root, "add", "-A", "--", *paths)
    git(root, "commit", "-q", "--no-verify", "-F", "-", input=text)


def make_repository(root, source, postings, files):
    """The base, of the files that the series touches, a commit for each step, and a
    branch for each posting."""
    shutil.rmtree(root, ignore_errors=True)
    os.makedirs(root)
    git(root, "init", "-q", "-b", "series")
    git(root, "config", "commit.gpgsign", "false")
    for key in ("user.name", "user.email"):
        git(root, "config", key, git(TOP, "config", key))
    old = dict(source.renamed)
    touched = {file.path for file in files} | set(old.values())
    for path in touched:
        if (state := load(BASE, path)) is not None:
            store(root, path, state)
    commit(root, ["."], "linux-source-6.12 " + overlay.base_version() + "\n")
    git(root, "tag", "base")
    steps = [step for posting in postings for step in posting.steps]
    for number, step in enumerate(steps):
        paths = set()
        for file in files:
            if number not in file.steps:
                continue
            store(root, file.path, file.state(source, number))
            paths.add(file.path)
            if file.path in old and number == file.steps[0]:
                store(root, old[file.path], None)
                paths.add(old[file.path])
        commit(root, sorted(paths), step.message)
        git(root, "tag", f"step-{number + 1}")
    for posting in postings:
        git(root, "branch", posting.name, f"step-{posting.last}")


def get_maintainer(*what):
    """Whom the kernel's own script names for a patch, or for files."""
    done = subprocess.run(
        ["perl", "scripts/get_maintainer.pl", "--nogit", "--nogit-fallback", "--norolestats",
         "--nokeywords", *what], cwd=BASE, check=True, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    return [line for line in done.stdout.splitlines() if "@" in line]


def maintainers(mail, step):
    """To whom a patch goes; the lists of our own entry are not in the base's file."""
    people = get_maintainer(mail)
    if missing := [path for path in step.cc if load(BASE, path) is None]:
        raise Error(f"series/{step.name}: the base lacks " + " ".join(missing))
    if step.cc:
        people += get_maintainer("-f", *step.cc)
    with open(os.path.join(TOP, "MAINTAINERS"), encoding="utf-8") as f:
        people += re.findall(r"^L:\t(\S+)", f.read(), flags=re.M)
    return list(dict.fromkeys(people))


def address(mail, people):
    """Writes whom a mail goes to into its head."""
    with open(mail, encoding="utf-8") as f:
        head, empty, body = f.read().partition("\n\n")
    cc = "Cc: " + ",\n ".join(people)
    with open(mail, "w", encoding="utf-8") as f:
        f.write(head + "\n" + cc + empty + body)


def write_mails(root, posting, args):
    """Its mails, the cover letter first."""
    folder = os.path.join(MAIL, posting.name)
    version = overlay.base_version()
    cover = f"{posting.cover}\nBase: Debian's linux-source-6.12 {version},"
    base = f"step-{posting.first - 1}" if posting.first > 1 else "base"
    if posting.first > 1:
        cover += f"\nwith the {posting.first - 1} patches of the posting before."
    else:
        cover += (f"\nwhich is v{version.partition('-')[0]} wherever a hunk of these patches "
                  "has a line.")
    git(root, "config", f"branch.{posting.name}.description", cover + "\n")
    options = ["--cover-letter", "--cover-from-description=subject", "-M",
               f"--subject-prefix={args.prefix}", "-o", folder]
    if args.version > 1:
        options.append(f"-v{args.version}")
    if args.signoff:
        options.append("--signoff")
    git(root, "format-patch", "-q", *options, f"{base}..{posting.name}")
    mails = sorted(os.path.join(folder, name) for name in os.listdir(folder))
    everybody = {}
    for mail, step in zip(mails[1:], posting.steps):
        people = maintainers(mail, step)
        everybody.update(dict.fromkeys(people))
        address(mail, people)
    address(mails[0], everybody)
    with open(mails[0], encoding="utf-8") as f:
        if found := PLACEHOLDER.search(f.read()):
            raise Error(f"the cover letter has a placeholder: {found[0]}")
    return mails


def prove(root, source, files, patches):
    """The mails, by git am on a clean base, give the overlay."""
    check = os.path.join(WORK, "check")
    shutil.rmtree(check, ignore_errors=True)
    git(WORK, "clone", "-q", root, check)
    git(check, "checkout", "-q", "-b", "am", "base")
    for key in ("user.name", "user.email"):
        git(check, "config", key, git(root, "config", key))
    git(check, "am", "-q", *patches)
    if git(check, "diff", "--stat", "am", "origin/series"):
        raise Error("git am gives something else than was formatted")
    want = overlay.wanted(source)
    want["MAINTAINERS"] = files[[f.path for f in files].index("MAINTAINERS")].state(
        source, len(patches))
    for path, state in want.items():
        if overlay.digest(load(check, path)) != overlay.digest(state):
            raise Error(f"{path}: the series gives something else than the overlay")
    tracked = set(git(check, "ls-files").splitlines())
    if extra := tracked - {path for path, state in want.items() if state is not None}:
        raise Error("in the series, and not in the overlay: " + " ".join(sorted(extra)))
    return len(want)


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--prefix", default="PATCH", help="of the subjects")
    parser.add_argument("--version", type=int, default=1)
    parser.add_argument("--signoff", action="store_true",
                        help="add the Signed-off-by of who exports")
    args = parser.parse_args()
    try:
        os.makedirs(WORK, exist_ok=True)
        source = overlay.Source()
        postings, files = read_series()
        root = os.path.join(WORK, "repository")
        make_repository(root, source, postings, files)
        shutil.rmtree(MAIL, ignore_errors=True)
        patches = []
        for posting in postings:
            mails = write_mails(root, posting, args)
            patches += mails[1:]
            print(f"{os.path.relpath(MAIL, TOP)}/{posting.name}: "
                  f"a cover letter and {len(mails) - 1} patches")
        print(f"git am gives the overlay's {prove(root, source, files, patches)} files")
        print(f"none of {check_vanilla(files)} hunks has a line that Debian's package changes")
    except Error as e:
        print(f"error: {e}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
