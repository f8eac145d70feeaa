#!/bin/sh
# cluster.sh - a real Slurm of our own: munged, slurmctld and four slurmd on this machine's loopback, everything they write
# in one folder. No systemd, no cgroups, nothing in /etc; as root, or as any user where Slurm's daemons may run as one.
#
#   cluster.sh start DIR PID up within a few seconds; DIR/env is to be sourced by who uses it. Stops by itself when the
#                            process PID ends, however it does
#   cluster.sh slurmd DIR N  start node N again
#   cluster.sh stop DIR      all daemons and jobs are gone, and DIR
#
# Nodes are n1 ... n4 with two (pretended) processors each, partitions `long` (default) and `short` of a minute.
set -eu

command=$1 dir=$2
nodes="1 2 3 4"
socket=$dir/munge/socket

fail() {
  echo "cluster.sh: $*" >&2
  exit 1
}

# wait_for SECONDS COMMAND...: until it is so
wait_for() {
  tries=$(($1 * 10))
  shift
  until "$@" >/dev/null 2>&1; do
    tries=$((tries - 1))
    [ "$tries" -gt 0 ] || return 1
    sleep 0.1
  done
}

# a port that nobody listens on, and the four after it
free_ports() {
  /usr/bin/python3 -c '
import random, socket
while True:
    first = random.randrange(20000, 60000)
    try:
        held = [socket.socket() for _ in range(5)]
        for i, s in enumerate(held): s.bind(("127.0.0.1", first + i))
    except OSError: continue
    print(first)
    break'
}

write_config() {
  port=$(free_ports)
  cat >"$dir/slurm.conf" <<C
ClusterName=farm
SlurmctldHost=localhost
SlurmctldPort=$port
SlurmUser=$(id -un)
SlurmdUser=$(id -un)
AuthType=auth/munge
CredType=cred/munge
AuthInfo=socket=$socket,cred_expire=5
StateSaveLocation=$dir/state
SlurmdSpoolDir=$dir/spool-%n
SlurmctldPidFile=$dir/slurmctld.pid
SlurmdPidFile=$dir/slurmd-%n.pid
SlurmctldLogFile=$dir/slurmctld.log
SlurmdLogFile=$dir/slurmd-%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
MpiDefault=none
SwitchType=switch/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SchedulerParameters=sched_interval=1,batch_sched_delay=0,sched_min_interval=100000,default_queue_depth=1000
SlurmdTimeout=10
SlurmctldTimeout=10
InactiveLimit=0
KillWait=5
MinJobAge=600
ReturnToService=2
SlurmdParameters=config_overrides
C
  for n in $nodes; do
    echo "NodeName=n$n NodeHostname=localhost NodeAddr=127.0.0.1 Port=$((port + n)) CPUs=2 RealMemory=1000" >>"$dir/slurm.conf"
  done
  echo "PartitionName=long Nodes=n[1-4] Default=YES MaxTime=INFINITE State=UP" >>"$dir/slurm.conf"
  echo "PartitionName=short Nodes=n[1-4] MaxTime=1 State=UP" >>"$dir/slurm.conf"
  printf 'export SLURM_CONF=%s\n' "$dir/slurm.conf" >"$dir/env"
}

start_munge() {
  mkdir -m 755 "$dir/munge"
  dd if=/dev/urandom of="$dir/munge/key" bs=128 count=1 2>/dev/null
  chmod 400 "$dir/munge/key"
  # --force: the folder may lie under /tmp, which others may write to
  munged --force --key-file="$dir/munge/key" --socket="$socket" --pid-file="$dir/munged.pid" \
    --log-file="$dir/munge/log" --seed-file="$dir/munge/seed" >/dev/null 2>&1 || fail "munged does not start; see $dir/munge/log"
}

start_slurmd() {
  SLURM_CONF=$dir/slurm.conf slurmd -N "n$1" 3>&- || fail "slurmd n$1 does not start; see $dir/slurmd-n$1.log"
}

all_idle() { [ "$(SLURM_CONF=$dir/slurm.conf sinfo --noheader --partition=long --states=idle --format=%D)" = 4 ]; }

# Nothing outlives who asked for it.
watch_owner() {
  setsid sh -c 'while [ -d "$2" ] && kill -0 "$3" 2>/dev/null; do sleep 1; done; "$1" stop "$2"' \
    watch "$0" "$dir" "$1" </dev/null >/dev/null 2>&1 3>&- &
}

start() {
  mkdir -p "$dir" "$dir/state"
  chmod 755 "$dir"
  start_munge
  write_config
  SLURM_CONF=$dir/slurm.conf slurmctld 3>&- || fail "slurmctld does not start; see $dir/slurmctld.log"
  for n in $nodes; do start_slurmd "$n"; done
  watch_owner "$1"
  wait_for 30 all_idle || fail "the nodes do not come up: $(SLURM_CONF=$dir/slurm.conf sinfo --Node 2>&1); see $dir/*.log"
}

# Processes of this cluster: its daemons, and what runs in its jobs. Both have its configuration in their environment, as
# has whoever uses it.
ours() {
  for p in /proc/[0-9]*; do
    environment=$(tr '\0' '\n' 2>/dev/null <"$p/environ") || continue
    case "
$environment
" in
    *"
SLURM_CONF=$dir/slurm.conf
"*)
      case "$(cat "$p/comm" 2>/dev/null) $environment" in
      slurm[cds]* | *"
SLURM_JOB_ID="*) echo "${p#/proc/}" ;;
      esac
      ;;
    esac
  done
}

none_left() { [ -z "$(ours)" ]; }

stop() {
  [ -d "$dir" ] || return 0
  if [ -f "$dir/slurm.conf" ]; then
    SLURM_CONF=$dir/slurm.conf scancel --user="$(id -un)" 2>/dev/null || true
    sleep 0.5
  fi
  for signal in TERM KILL; do
    # shellcheck disable=SC2046 # numbers
    none_left || kill -"$signal" $(ours) 2>/dev/null || true
    wait_for 8 none_left || true
  done
  if [ -f "$dir/munged.pid" ]; then kill "$(cat "$dir/munged.pid")" 2>/dev/null || true; fi
  none_left || fail "processes are left: $(ours | tr '\n' ' ')"
  rm -rf "$dir"
}

case $command in
start) start "$3" ;;
slurmd) start_slurmd "$3" ;;
stop) stop ;;
*) fail "start, slurmd or stop" ;;
esac
