#!/bin/sh
# Runs nginx with a configuration that Confer keeps. Settings: CONFER_URL, CONFER (the command), RUN (a directory).
set -eu

here=$(cd "$(dirname "$0")" && pwd)
run=${RUN:-$here/run}
mkdir -p "$run/tmp"

# In the place of a subshell, so that it can be ended by the number of that.
confer() {
  exec ${CONFER:-node "$here/../../cli/dist/main.js"} "$@"
}

# What this started ends with it, whichever of it ended first.
pids=
end() {
  trap - EXIT INT TERM
  for pid in $pids; do kill "$pid" 2>/dev/null || true; done
  wait
}
trap end EXIT
trap 'exit 143' INT TERM

# Without a server, one that keeps nothing.
if ! (confer status --timeout 2s) >/dev/null 2>&1; then
  (confer serve --memory) >/dev/null &
  pids="$pids $!"
fi
(confer get /gateway/port) >/dev/null 2>&1 || (confer import "$here/gateway.yaml" --at /gateway)

# A configuration that nginx refuses never takes the place of the one that it runs with.
set -- render --from /gateway -t "$here/nginx.conf.liquid" --out "$run/nginx.conf" \
  --check "nginx -q -t -p '$run' -e stderr -c {}"
(confer "$@" --once)
nginx -p "$run" -e stderr -c "$run/nginx.conf" &
nginx=$!
pids="$pids $nginx"
(confer "$@" --debounce 200ms --exec "nginx -p '$run' -e stderr -c '$run/nginx.conf' -s reload") &
pids="$pids $!"
wait "$nginx"
