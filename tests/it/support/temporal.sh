#!/bin/sh
# Runs a Temporal server on a file in a folder: temporal.sh PROGRAM FOLDER PORT. Ends it when its standard input closes, however
# the process at the other end ended. What the server has stored stays.
trap '' HUP INT PIPE TERM
HOME=$2 "$1" server start-dev --headless --ip 127.0.0.1 --port "$3" --log-level never --db-filename "$2/temporal.db" \
    </dev/null >/dev/null 2>&1 &
read -r _
kill -9 $!
