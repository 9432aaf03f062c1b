#!/usr/bin/env bash
# Makes the pictures of this folder from the real program, under a virtual display.
#
#   screenshots/make.sh [PROGRAM]      needs Xvfb, openbox, xdotool, xwd and ImageMagick's convert (or Pillow's reader of XWD)
set -euo pipefail
cd "$(dirname "$0")"
program=$(realpath "${1:-../target/release/mosaicist}")
here=$PWD
work=$(mktemp -d)
started=()
end() {
    for id in "${started[@]}"; do kill "$id" 2>/dev/null || true; done
    rm -rf "$work"
}
trap end EXIT
export DISPLAY=:$((90 + RANDOM % 400)) XDG_CONFIG_HOME=$work/config XDG_RUNTIME_DIR=$work/run XDG_CACHE_HOME=$work/cache
mkdir -p "$XDG_CONFIG_HOME" "$XDG_RUNTIME_DIR" "$XDG_CACHE_HOME" "$work/Pictures"
cd "$work/Pictures"
Xvfb "$DISPLAY" -screen 0 1600x1000x24 >"$work/xvfb.log" 2>&1 & started+=($!)
sleep 1
openbox >"$work/openbox.log" 2>&1 & started+=($!)

show() { "$program" "$@" >"$work/program.log" 2>&1 & started+=($!); window=$(wait_for_window); }
wait_for_window() { for _ in $(seq 100); do xdotool search --name Mosaicist 2>/dev/null | tail -1 | grep . && return; sleep 0.2; done; return 1; }
take() { sleep "${2:-1}"; xwd -silent -id "$window" | convert xwd:- "$here/$1"; }
point() { xdotool mousemove --window "$window" "$1" "$2"; sleep 0.2; }

"$program" demo --headless -o "$work/example.dzi"    # so that the tiles are there
show
take first.png 2
xdotool key ctrl+w
kill "${started[-1]}"; unset "started[-1]"; sleep 1
show demo
take dark.png 5
point 700 420
for _ in 1 2 3 4; do xdotool click 4; sleep 0.1; done
sleep 2
xdotool key m
point 420 300; xdotool mousedown 1; sleep 0.1; point 600 400; point 760 520; xdotool mouseup 1
take region.png 2
xdotool key ctrl+e
take export.png 1
xdotool key Escape; sleep 0.5
xdotool key t; sleep 0.3; xdotool key 0
take light.png 3
