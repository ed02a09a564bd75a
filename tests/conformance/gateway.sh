#!/usr/bin/env bash
# Weir as a gateway for outside test suites.  Runs in the gateway's network namespace and in the foreground, makes
# $CF_DIR/ready when it serves, and ends on SIGTERM.
#   CF_MODE            h1: plain HTTP on 80 is served.  cache: the same, from memory where that is allowed.
#                      sni: TLS on 443 passes, names of CF_BLOCK and below are refused
#   CF_DIR             scratch directory
#   CF_CLI_IF, CF_ORG_IF   interfaces towards clients and origins
#   CF_BLOCK           file of blocked names, one a line
#   WEIR               the binary, if not build/release/bin/weir
set -euo pipefail
weir=${WEIR:-$(dirname "$(readlink -f "$0")")/../../build/release/bin/weir}

case $CF_MODE in
  h1 | cache | sni) ;;
  *) echo "gateway.sh: mode $CF_MODE is not supported, h1, cache and sni are" >&2; exit 2 ;;
esac

cat >"$CF_DIR/weir.toml" <<TOML
[gateway]
lan = ["$CF_CLI_IF"]
wan = ["$CF_ORG_IF"]
[limits]
drain = "1s"
[control]
socket = "$CF_DIR/control.sock"
[log]
access = "$CF_DIR/access.log"
[cache]
memory = "$([ "$CF_MODE" = cache ] && echo "64 MiB" || echo off)"
TOML
if [ "$CF_MODE" = sni ] && [ -s "$CF_BLOCK" ]; then
  printf '[[rule]]\nname = "blocked"\nhost = [%s]\naction = "block"\n' "$(sed '/./!d; s/.*/".&",/' "$CF_BLOCK" | tr -d '\n')" \
    >>"$CF_DIR/weir.toml"
fi

# The suite ends the whole group of processes at once; the reader stays until Weir has said its last word.
exec "$weir" --config "$CF_DIR/weir.toml" > >(
  trap '' TERM
  while IFS= read -r line; do
    printf '%s\n' "$line"
    [[ $line != "weir: ready"* ]] || : >"$CF_DIR/ready"
  done
) 2>&1
