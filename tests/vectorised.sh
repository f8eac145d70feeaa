#!/bin/sh
# vectorised.sh - are the kernel's loops over lanes vector code in every object given? Exit 1: not all.
#
# A compiler that gives up on one of them leaves it scalar without a word, up to ten times slower. Divisions and square
# roots stand in every such loop that counts, so the disassembly tells: in single precision all of them must be packed;
# in double precision the only scalar ones are Adam's two per step (correct in lstm_kernel.c), a pair in correct_groups and
# in each of the six builds of the loop over rows without groups and of that over batches, and 2 / rows of a batch, which
# may stand there twice.
set -u

status=0
for object in "$@"; do
    code=$(objdump -d --no-show-raw-insn "$object")
    packed=$(echo "$code" | grep -cE '\sv?(div|sqrt)p[sd]\s')
    single=$(echo "$code" | grep -cE '\sv?(div|sqrt|mul|add|sub|max|min)ss\s')
    double=$(echo "$code" | grep -cE '\sv?(div|sqrt)sd\s')
    if [ "$packed" -ge 20 ] && [ "$single" -eq 0 ] && [ "$double" -le 18 ]; then
        echo "ok      $object: $packed packed divisions and roots, $double scalar ones"
    else
        status=1
        echo "scalar  $object: $packed packed divisions and roots, $double scalar ones, $single scalar float operations"
    fi
done
exit $status
