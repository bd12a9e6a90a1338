# The lock of a node: only the run that holds it, under the epoch that stands there, changes the node. One line, replaced whole:
#   epoch run owner host since held|free .      free: given back, and kept, for an epoch never comes twice
# Who gave it back before, newest last, in the file beside it ($c_lock.over): run epoch
# Told: $c_lock the file, $c_holder "run owner host since", $c_epoch, $c_over the runs whose lock may be taken.

k_read() {
  k_epoch=0 k_run=- k_owner=- k_host=- k_since=- k_state=free k_end=.
  [ ! -e "$c_lock" ] || read -r k_epoch k_run k_owner k_host k_since k_state k_end <"$c_lock"
  [ "$k_end" = . ]
}
k_ours() { k_read && [ "$k_run $k_epoch $k_state" = "${c_holder%% *} $c_epoch held" ]; }
k_may() { # only upwards
  k_read && [ "$k_epoch" -lt "$c_epoch" ] || return 1
  [ "$k_state" = held ] || return 0
  case " $c_over ${c_holder%% *} " in *" $k_run "*) ;; *) return 1 ;; esac
}
k_put() { printf '%s\n' "$1" >"$c_lock.new" && sync "$c_lock.new" && mv -f "$c_lock.new" "$c_lock" && sync "${c_lock%/*}"; }
k_alone() { mkdir -p -m 700 "${c_lock%/*}" && (flock -w 5 7 && "$@") 7>>"$c_lock.mutex"; }

k_take() { # a node that this run meets now, or holds already; else k_why says why not
  k_ours || { k_alone k_take_alone; k_ours; } || {
    k_why="locked: $k_epoch $k_run $k_owner $k_host $k_since $k_state"
    [ "$k_end" = . ] || k_why='the lock is damaged'
    ! k_may || k_why='no room for the lock, or a guard is being put back there'
    return 1
  }
}
k_take_alone() { ! k_may || { k_keep_end; k_put "$c_epoch $c_holder held ."; }; }
k_keep_end() { # the line goes, and that its run is over is remembered: for a node that was away at its end, and thinks it holds it
  [ "$k_state" = free ] && [ "$k_run" != - ] || return 0
  { tail -n 19 "$c_lock.over"; echo "$k_run $k_epoch"; } >"$c_lock.new" 2>/dev/null
  sync "$c_lock.new" && mv -f "$c_lock.new" "$c_lock.over" # no room: a later run asks
}
k_give() { k_alone k_give_alone; }
k_give_alone() {
  k_read && [ "$k_run $k_state" = "${c_holder%% *} held" ] || return 0
  k_put "$k_epoch $k_run $k_owner $k_host $k_since free ."
}
k_tell() { # the lock, who gave it back before, and what was begun last, with its time
  k_read && [ "$k_run" != - ] || return 0
  echo "$k_epoch $k_run $k_owner $k_host $k_since $k_state ."
  [ ! -e "$c_lock.over" ] || sed 's/^/over /' "$c_lock.over"
  [ ! -s "${c_lock%/*}/last" ] || printf '%s %s\n' "$(date -u -r "${c_lock%/*}/last" +%FT%TZ)" "$(head -c 500 "${c_lock%/*}/last" | head -n 1)"
}
