# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# Sourced, after env.sh, by those that check the code without running it.
# shellcheck disable=SC2154 # env.sh sets build, outputs, results and jobs

# checkpatch [-f] INPUT FILE...: of a file, or of a patch that changes these files.
# FILE_PATH_CHANGES wants MAINTAINERS changed along with each new file: our entry is a
# file of its own until the series is made. COMMIT_MESSAGE wants a change log: those
# are in series/. MISSING_FIXES_TAG takes a name of a tool for a bug's reporter.
checkpatch() {
	local input=() options=(--strict --quiet --show-types --no-summary --no-signoff
		--ignore "FILE_PATH_CHANGES,COMMIT_MESSAGE,MISSING_FIXES_TAG") f
	[ "$1" != -f ] || { input=(-f); shift; }
	input+=("$1")
	shift
	for f; do
		case $f in
		# TRACE_EVENT() has a layout of its own.
		include/trace/*)
			options+=(--ignore "PARENTHESIS_ALIGNMENT,OPEN_ENDED_LINE") ;;
		# checkpatch takes the names of headers in __has_include() for operators.
		tools/include/container.h)
			options+=(--ignore "SPACING,NEW_TYPEDEFS,ENOSYS") ;;
		# A failed check returns the number of its line.
		tools/testing/selftests/containers/wrapper_scenario.h)
			options+=(--ignore "MACRO_WITH_FLOW_CONTROL,ENOSYS") ;;
		# Programs have neither the kernel's macros nor its system call table.
		tools/*|samples/*)
			options+=(--ignore "PREFER_DEFINED_ATTRIBUTE_MACRO,ENOSYS") ;;
		esac
	done
	# Not where a repository is: it would want modules for Python of those.
	(cd "$build/tree" && ./scripts/checkpatch.pl "${options[@]}" "${input[@]}")
}

# misspelled FILE...: words that often are, but not a macro of manual pages, a function
# of the kernel, and a word that diff(1) cut short.
misspelled() {
	codespell --ignore-words-list bu,iput,struc "$@"
}

# messages CONFIG SOURCE OUT OBJECT...: what sparse and W=1 say about these objects,
# each message without line numbers, a tab, and as it is.
messages() {
	local config=$1 src=$2 out=$3 log=$3/lint.log
	shift 3
	mkdir -p "$out"
	if ! cmp -s "$config" "$out/lint.config"; then
		cp "$config" "$out/.config"
		cp "$config" "$out/lint.config"
	fi
	(cd "$out" && rm -f "$@")
	export CCACHE_DIR=$build/ccache CCACHE_BASEDIR=$build CCACHE_NOHASHDIR=1
	{
		make -s -C "$src" O="$out" olddefconfig &&
		make -s -C "$src" O="$out" -j"$jobs" CC="ccache ${CROSS_COMPILE-}gcc" HOSTCC='ccache gcc' \
			W=1 C=2 "$@"
	} > "$log" 2>&1 || { tail -n 40 "$log" >&2; die "cannot build the objects; see $log"; }
	grep -E ': (warning|error):' "$log" |
		sed -E 's,^.*(build|series|\.\.)/(tree|base)/,,; h; s/:[0-9]+(:[0-9]+)?:/:/; G; s/\n/\t/' |
		sort -u || true
}

# new_messages KERNEL SOURCE FILE...: what these C files give rise to, as far as the
# kernel's configuration builds them. What the base says, a patched file may say.
new_messages() {
	local kernel=$1 src=$2 f ours=() patched=()
	shift 2
	for f; do
		[ -e "$outputs/$kernel/${f%.c}.o" ] || continue
		ours+=("${f%.c}.o")
		[ ! -e "$build/base/$f" ] || patched+=("${f%.c}.o")
	done
	[ ${#ours[@]} -gt 0 ] || return 0
	messages "$outputs/$kernel/.config" "$src" "$outputs/lint-$kernel" "${ours[@]}" \
		> "$results/lint.$kernel"
	: > "$results/lint.base"
	[ ${#patched[@]} -eq 0 ] ||
		messages "$outputs/$kernel/.config" "$build/base" "$outputs/lint-base" \
			"${patched[@]}" > "$results/lint.base"
	awk -F'\t' 'NR == FNR { base[$1] = 1; next } !($1 in base) { print $2; bad = 1 }
		END { exit bad }' "$results/lint.base" "$results/lint.$kernel"
}

# coccicheck TREE FILE...: what the kernel's rules find in these C files of TREE. One
# rule is left out: it takes each counter that drops to zero before something is freed
# for a reference count.
coccicheck() {
	local tree=$1 include log=$results/lint.coccicheck
	shift
	mapfile -t include < <(cd "$tree" && printf -- '-I\n%s\n' arch/x86/include include \
		arch/x86/include/uapi include/uapi)
	(cd "$tree" &&
	 find scripts/coccinelle -name '*.cocci' ! -name atomic_as_refcounter.cocci -print0 |
		xargs -0 -P "$jobs" -I '{}' \
		spatch -D report --very-quiet --no-show-diff --cocci-file '{}' \
		"${include[@]}" --include include/linux/kconfig.h "$@") > "$log" 2>&1 ||
		{ tail -n 40 "$log" >&2; die "a rule cannot be applied; see $log"; }
	! grep -E '^[^ ]+\.[ch]:[0-9]+' "$log" | sort -u | grep .
}

# htmldocs TREE PAGE...: what is wrong with these pages of TREE, as part of the books
# that they are in. In a copy of the tree: the kernel's rules write pages to the source.
htmldocs() {
	local tree=$1 out=$outputs/docs pages
	shift
	rm -rf "$out"
	mkdir -p "$out"
	cp -al "$tree" "$out/tree"
	pages=$(printf '%s\n' "$@" | paste -sd'|')
	make -C "$out/tree" htmldocs SPHINXDIRS='userspace-api admin-guide/sysctl filesystems' \
		> "$out/lint.log" 2>&1 ||
		{ tail -n 40 "$out/lint.log" >&2; die "cannot make the pages; see $out/lint.log"; }
	[ -e "$out/tree/Documentation/output/userspace-api/containers.html" ] ||
		die "there is no page about containers"
	! grep -E "($pages):.*(WARNING|ERROR)" "$out/lint.log" || return 1
	# It tells of errors, but succeeds.
	! "$out/tree/scripts/get_abi.pl" validate --dir "$out/tree/Documentation/ABI/testing" 2>&1 |
		grep -F containers
}
