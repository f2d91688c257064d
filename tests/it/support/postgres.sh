#!/bin/sh
# Owns a PostgreSQL cluster in a folder of its own: postgres.sh PARENT DURABLE (on or off). Stops the server and removes
# the folder when its standard input closes, however the process at the other end ended.
#
# Reads port numbers, one a line, and tries to start the server at each. Writes the folder, then whether the cluster
# was created (created or failed), then the result for each port (started or failed). Ignores the signals of a terminal.
#
# Passwords are MD5: SCRAM takes seconds in a debug build when many connections are opened at once.
temp=$1 durable=$2
umask 077
trap '' HUP INT PIPE TERM
folder=$(mktemp -d "$temp/prog-strength-agent-postgres.XXXXXX") || exit
exec 2>"$folder/log"
cd "$folder" && echo "$folder"

create() {
    initdb --pgdata=data --username=postgres --auth=trust --encoding=UTF8 --locale=C.UTF-8 --no-sync >&2 || return
    cat >data/pg_hba.conf <<END || return
local all postgres trust
host all all 127.0.0.1/32 md5
END
    cat >>data/postgresql.conf <<END
listen_addresses = '127.0.0.1'
unix_socket_directories = '$folder'
max_connections = 200
password_encryption = 'md5'
synchronous_commit = on
fsync = $durable
full_page_writes = $durable
END
}

if create; then echo created; else echo failed; fi
while read -r port; do
    if pg_ctl --pgdata=data --options="-p $port" start >&2; then echo started; else echo failed; fi
done
if [ -e data/postmaster.pid ]; then pg_ctl --pgdata=data --mode=immediate stop >&2; fi
cd / && rm -rf "$folder"
