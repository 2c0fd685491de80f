#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Runs each fuzzer for some time, one after the other, and tells how it goes.
#   run.sh BUILD SECONDS TARGET...
# Starts from tests/fuzz/corpus/TARGET; what is new is kept in BUILD/fuzz/corpus/TARGET, and what
# breaks a target in BUILD/fuzz/found-TARGET-*.

build=$1
seconds=$2
shift 2
cd "$(dirname "$0")/../.." || exit 1
passed=0
failed=0
ASAN_OPTIONS=quarantine_size_mb=32:$ASAN_OPTIONS   # many small runs: memory is better spent
export ASAN_OPTIONS

for target in "$@"; do
  log=$build/fuzz/$target.log
  mkdir -p "$build/fuzz/corpus/$target"
  "$build/fuzz/$target" -max_total_time="$seconds" -max_len=4096 -timeout=10 -rss_limit_mb=1500 \
    -artifact_prefix="$build/fuzz/found-$target-" -print_final_stats=1 \
    "$build/fuzz/corpus/$target" "tests/fuzz/corpus/$target" >"$log" 2>&1 &
  fuzzer=$!
  trap 'kill $fuzzer 2>/dev/null; exit 1' INT TERM
  while kill -0 $fuzzer 2>/dev/null; do
    sleep 5
    printf '%s: %s\n' "$target" "$(grep -E '^#[0-9]' "$log" | tail -n 1)"
  done
  if wait $fuzzer; then
    passed=$((passed + 1))
    echo "$target: $(grep -E 'number_of_executed_units' "$log" | tr -dc 0-9) inputs, nothing broke"
  else
    failed=$((failed + 1))
    grep -v -E '^#[0-9]|NEW_FUNC' "$log" | tail -n 40
    echo "$target: BROKEN; look at it with $build/replay-$target FILE"
  fi
done
echo "fuzz: $passed passed, $failed failed"
[ "$failed" -eq 0 ]
