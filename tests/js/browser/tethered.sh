#!/bin/sh
# Starts $TETHERED in this process's place, and kills its group should the starter vanish:
# Playwright cleans up when its process exits, but nothing does when that is killed outright.
starter=$PPID
(
  while kill -0 "$starter" && kill -0 $$; do sleep 1; done
  kill -KILL 0
) >/dev/null 2>&1 &
exec "$TETHERED" "$@"
