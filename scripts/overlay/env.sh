# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# Sourced by the scripts beside it: where things are, and how to say so.
# Standard output is for results; progress goes to standard error.
#
# ARCH is x86, the default, or another one that has directories of its own; make
# finds that, and its cross compiler, in the environment. On i386 only kernels
# are built.

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
top=$(cd "$here/../.." && pwd)
build=$top/build
jobs=$(nproc)

say() { printf '== %s\n' "$*" >&2; }
die() { printf 'error: %s\n' "$*" >&2; exit 1; }

arch=${ARCH:-x86}
case $arch in
x86|x86_64)
	arch=x86 outputs=$build/out programs=$build/guest results=$build/results
	image=arch/x86/boot/bzImage
	unset ARCH CROSS_COMPILE
	;;
i386)
	outputs=$build/out/i386 programs=$build/guest/i386 results=$build/results/i386
	image=arch/x86/boot/bzImage
	export ARCH=i386
	unset CROSS_COMPILE
	;;
arm64)
	outputs=$build/out/arm64 programs=$build/guest/arm64 results=$build/results/arm64
	image=arch/arm64/boot/Image foreign=$build/foreign/arm64
	export ARCH=arm64 CROSS_COMPILE=aarch64-linux-gnu-
	;;
*)
	die "ARCH=$arch: only x86, i386 and arm64 are known"
	;;
esac
export here top build jobs arch outputs programs results image foreign
