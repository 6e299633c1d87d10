#!/bin/sh
# held.sh METHOD URL CURL-OPTION...
#
# Sends a request by curl. If it is held, tells where to approve it, waits until that is decided, and prints the application's answer.
# Who you are stands in the file that $HEADERS names, one field a line: arguments can be read by everybody on the machine.
set -eu
method=$1 url=$2
shift 2
dir=$(mktemp -d) # for its owner only
trap 'rm -rf "$dir"' EXIT

send() {
    curl -sS -X "$method" -D "$dir/head" -o "$dir/body" -w '%{http_code}' -H "@$HEADERS" -H 'Accept: text/plain' "$@" "$url"
}
field() {
    tr -d '\r' <"$dir/head" | grep -i "^$1:" | tail -n 1 | cut -d ' ' -f 2-
}

code=$(send "$@")
credential=$(field countersign-approval)
if [ "$code" = 403 ] && [ -n "$credential" ]; then
    # All but the credential: this may be a log.
    sed '/^curl /,$d; /Countersign-Release: /d' "$dir/body" >&2
    printf 'Countersign-Release: %s\nPrefer: wait=300\n' "$credential" >"$dir/release"
    code=$(send -H "@$dir/release")
    # Nobody has decided yet.
    while [ "$code" = 409 ] && [ -n "$(field retry-after)" ]; do
        code=$(send -H "@$dir/release")
    done
fi
cat "$dir/body"
case $code in
2?? | 3??) [ "$(field countersign-outcome)" != refused ] ;;
*) exit 1 ;;
esac
