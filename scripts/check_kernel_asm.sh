#!/bin/sh
# The kernels must be straight SIMD arithmetic: fails if the loop over neighbours holds a call.
#
#   scripts/check_kernel_asm.sh [BINARY]        default: the benchmark of the kernels, built for it
#
# Every kernel is entered through `enter_avx512` or `enter_avx2`; what was not inlined there shows up as a `call`, and
# costs a factor, silently. The kernels are told apart by what they do: the search packs the lanes of a mask (byte
# shuffles), copies of coordinates multiply nothing, all others are force kernels, of f64 or of f32.
#
# - No kernel calls lane arithmetic.
# - Force kernels and copies call nothing but panics and the C library's memory functions, wherever it is.
# - Innermost loops that bring coordinates into lanes (unpack or gather instructions) and multiply call nothing at all.
# - No function of core::core_arch exists but those that ask the processor what it has: another one is an intrinsic that
#   fell out of its wrapper with target features.
set -eu
cd "$(dirname "$0")/.."
binary=${1:-}
if [ "$(uname -m)" != x86_64 ]; then
    echo "no AVX on $(uname -m): nothing to check"
    exit 0
fi
if [ -z "$binary" ]; then
    binary=$(cargo bench --bench pair_kernel --no-run 2>&1 | sed -n 's/.*Executable.*(\(.*\)).*/\1/p')
fi
if [ ! -f "$binary" ]; then
    echo "no binary at \`$binary\`: build it, or name another one" >&2
    exit 2
fi
{
    objdump -R "$binary"
    objdump -d --no-show-raw-insn --demangle "$binary"
} | awk '
    function number(hex,    k, n) {
        n = 0
        for (k = 1; k <= length(hex); k++) n = 16 * n + index("0123456789abcdef", substr(hex, k, 1)) - 1
        return n
    }
    # functions that are called through a table of addresses: place in the table, address of the function
    /R_X86_64_RELATIVE/ { sub(/.*\+0x/, "", $3); table[number($1)] = number($3); next }

    # reads one function after the other; loops are the ranges of jumps backwards
    function finish(    k, j, loads, products, calls, inner, kind, what, element) {
        element = 2 * double > multiplies ? "f64" : "f32"
        for (k = 1; k <= jumps; k++) {
            loads = products = calls = 0
            if (!(to[k] in line_at)) continue
            # innermost loops only: another backward jump inside makes this one an outer loop
            inner = 1
            for (j = 1; j <= jumps; j++) if (j != k && line_at[to[j]] >= line_at[to[k]] && at[j] < at[k]) inner = 0
            if (!inner) continue
            for (j = line_at[to[k]]; j <= at[k]; j++) {
                if (text[j] ~ /vunpcklp[ds]|vpunpckl[dq]|vgather/) loads++
                if (text[j] ~ /vfmadd/) products++
                if (text[j] ~ /[ \t]call/) { calls++; what = text[j] }
            }
            if (loads == 0 || products < 3) continue
            loops[isa, element]++
            if (calls) { bad++; printf "%s: a force loop holds a call:\n %s\n", name, what }
        }
        kind = packs ? "search" : !multiplies ? "copy" : "force kernels of " element
        kernels[isa, kind]++
        if (kind == "search") return
        for (k = 1; k <= called; k++) { from[++all] = name; call[all] = target[k] }
    }
    /^[0-9a-f]+ <.*>:$/ {
        if (name) finish()
        name = ""
        address_of = $1
        sub(/^0+/, "", address_of)
        symbol = $0
        sub(/^[0-9a-f]+ /, "", symbol)
        names[number(address_of)] = symbol
        if ($0 ~ /enter_avx/) { name = $0; isa = $0 ~ /avx512/ ? "avx512" : "avx2" }
        if ($0 ~ /core_arch/ && $0 !~ /xgetbv|cpuid/) { bad++; printf "%s\n  an intrinsic out of line\n", $0 }
        jumps = lines = packs = multiplies = double = called = 0
        delete text
        delete loaded
        delete line_at
        next
    }
    name && /^ *[0-9a-f]+:/ {
        address = $1; sub(":", "", address)
        lines++; text[lines] = $0; line_at[address] = lines
        if ($2 ~ /^(vpshufb|v?p?compress)/) packs = 1
        if ($2 ~ /^vfmadd/) { multiplies++; if ($2 ~ /pd$/) double++ }
        if ($2 == "mov" && match($0, /\(%rip\),%[a-z0-9]+ /)) {
            register = substr($0, RSTART + 7, RLENGTH - 8)
            loaded[register] = substr($0, index($0, "#"))
        }
        # arithmetic that was left out of line, be it in a loop or not
        if ($2 ~ /^call/ && $0 ~ /call_mut|call_once|closure|admd_ad|core_arch|PairEnergy|Leaves/) {
            bad++; printf "%s\n  leaves lane arithmetic out of line:\n%s\n", name, $0
        }
        if ($2 ~ /^call/) {
            what = $0
            sub(/.*call[q]? +/, "", what)
            # a place in the table by its address, everything else by its name
            if (match(what, /# [0-9a-f]+/) && !(what ~ /@/)) what = "#" substr(what, RSTART + 2, RLENGTH - 2)
            # an address that was read into a register before
            if (match(what, /^\*%[a-z0-9]+$/) && (substr(what, 2) in loaded)) what = loaded[substr(what, 2)]
            target[++called] = what
        }
        if ($2 ~ /^j/ && ($3 in line_at)) { jumps++; to[jumps] = $3; at[jumps] = lines }
    }
    END {
        if (name) finish()
        for (k = 1; k <= all; k++) {
            what = call[k]
            if (what in known) {
                what = known[what]
            } else if (what ~ /^#/) {
                place = number(substr(what, 2))
                what = known[what] = (place in table) && (table[place] in names) ? names[table[place]] : what
            }
            if (what ~ /panic|unwrap_failed|expect_failed|index.*fail|len_mismatch|mem(cpy|move|set)|_Unwind/) continue
            bad++
            printf "%s\n  calls %s\n", from[k], what
        }
        split("avx2 avx512", isas)
        split("force kernels of f64,force kernels of f32,search,copy", kinds, ",")
        for (i = 1; i <= 2; i++) {
            printf "%s:", isas[i]
            for (k = 1; k <= 4; k++) {
                printf "%s %d %s", (k > 1 ? "," : ""), kernels[isas[i], kinds[k]], kinds[k]
                if (!kernels[isas[i], kinds[k]]) { bad++; printf " (none: is this the right binary?)" }
            }
            printf "; innermost loops: %d of f64, %d of f32\n", loops[isas[i], "f64"], loops[isas[i], "f32"]
            if (!loops[isas[i], "f64"] || !loops[isas[i], "f32"]) { bad++; print "  no such loop was recognised" }
        }
        if (bad) printf "%d wrong: look for a missing #[inline(always)], or a closure around lane arithmetic\n", bad
        exit bad > 0
    }'
