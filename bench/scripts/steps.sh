#!/bin/bash
# What an administrator would write: steps.sh SSH_CONFIG reads|changes RECORDED COUNT NODE...
# One step after the other, all nodes of a step at once, over multiplexed connections that are open already.
# RECORDED=yes: begin and end of each are durable (fsync) before the next thing happens: of a read in a log here,
# of a change on the node itself.
config=$1 kind=$2 recorded=$3 count=$4; shift 4
log=$(mktemp); trap 'rm -f "$log"' EXIT
note() { [ "$recorded" != yes ] || { echo "$*" >>"$log"; sync "$log"; }; }
on() { ssh -F "$config" "$@"; }
mark=$$

change() { # step: the same act and the same two looks at the wanted state as a recorded change makes
  local file=/run/pfrunbook-bench ledger=/var/lib/pfrunbook-bench-ledger wanted begin='' end=''
  wanted="[ \"\$(cat $file 2>/dev/null)\" = $mark/$1 ]"
  if [ "$recorded" = yes ]; then
    begin="echo begin $mark/$1 >>$ledger; sync $ledger;" end="echo end $mark/$1 >>$ledger; sync $ledger;"
  fi
  echo "$wanted || { $begin echo $mark/$1 >$file; $wanted || exit 1; $end }"
}

for ((step = 1; step <= count; step++)); do
  if [ "$kind" = reads ]; then
    note "begin $step"
    pids=(); for node in "$@"; do on "$node" 'cat /proc/loadavg' >/dev/null & pids+=($!); done
  else
    pids=(); for node in "$@"; do on "$node" "$(change "$step")" & pids+=($!); done
  fi
  for pid in "${pids[@]}"; do wait "$pid" || { echo "step $step failed" >&2; exit 1; }; done
  [ "$kind" = changes ] || note "end $step"
done
