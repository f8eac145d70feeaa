#!/usr/bin/env bats
# disk.bats - disks that are full, broken or read-only, at every point of a run: the fault is told with its file and the
# way out, outputs are whole, and once there is room the same command gives the same bytes.
# Faults come from strace, which counts system calls; where mounting is allowed also from real file systems.

load ../common
load ../store

cut() {
  FARM_UNDER_TEST=$farm PYTHONPATH="$root/tests/long" /usr/bin/python3 - "$@"
}

# before a command: with mounts of its own, which are gone with it
own_mounts=(unshare --mount)
if [ "$(id -u)" -ne 0 ]; then own_mounts+=(--map-root-user); fi

# Whether file systems can be mounted here. Where they cannot, strace's faults have to do.
can_mount() {
  mkdir -p disk
  "${own_mounts[@]}" mount -t tmpfs none disk 2>/dev/null || { echo "# no mounts here: strace's faults alone" >&3 && return 1; }
}

# Faults of one kind at call after call of each kind, for good and only once, on a new folder and on one with a store.
sweep_faults() {
  small_here
  cut "$@" <<'P'
import sys
import cut

error, says = sys.argv[1:3]
calls = sys.argv[3].split(",")
args = ("small.json", "-t", "1", "-o", "out")
cut.run_whole("small.json", "-o", "whole")
cut.run_whole("small.json", "-r", "2", "-o", "first")
outputs, first = cut.files("whole"), cut.files("first")
told = right = 0


def check(cut_run, what, before):
    global told, right
    if cut_run.returncode == 0:  # what failed was not needed: a checkpoint, or what SQLite removes behind itself
        assert cut.files("out") == outputs, f"{what}: exit 0 with other outputs"
        right += 1
    else:
        assert cut_run.returncode == 1, f"{what}: exit {cut_run.returncode}: {cut_run.stderr}"
        assert any(name in cut_run.stderr for name in (".csv: ", ".json: ", ".html: ", ".svg: ", ".png: ", "out: ", "out/farm.db: ")), f"{what}: {cut_run.stderr}"
        assert says in cut_run.stderr, f"{what}: {cut_run.stderr}"
        assert not cut_run.stdout
        now = cut.files("out")
        if "rename" not in what:  # some may have their names by then
            assert now == before, f"{what}: outputs were touched"
        told += 1
    cut.check_no_half_file("out", outputs, before)
    assert not cut.hidden("out") or "unlink" in what, f"{what}: left behind {cut.hidden('out')}"


for call in calls:
    for start, before in (None, {}), ("first", first):
        cut.start_from(start, "out")
        count = cut.count_calls(call, *args)
        for n in range(1, count + 1, 1 + count // 20):
            for many in True, False:
                cut.start_from(start, "out")
                # for good, but for four writes in a row where the fault that is told is a write too
                when = f"{n}..{n + 3}" if call == "write" and many else f"{n}+" if many else f"{n}"
                what = f"{call} {when} {error}, from {start}"
                cut_run = cut.injected(call, f"error={error}:when={when}", *args)
                if cut_run.returncode == 127:
                    continue  # the farm itself could not be read
                check(cut_run, what, before)
                cut.run_whole(*args)
                cut.check_whole("out", outputs, what)
print(f"told {told}, right all the same {right}")
assert told > 10
P
}

@test "no space left at any write, for a moment and for good" {
  sweep_faults ENOSPC "; make room" write,pwrite64,mkdir
}

@test "quota exceeded at any write" {
  sweep_faults EDQUOT "; make room" write,pwrite64
}

@test "a disk that fails to sync, to truncate, to rename or to read" {
  sweep_faults EIO "" fsync,fdatasync,ftruncate,rename,unlink,pread64
}

@test "small disks of every size: full is told, and with room it goes on" {
  small_here
  can_mount || return 0
  FARM_UNDER_TEST=$farm PYTHONPATH="$root/tests/long" "${own_mounts[@]}" /usr/bin/python3 - <<'P'
import os, shutil, subprocess
import cut

args = ("small.json", "-t", "1", "--set", "save_models=true", "-o")
cut.run_whole(*args, "whole")
cut.run_whole(*args, "first", "-r", "2")
outputs, first = cut.files("whole"), cut.files("first")
told = right = 0


def mount(*options):
    new = [] if "remount" in options else ["-t", "tmpfs", "none"]
    subprocess.run(["mount", "-o", ",".join(options), *new, "disk"], check=True)


def try_disk(start, more, what):
    """With so much more of a thing ("size" in bytes, "nr_inodes") than the folder `start` takes."""
    global told, right
    mount("size=10m")
    if start:
        shutil.copytree(start, "disk/out")
    disk = os.statvfs("disk")
    used = (disk.f_blocks - disk.f_bfree) * disk.f_frsize if what == "size" else disk.f_files - disk.f_ffree
    mount("remount", f"{what}={used + more}")
    run = cut.run(*args, "disk/out")
    about = f"{more} more {what}, from {start}: exit {run.returncode}: {run.stderr}"
    now = cut.files("disk/out") if os.path.isdir("disk/out") else {}
    if run.returncode == 0:
        assert now == outputs, about
        right += 1
    else:
        assert run.returncode == 1 and "disk/out" in run.stderr and "make room" in run.stderr, about
        assert now == (first if start else {}), about
        told += 1
    assert not os.path.isdir("disk/out") or not cut.hidden("disk/out"), about
    mount("remount", "size=10m", "nr_inodes=1000")
    cut.run_whole(*args, "disk/out")
    cut.check_whole("disk/out", outputs, about)
    subprocess.run(["umount", "disk"], check=True)


for start in None, "first":
    for pages in range(1, 80, 2):
        try_disk(start, 4096 * pages, "size")
    for inodes in range(1, 20):
        try_disk(start, inodes, "nr_inodes")
print(f"told {told}, right {right}")
assert told > 20 and right > 5
P
}

@test "a read-only disk is told, and nothing is changed" {
  small_here
  small -o whole
  cp -r whole out
  can_mount || return 0
  read_only='mount --bind out out && mount -o remount,ro,bind out && exec "$0" "$@"'
  run_apart "${own_mounts[@]}" bash -c "$read_only" "$farm" small.json -o out -s 2
  [ "$status" -eq 1 ]
  [ "$stderr" = "out/farm.db: cannot open the store: Read-only file system; choose another folder with --out" ]
  run_apart "${own_mounts[@]}" bash -c "$read_only" "$farm" small.json -o out/new
  [ "$status" -eq 1 ]
  [[ "$stderr" == "out/new: "*"Read-only file system; choose another folder with --out" ]]
  diff -r whole out
}

@test "a folder, or a store, that this user may not write is told, and nothing is changed" {
  small_here
  small -o whole
  cp "$farm" farm # where anybody may read it
  cp -r whole out
  cp -r whole store && chmod 444 store/farm.db
  mkdir new
  chmod 755 .
  chmod 555 out new
  chmod 444 out/farm.db
  as_user=()
  if [ "$(id -u)" -eq 0 ]; then
    as_user=(setpriv --reuid=65534 --regid=65534 --clear-groups) # root may do anything
    chown -R 65534:65534 store
    chmod -R a+rX .
  fi
  for folder in out new store; do
    run_apart "${as_user[@]}" ./farm small.json -o "$folder" -s 2
    echo "$stderr"
    [ "$status" -eq 1 ]
    [ "$stderr" = "$folder/farm.db: cannot open the store: Permission denied; choose another folder with --out" ]
  done
  run_apart "${as_user[@]}" ./farm small.json -o new/folder
  [ "$status" -eq 1 ]
  [[ "$stderr" == "new/folder: "*"Permission denied; choose another folder with --out" ]]
  diff -r whole out && diff -r whole store
  [ -z "$(ls -A new)" ]
  run_apart "$farm" small.json -o /proc/farm
  [ "$status" -eq 1 ]
  [[ "$stderr" == "/proc/farm: "* ]]
}
