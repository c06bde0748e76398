# SPDX-License-Identifier: GPL-2.0
#
# Container objects for Linux: an overlay on Debian's linux-source-6.12.
# Each target does its own set-up and is incremental; "make help" lists them.

MAKEFLAGS += --no-print-directory
S := scripts/overlay

# normal, debug, kcsan, gcov or base; "make check" runs the first two without it.
KERNEL ?=

help:
	@sed -n 's/^#: //p' Makefile

#: make check     build both kernels and the kselftests, run them in VMs
#:                KERNEL=normal|debug|kcsan|gcov: that kernel only;
#:                TESTS='clone*': a selection; ARCH=arm64: there, with a cross
#:                compiler, on one kernel by default
#: make kselftest-install  pack the kselftests for machines that have containers
#: make coverage  run the kselftests and show which lines of ours did not run
#: make regress   run the kernel's own kselftests on the unpatched and the patched
#:                kernel and compare; TESTS='pidfd:*': a selection
#: make demo      run samples/containers/demo in a VM; CMD='shell command'
#: make shell     a VM with a shell, the kselftests and the demo; KERNEL=...
#: make kernel    build the patched kernel; KERNEL=normal|debug|kcsan|gcov|base
#: make image     the same, printing the image's path (use make -s)
#: make tree      unpack the base and apply the overlay: build/tree
#: make refresh   take changes made in build/tree back into the overlay
#: make lint      checkpatch, kernel-doc, sparse, a build with the least options,
#:                coccicheck, htmldocs, spelling, man, tooling (shell, python);
#:                STEPS=... for some
#: make bench     instructions that the patched kernel takes, and the unpatched, and
#:                what container runtimes take; PARTS=... for some
#: make fuzz      random calls, with all that must hold checked; KERNEL=debug,
#:                SEEDS='1 2', OPS=1000000 (calls for each seed)
#: make deb       Debian packages of the kernel, in Debian's configuration, and of the
#:                tools, in build/deb; FLAVOUR='cloud-amd64 tools': others than amd64
#: make deb-check install them in an image and boot that; FLAVOUR=cloud-amd64
#: make series    the overlay as mails that git am takes, in build/series/mail;
#:                SERIES='--prefix RFC --version 2 --signoff'
#: make series-check  the same, and builds and boots the kernel of each patch;
#:                STEPS='FIRST LAST' for some
#: make port BASE=TREE  apply the overlay to another kernel tree as far as it goes
#: make clean     remove build/, except the compiler cache
#:
#: Kernels: normal is what the tests run on first; debug adds KASAN, lockdep,
#: kmemleak and more; base is the unpatched source with normal's configuration;
#: kcsan reports data races: those of our code fail, others are listed;
#: gcov counts how often the lines of our code run, with fault injection.

setup:
	@$(S)/setup

tree: setup
	@$(S)/overlay.py apply

refresh: setup
	@$(S)/overlay.py refresh

kernel image: setup
	@$(S)/kernel $(or $(KERNEL),normal)

check: setup
	@TESTS="$$TESTS" $(S)/check $(or $(KERNEL),$(if $(filter arm64,$(ARCH)),normal,normal debug))

regress:
	@$(S)/setup regress
	@TESTS="$$TESTS" $(S)/regress

coverage: setup
	@TESTS="$$TESTS" $(S)/coverage

kselftest-install: setup
	@$(S)/kselftest-install

demo: setup
	@CMD="$$CMD" $(S)/demo

shell: setup
	@$(S)/shell $(or $(KERNEL),normal)

lint:
	@$(S)/setup lint
	@$(S)/lint $(STEPS)

bench:
	@$(S)/setup bench
	@$(S)/bench $(PARTS)

deb:
	@$(S)/setup deb
	@$(S)/deb $(FLAVOUR)

deb-check:
	@$(S)/setup deb
	@$(S)/deb-check $(firstword $(FLAVOUR))

series: setup
	@$(S)/series.py $(SERIES)

series-check:
	@$(S)/setup lint
	@$(S)/series-check $(STEPS)

port: setup
	@$(S)/port.py $(or $(BASE),$(error BASE=<kernel tree>))

fuzz: setup
	@SEEDS="$$SEEDS" OPS="$$OPS" $(S)/fuzz $(or $(KERNEL),debug)

clean:
	[ ! -d build ] || find build -mindepth 1 -maxdepth 1 ! -name ccache -exec rm -rf '{}' +

.PHONY: help setup tree refresh kernel image check kselftest-install regress coverage \
	demo shell lint bench fuzz deb deb-check series series-check port clean
# One target may run the tools of another; two at once would share build/.
.NOTPARALLEL:
