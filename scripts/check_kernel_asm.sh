#!/bin/sh
# The force loops must be straight SIMD arithmetic: fails if the loop over neighbours holds a call.
#
#   scripts/check_kernel_asm.sh [BINARY]        default: the benchmark of the kernels, built for it
#
# Every kernel of the catalogue is entered through `enter_avx512` or `enter_avx2`; what was not inlined there shows up as
# a `call`, and costs a factor, silently. A force loop is an innermost loop that brings coordinates into lanes (unpack or
# gather instructions) and multiplies them.
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
objdump -d --no-show-raw-insn --demangle "$binary" | awk '
    # reads one function after the other; loops are the ranges of jumps backwards
    function finish(    k, j, loads, products, wide, calls, inner) {
        for (k = 1; k <= jumps; k++) {
            loads = products = wide = calls = 0
            if (!(to[k] in line_at)) continue
            # innermost loops only: another backward jump inside makes this one an outer loop
            inner = 1
            for (j = 1; j <= jumps; j++) if (j != k && line_at[to[j]] >= line_at[to[k]] && at[j] < at[k]) inner = 0
            if (!inner) continue
            for (j = line_at[to[k]]; j <= at[k]; j++) {
                if (text[j] ~ /vunpcklpd|vgather/) loads++
                if (text[j] ~ /vfmadd/) products++
                if (text[j] ~ /%zmm/) wide++
                if (text[j] ~ /[ \t]call/) { calls++; what = text[j] }
            }
            if (loads == 0 || products < 3) continue
            loops++
            if (name ~ /avx512/ && wide) zmm++
            if (calls) { bad++; printf "%s: a force loop of %d lines holds a call:\n %s\n", name, at[k] - line_at[to[k]], what }
        }
    }
    /^[0-9a-f]+ <.*>:$/ { if (name) finish(); name = ""; if ($0 ~ /enter_avx/) name = $0; jumps = lines = 0; delete text; delete line_at; next }
    name && /^ *[0-9a-f]+:/ {
        address = $1; sub(":", "", address)
        lines++; text[lines] = $0; line_at[address] = lines
        # arithmetic that was left out of line, be it in a loop or not
        if ($2 ~ /^call/ && $0 ~ /call_mut|call_once|closure|admd_ad|core_arch|PairEnergy|Leaves/) {
            bad++; printf "%s\n  leaves lane arithmetic out of line:\n%s\n", name, $0
        }
        if ($2 ~ /^j/ && ($3 in line_at)) { jumps++; to[jumps] = $3; at[jumps] = lines }
    }
    END {
        if (name) finish()
        printf "%d force loops, %d of them with zmm registers, %d with calls\n", loops, zmm, bad
        exit !(loops > 0 && zmm > 0 && bad == 0)
    }'
