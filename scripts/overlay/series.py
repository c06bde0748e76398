#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Write the overlay as a series of mails, in build/series/mail.

series/cover is the cover letter; series/NN-* are the patches, in that order.
Each begins with a line "Subject: ", then comes the change log, and at last a
line "Files:" with the overlay's files in that patch, each in a line of its own
that begins with a tab; a name that ends in a slash is all files below it. A file
can be split over several patches: a regular expression in slashes after its
name takes those hunks of a .patch file, or lines of another one, that it
matches. Lines of a new file that none takes belong to the first patch that has
the file. Every file, and every hunk of a split one, must be in exactly one patch.

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
CLAIM = re.compile(r"\t(\S+)(?: /(.*)/)?$")


class Step:
    """A patch to be: its text, and what it takes of the overlay."""

    def __init__(self, name):
        self.name = name
        with open(os.path.join(SERIES, name), encoding="utf-8") as f:
            text, separator, files = f.read().partition("\nFiles:\n")
        if not separator:
            raise Error(f"series/{name}: has no files")
        self.message = message(name, text)
        self.claims = []
        for line in files.splitlines():
            m = CLAIM.match(line)
            if not m:
                raise Error(f"series/{name}: not understood: {line}")
            self.claims.append((m[1], re.compile(m[2]) if m[2] else None))


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


def pieces(name):
    """What a file can be split into: (what all have in common, pieces)."""
    text = load(TOP, name)[1].decode()
    if not name.endswith(".patch"):
        return "", text.splitlines(keepends=True)
    head, *hunks = re.split(r"^(?=@@ )", text, flags=re.M)
    return head, hunks


class File:
    """A file of the overlay, and the step that each piece of it belongs to."""

    def __init__(self, name, claims):
        self.name = name
        self.path = name[:-len(".patch")] if name.endswith(".patch") else name
        self.steps = sorted({number for number, _ in claims})
        self.head, self.pieces = pieces(name)
        self.owners = []
        if len(claims) == 1 and claims[0][1] is None:
            self.owners = [claims[0][0]] * len(self.pieces)
            return
        if any(regex is None for _, regex in claims):
            raise Error(f"{name}: in several patches, and whole in one")
        for piece in self.pieces:
            owners = [number for number, regex in claims if regex.search(piece)]
            if not owners and not self.head:
                owners = self.steps[:1]
            if len(owners) != 1:
                raise Error(f"{name}: in {len(owners)} patches:\n{piece}")
            self.owners.append(owners[0])
        for number, regex in claims:
            if not any(regex.search(piece) for piece in self.pieces):
                raise Error(f"{name}: nothing matches /{regex.pattern}/")

    def state(self, source, number):
        """The file after step number, as overlay.load() has it."""
        if number < self.steps[0]:
            return source.load(self.path)
        text = self.head + "".join(
            piece for piece, owner in zip(self.pieces, self.owners) if owner <= number)
        if self.name.endswith(".patch"):
            return overlay.apply_diff(self.name, text.encode(), self.path,
                                      source.load(self.path))
        kind, _, executable = load(TOP, self.name)
        return (kind, text.encode(), executable)


class Maintainers(File):
    """Our entry becomes one of the kernel's own file."""

    def __init__(self, number):
        super().__init__("MAINTAINERS", [(number, None)])

    def state(self, source, number):
        before = source.load(self.path)
        if number < self.steps[0]:
            return before
        text, entry = before[1].decode(), load(TOP, self.name)[1].decode()
        # After a title line that sorts before ours, up to the empty line.
        titles = re.compile(r"^([A-Z0-9].*)\n[A-Z]:\t", re.M)
        after = next(m for m in titles.finditer(text, text.index("\n3C59X"))
                     if m[1] > entry)
        text = text[:after.start()] + entry.rstrip("\n") + "\n\n" + text[after.start():]
        return (before[0], text.encode(), before[2])


def read_series():
    steps = [Step(name) for name in sorted(os.listdir(SERIES))
             if re.match(r"\d\d-", name)]
    claims = {}
    want = set(overlay.overlay_files()) | {"MAINTAINERS"}
    for number, step in enumerate(steps):
        for name, regex in step.claims:
            names = [w for w in want if w.startswith(name)] if name.endswith("/") else [name]
            for each in names:
                claims.setdefault(each, []).append((number, regex))
    if missing := want - claims.keys():
        raise Error("in no patch of series/:\n  " + "\n  ".join(sorted(missing)))
    if unknown := claims.keys() - want:
        raise Error("in series/, and not there:\n  " + "\n  ".join(sorted(unknown)))
    files = [Maintainers(claims[name][0][0]) if name == "MAINTAINERS" else
             File(name, claims[name]) for name in sorted(claims)]
    return steps, files


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


def make_repository(root, source, steps, files):
    """The base, of the files that the series touches, and a commit for each step."""
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


def maintainers(mail):
    """Whom the kernel's own script names for a patch."""
    done = subprocess.run(
        ["perl", "scripts/get_maintainer.pl", "--nogit", "--nogit-fallback", "--norolestats", "--nokeywords",
         mail], cwd=BASE, check=True, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    return [line for line in done.stdout.splitlines() if "@" in line]


def address(mail, everybody):
    """Writes whom a mail goes to into its head."""
    people = maintainers(mail) if everybody is None else everybody
    with open(mail, encoding="utf-8") as f:
        head, empty, body = f.read().partition("\n\n")
    cc = "Cc: " + ",\n ".join(people)
    with open(mail, "w", encoding="utf-8") as f:
        f.write(head + "\n" + cc + empty + body)
    return people


def write_mails(root, args):
    shutil.rmtree(MAIL, ignore_errors=True)
    with open(os.path.join(SERIES, "cover"), encoding="utf-8") as f:
        cover = message("cover", f.read())
    git(root, "config", "branch.series.description", cover)
    options = ["--cover-letter", "--cover-from-description=subject", "-M",
               f"--subject-prefix={args.prefix}", "-o", MAIL]
    if args.version > 1:
        options.append(f"-v{args.version}")
    if args.signoff:
        options.append("--signoff")
    git(root, "format-patch", "-q", *options, "base..series")
    mails = sorted(os.path.join(MAIL, name) for name in os.listdir(MAIL))
    people = []
    for mail in mails[1:]:
        people += [who for who in address(mail, None) if who not in people]
    address(mails[0], people)
    with open(mails[0], encoding="utf-8") as f:
        if found := PLACEHOLDER.search(f.read()):
            raise Error(f"the cover letter has a placeholder: {found[0]}")
    return mails


def prove(root, source, files, mails):
    """The mails, by git am on a clean base, give the overlay."""
    check = os.path.join(WORK, "check")
    shutil.rmtree(check, ignore_errors=True)
    git(WORK, "clone", "-q", root, check)
    git(check, "checkout", "-q", "-b", "am", "base")
    for key in ("user.name", "user.email"):
        git(check, "config", key, git(root, "config", key))
    git(check, "am", "-q", *mails[1:])
    if git(check, "diff", "--stat", "am", "origin/series"):
        raise Error("git am gives something else than was formatted")
    want = overlay.wanted(source)
    want["MAINTAINERS"] = files[[f.path for f in files].index("MAINTAINERS")].state(
        source, len(mails))
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
        steps, files = read_series()
        root = os.path.join(WORK, "repository")
        make_repository(root, source, steps, files)
        mails = write_mails(root, args)
        count = prove(root, source, files, mails)
    except Error as e:
        print(f"error: {e}", file=sys.stderr)
        return 1
    print(f"{len(mails) - 1} patches and a cover letter in {os.path.relpath(MAIL, TOP)};\n"
          f"git am gives the overlay's {count} files")
    return 0


if __name__ == "__main__":
    sys.exit(main())
