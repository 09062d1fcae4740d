#!/usr/bin/env bash
# A server that speaks MongoDB's protocol on loopback: SecantusDB, a replica set of one node named `secantus`.
#
#   mongo.sh start|stop|restart|kill|status
#
# `start` installs on first use and returns once the server answers a ping; `stop` is graceful, `kill` is kill -9; both
# leave the data. A line on stderr and a status other than 0 say what went wrong; `status` ends with 3 when nothing runs.
#
#   MONGO_PORT     27117, on 127.0.0.1 only
#   MONGO_DATA     data folder, one per port unless given; delete it (stopped) to begin anew; the log is in it
#   MONGO_SERVER   python (a wheel, there within a minute) or rust (stricter and faster, compiles for minutes)
#   MONGO_SYNC     1: a commit is on the disk before it is acknowledged; 0: faster, and `kill` may lose the last ones
#   MONGO_ARGS     more options of the server, as words: --auth, --tls-cert-file FILE --tls-key-file FILE, --standalone
#   MONGO_HOME     where the server is kept    MONGO_WAIT_S   60, bound of a start    PYTHON   python3, 3.11 to 3.13
set -euo pipefail

python_version=0.7.0b3
python_needs='pymongo==4.20.1 dnspython==2.9.2 s2sphere==0.2.5 future==1.0.0 shapely==2.2.0 numpy==2.4.6 python-dateutil==4.0.0'
rust_version=0.5.3-beta.196

port=${MONGO_PORT:-27117}
server=${MONGO_SERVER:-python}
read -ra more <<<"${MONGO_ARGS:-}"
cache=${XDG_CACHE_HOME:-$HOME/.cache}/annals/mongo
home=$(realpath -m "${MONGO_HOME:-$cache/server}")
data=$(realpath -m "${MONGO_DATA:-$cache/data-$port}")
wait_s=${MONGO_WAIT_S:-60}
python=${PYTHON:-python3}
host=127.0.0.1
log=$data/server.log

die() { echo "mongo.sh: $*" >&2; exit 1; }
say() { echo "mongo.sh: $*"; }

# The process of the server, if it is alive and really ours.
pid_of() {
  local pid
  pid=$(cat "$data/pid" 2>/dev/null) || return 1
  { tr "\0" "\n" <"/proc/$pid/cmdline"; } 2>/dev/null | grep -qxF "$data/store" || return 1
  echo "$pid"
}

listens() { (exec 9<>"/dev/tcp/$host/$port") 2>/dev/null; }

# {ping: 1, $db: "admin"} as an OP_MSG; the shortest answer has 38 bytes, and `ok` in it.
ask() { printf '\063\0\0\0\001\0\0\0\0\0\0\0\335\007\0\0\0\0\0\0\0\036\0\0\0\020ping\0\001\0\0\0\002$db\0\006\0\0\0admin\0\0'; }
answers() {
  if [[ " ${more[*]} " == *' --tls-cert-file '* ]]; then
    { ask; sleep 1; } | timeout 3 openssl s_client -quiet -connect "$host:$port" | head -c 38 | grep -qa ok
  else
    exec 9<>"/dev/tcp/$host/$port" && ask >&9 && timeout 3 head -c 38 <&9 | grep -qa ok
  fi
}
ping() { (set +o pipefail; answers) 2>/dev/null; }

# The line of a log that says why.
reason() { (grep -m1 -iE '(error|fatal|exception)\]?: ' "$1" || tail -n 1 "$1"); }

install_python() {
  program=$home/python-$python_version/bin/secantusd-py
  if [ ! -e "$home/python-$python_version/done" ]; then
    command -v "$python" >/dev/null || die "$python is missing; on Debian: apt-get install python3-venv"
    "$python" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' ||
      die "the wheel wants Python 3.11 to 3.13, this is $("$python" --version); name another in PYTHON"
    say "installing secantusdb $python_version"
    rm -rf "$home/python-$python_version"
    "$python" -m venv "$home/python-$python_version" >"$home/install.log" 2>&1 ||
      die "no virtual environment: $(reason "$home/install.log"); on Debian: apt-get install python3-venv"
    # shellcheck disable=SC2086 # words
    "$home/python-$python_version/bin/pip" install --no-input --no-deps --only-binary :all: "secantusdb==$python_version" $python_needs \
      >>"$home/install.log" 2>&1 || die "pip could not install secantusdb $python_version: $(reason "$home/install.log")"
    touch "$home/python-$python_version/done"
  fi
}

install_rust() {
  program=$home/rust-$rust_version/bin/secantusd-rs
  if [ ! -x "$program" ]; then
    for tool in cargo cmake cc; do command -v "$tool" >/dev/null || die "$tool is missing"; done
    say "compiling secantus-mdb $rust_version"
    # It asks for Rust 1.98; 1.95 compiles it as well.
    CARGO_TARGET_DIR="$home/target" nice cargo install secantus-mdb --version "$rust_version" --locked --ignore-rust-version \
      --root "$home/rust-$rust_version" >"$home/install.log" 2>&1 || die "cargo could not build secantus-mdb $rust_version: $(reason "$home/install.log")"
    rm -rf "$home/target"
  fi
}

install() {
  mkdir -p "$home"
  exec 8>"$home/lock"
  flock 8
  case $server in
    python) install_python ;;
    rust) install_rust ;;
    *) die "MONGO_SERVER is python or rust, not $server" ;;
  esac
  exec 8>&-
}

start() {
  if pid_of >/dev/null; then status; return; fi
  # One of ours that was killed a moment ago: its command line is gone before its socket is.
  local gone=$((SECONDS + 20))
  while [ -e "$data/pid" ] && listens && [ $SECONDS -lt $gone ]; do sleep 0.05; done
  if listens; then die "port $port is taken by another process"; fi
  install
  mkdir -p "$data"
  local options=(--host "$host" --port "$port" --storage-path "$data/store" --cache-size 1G --log-level WARNING) end
  if [ "${MONGO_SYNC:-1}" != 0 ]; then options+=(--sync-on-commit); fi
  # One log file is made at its full size: 128 MB by itself.
  if [ "$server" = rust ]; then options+=(--log-file-max 16MB); fi
  # In its own folder, so that no settings file that lies about is taken for its own.
  pushd "$data" >/dev/null
  HOME=$data setsid nohup "$program" "${options[@]}" "${more[@]}" >"$log" 2>&1 </dev/null &
  echo $! >"$data/pid"
  popd >/dev/null
  end=$((SECONDS + wait_s))
  sleep 0.2
  until ping; do
    pid_of >/dev/null || die "the server ended: $(reason "$log")"
    [ $SECONDS -lt $end ] || die "no answer to a ping within $wait_s s: $(reason "$log")"
    sleep 0.05
  done
  status
}

status() {
  local pid
  pid=$(pid_of) || { say "not running"; return 3; }
  ping || die "process $pid does not answer a ping on port $port, its log is $log"
  say "pid $pid answers on mongodb://$host:$port/?replicaSet=secantus, data in $data"
}

end_with() {
  local pid end=$((SECONDS + 20))
  pid=$(pid_of) || { say "not running"; return 0; }
  kill "-$1" "$pid"
  # Its command line is gone before its socket is.
  while pid_of >/dev/null || listens; do
    [ $SECONDS -lt $end ] || die "process $pid does not end"
    sleep 0.05
  done
  rm -f "$data/pid"
}

[[ $port =~ ^[0-9]+$ ]] || die "MONGO_PORT is not a number: $port"
case ${1:-} in
  start) start ;;
  stop) end_with TERM ;;
  kill) end_with KILL ;;
  restart) end_with TERM; start ;;
  status) status ;;
  *) die "usage: mongo.sh start|stop|restart|kill|status" ;;
esac
