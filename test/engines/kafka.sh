#!/usr/bin/env bash
# A real Kafka on loopback from Maven Central's artifacts: one broker, or a cluster of KAFKA_NODES on ports side by side.
#
#   kafka.sh start|stop|restart|kill|status [node]     without a node: all of them
#
# `start` installs on first use, formats an empty data folder and returns once every broker answers; `stop` is graceful,
# `kill` is kill -9; both leave the data. A line on stderr and a status other than 0 say what went wrong.
#
#   KAFKA_PORT      first client port (19092); node n listens on KAFKA_PORT + n - 1, its controller 100 above
#   KAFKA_NODES     1, or 3 for a cluster: three replicas, of which two must have a record
#   KAFKA_DATA      data folder, one per port unless given; delete it (stopped) to begin anew; the logs are in it
#   KAFKA_SET       more server properties, one `key=value` per line; they win
#   KAFKA_FORMAT    more words for the tool that formats a data folder, as --add-scram SCRAM-SHA-512=[name=…,password=…]
#   KAFKA_VERSION   4.4.0    KAFKA_HOME   where the jars are kept    KAFKA_WAIT_S   60, bound of a start
#   KAFKA_JVM       replaces -Xms64m -Xmx256m -XX:TieredStopAtLevel=1 (quick to start; leave the last out for benchmarks)
# shellcheck disable=SC2030,SC2031,SC2046,SC2086 # options and octets are meant to split; the recording runs in a subshell
set -euo pipefail

port=${KAFKA_PORT:-19092}
nodes=${KAFKA_NODES:-1}
version=${KAFKA_VERSION:-4.4.0}
cache=${XDG_CACHE_HOME:-$HOME/.cache}/annals/kafka
home=$(realpath -m "${KAFKA_HOME:-$cache/$version}")
data=$(realpath -m "${KAFKA_DATA:-$cache/data-$port}")
wait_s=${KAFKA_WAIT_S:-60}
jvm=${KAFKA_JVM:--Xms64m -Xmx256m -XX:TieredStopAtLevel=1}
host=127.0.0.1
only=${2:-}

die() { echo "kafka.sh: $*" >&2; exit 1; }
say() { echo "kafka.sh: $*"; }

client_port() { echo $((port + $1 - 1)); }
folder() { echo "$data/node-$1"; }
chosen() { if [ -n "$only" ]; then echo "$only"; else seq 1 "$nodes"; fi; }

# The process of a node, if it is alive and really ours.
pid_of() {
  local pid
  pid=$(cat "$(folder "$1")/pid" 2>/dev/null) || return 1
  { tr "\0" "\n" <"/proc/$pid/cmdline"; } 2>/dev/null | grep -qxF "$(folder "$1")/server.properties" || return 1
  echo "$pid"
}

# Asks a node for the cluster's metadata (version 1, no topics) and prints how many brokers it knows.
brokers_seen() {
  (
    exec 9<>"/dev/tcp/$host/$(client_port "$1")"
    printf '\0\0\0\016\0\003\0\001\0\0\0\001\377\377\0\0\0\0' >&9
    set -- $(timeout 3 head -c 12 <&9 | od -An -tu1)
    [ $# = 12 ] && echo "${12}"
  ) 2>/dev/null
}

# The line of a log that says why.
reason() { (grep -m1 -E 'ERROR|FATAL|Exception|^Error' "$1" || tail -n 1 "$1") | sed $'s/\e\\[[0-9;]*m//g'; }

classpath() { printf '%s:' "$home"/lib/*.jar; }

install() {
  command -v java >/dev/null || die "java is missing; on Debian: apt-get install openjdk-17-jre-headless"
  mkdir -p "$home"
  exec 8>"$home/lock"
  flock 8
  if [ ! -d "$home/lib" ]; then
    command -v mvn >/dev/null || die "mvn is missing; on Debian: apt-get install maven"
    say "installing Kafka $version"
    rm -rf "$home/lib.new"
    cat >"$home/pom.xml" <<POM
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>local</groupId><artifactId>kafka</artifactId><version>1</version>
  <dependencies>
    <dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>$version</version></dependency>
    <dependency><groupId>org.slf4j</groupId><artifactId>slf4j-simple</artifactId><version>1.7.36</version></dependency>
  </dependencies>
</project>
POM
    # What has come stays with Maven: whoever asks again goes on from there.
    for try in 1 2 3; do
      ! mvn -q -B -Dstyle.color=never -f "$home/pom.xml" dependency:copy-dependencies -DincludeScope=runtime \
        -DoutputDirectory="$home/lib.new" >"$home/mvn.log" 2>&1 8>&- || break
      [ "$try" -lt 3 ] || die "mvn could not fetch Kafka $version: $(reason "$home/mvn.log")"
    done
    mv "$home/lib.new" "$home/lib"
  fi
  # An archive of loaded classes halves every later start. It is recorded once, by a first start and stop on an empty folder.
  archive=$home/$(java -XshowSettings:properties -version 2>&1 | sed -n 's/.*java.runtime.version = //p' | tr -c 'a-zA-Z0-9.\n' _).jsa
  if [ ! -f "$archive" ]; then
    say "recording the class archive"
    local warm
    warm=$(mktemp -d "$home/warm.XXXXXX")
    (data=$warm nodes=1 only='' KAFKA_SET=''; share="-XX:ArchiveClassesAtExit=$archive"; up 1; settle; down TERM) >/dev/null 8>&- || true
    rm -rf "$warm"
    [ -f "$archive" ] || say "without a class archive; starts take twice as long"
  fi
  share="-XX:SharedArchiveFile=$archive -Xshare:auto -Xlog:disable -Xlog:all=off"
  exec 8>&-
}

write_properties() {
  local n=$1 voters='' i
  for i in $(seq 1 "$nodes"); do voters+="${voters:+,}$i@$host:$(($(client_port "$i") + 100))"; done
  cat >"$(folder "$n")/server.properties" <<PROPERTIES
process.roles=broker,controller
node.id=$n
log.dirs=$(folder "$n")/log
listeners=PLAINTEXT://$host:$(client_port "$n"),CONTROLLER://$host:$(($(client_port "$n") + 100))
advertised.listeners=PLAINTEXT://$host:$(client_port "$n")
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
controller.listener.names=CONTROLLER
controller.quorum.voters=$voters
# As a team would run it: topics are made on purpose, an acknowledged record is on two of three.
auto.create.topics.enable=false
default.replication.factor=$nodes
min.insync.replicas=$(((nodes + 1) / 2))
offsets.topic.replication.factor=$nodes
transaction.state.log.replication.factor=$nodes
transaction.state.log.min.isr=$(((nodes + 1) / 2))
share.coordinator.state.topic.replication.factor=$nodes
share.coordinator.state.topic.min.isr=$(((nodes + 1) / 2))
# Small and quick, for one machine.
offsets.topic.num.partitions=4
transaction.state.log.num.partitions=4
share.coordinator.state.topic.num.partitions=1
group.initial.rebalance.delay.ms=0
controller.quorum.election.timeout.ms=$((nodes == 1 ? 100 : 500))
controller.quorum.election.backoff.max.ms=$((nodes == 1 ? 100 : 500))
broker.heartbeat.interval.ms=200
# After kill -9 a broker is let in again, and its partitions get another leader, only when this has passed (Kafka: 9000).
broker.session.timeout.ms=3000
log.cleaner.threads=1
log.cleaner.dedupe.buffer.size=4194304
num.network.threads=2
num.io.threads=4
background.threads=2
${KAFKA_SET:-}
PROPERTIES
}

# Starts a node unless it runs; does not wait.
up() {
  local n=$1 at
  at=$(folder "$n")
  ! pid_of "$n" >/dev/null || return 0
  # Who was killed just now is gone before their socket is.
  local free=$((SECONDS + 10))
  while (exec 9<>"/dev/tcp/$host/$(client_port "$n")") 2>/dev/null; do
    [ $SECONDS -lt $free ] || die "port $(client_port "$n") is taken by another process"
    sleep 0.1
  done
  mkdir -p "$at"
  write_properties "$n"
  if [ ! -f "$at/log/meta.properties" ]; then
    java -Xshare:auto -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Dorg.slf4j.simpleLogger.defaultLogLevel=error -cp "$(classpath)" \
      kafka.tools.StorageTool format -t AnnalsOnKafkaCluster1A -c "$at/server.properties" ${KAFKA_FORMAT:-} >"$at/format.log" 2>&1 ||
      die "the data folder of node $n could not be formatted: $(reason "$at/format.log")"
  fi
  [ ! -f "$at/broker.log" ] || mv "$at/broker.log" "$at/broker.before.log"
  setsid nohup java $jvm -XX:+UseSerialGC $share -Dorg.slf4j.simpleLogger.defaultLogLevel=warn \
    -Dorg.slf4j.simpleLogger.showDateTime=true -Dorg.slf4j.simpleLogger.dateTimeFormat=HH:mm:ss.SSS \
    -cp "$(classpath)" kafka.Kafka "$at/server.properties" >"$at/broker.log" 2>&1 </dev/null 7>&- &
  echo $! >"$at/pid"
  for _ in $(seq 20); do ! pid_of "$n" >/dev/null || break; sleep 0.05; done # until it is java, or has ended
}

# Waits until the chosen nodes answer; of a cluster that is started whole, until each of them sees all others.
settle() {
  local n deadline=$((SECONDS + wait_s)) needed=1
  [ -n "$only" ] || needed=$nodes
  for n in $(chosen); do
    until [ "$(brokers_seen "$n" || echo 0)" -ge "$needed" ]; do
      pid_of "$n" >/dev/null || die "node $n ended: $(reason "$(folder "$n")/broker.log")"
      [ $SECONDS -lt $deadline ] || die "node $n did not answer within $wait_s s; see $(folder "$n")/broker.log"
      sleep 0.1
    done
  done
}

# Ends the chosen nodes, all at once, and waits until they are gone.
down() {
  local n pid deadline=$((SECONDS + 30))
  for n in $(chosen); do
    ! pid=$(pid_of "$n") || kill -s "$1" "$pid"
  done
  for n in $(chosen); do
    while pid=$(pid_of "$n"); do
      [ $SECONDS -lt $deadline ] || { echo "kafka.sh: node $n did not stop within 30 s: killed" >&2; kill -9 "$pid"; }
      sleep 0.05
    done
  done
}

status() {
  local n count all=0
  for n in $(chosen); do
    if count=$(brokers_seen "$n"); then say "node $n answers on $host:$(client_port "$n") (pid $(pid_of "$n" || echo 'not ours'), sees $count)"
    elif pid_of "$n" >/dev/null; then say "node $n runs (pid $(pid_of "$n")) but does not answer"; all=1
    else say "node $n is down"; all=1; fi
  done
  return $all
}

start() {
  local n
  install
  mkdir -p "$data"
  exec 7>"$data/lock"
  flock 7 # two starts at once: the second finds what the first has started
  for n in $(chosen); do up "$n"; done
  settle
  exec 7>&-
  status
}

case ${1:-} in
  start) start ;;
  stop) down TERM ;;
  kill) down KILL ;;
  restart) down TERM; start ;;
  status) status ;;
  *) die "usage: kafka.sh start|stop|restart|kill|status [node]" ;;
esac
