# Prints everything that is asked about the processes here. $1: mark of the frames, $2: "all" or one process,
# $3: not empty if files lie behind its root, $4: not empty for only what changes from moment to moment.
M=$1
f() { printf '\n%s %s %s\n' "$M" "$1" "$2"; }
c() { f "$1" "$2"; cat "$3" 2>/dev/null; }
l() { f "$1" "$2"; readlink "$3" 2>/dev/null || ls -l "$3" 2>/dev/null; }
g() {
  for n in memory.max memory.high memory.current memory.peak memory.stat memory.events memory.oom_control memory.limit_in_bytes memory.usage_in_bytes memory.max_usage_in_bytes cpu.max cpu.cfs_quota_us cpu.cfs_period_us pids.max pids.current; do
    [ -r "$1/$n" ] && c group "${1#"$r"}/$n" "$1/$n"
  done
}
a() {
  q=$path
  while [ -n "$q" ] && [ "$q" != / ]; do
    g "$1$q"
    q=${q%/*}
  done
  g "$1"
}
f self $$
for d in /proc/[0-9]*; do
  p=${d#/proc/}
  [ "$2" = all ] || [ "$2" = "$p" ] || continue
  [ -r "$d/status" ] || continue
  f process "$p"
  l exe - "$d/exe"
  c cmdline - "$d/cmdline"
  c status - "$d/status"
  c stat - "$d/stat"
  [ -n "$4" ] && [ "$2" = all ] && continue
  f descriptors -
  ls -l "$d/fd" 2>/dev/null
  [ -n "$4" ] && continue
  c comm - "$d/comm"
  c environ - "$d/environ"
  c limits - "$d/limits"
  c cgroup - "$d/cgroup"
  l cwd - "$d/cwd"
done
p=$2
[ "$p" = all ] && p=self
[ -n "$4" ] && [ "$2" = all ] || {
  c sockets - "/proc/$p/net/tcp"
  c sockets - "/proc/$p/net/tcp6"
}
[ -n "$4" ] && { f end -; exit 0; }
c meminfo - /proc/meminfo
f disk -
df -kP 2>/dev/null
r=
[ -n "$3" ] && r=/proc/$p/root
while IFS=: read -r number names path; do
  b=$r/sys/fs/cgroup
  [ -z "$names" ] && a "$b"
  case ",$names," in *,memory,*) a "$b/memory" ;; esac
  case ",$names," in *,pids,*) a "$b/pids" ;; esac
  case ",$names," in *,cpu,*) if [ -d "$b/cpu" ]; then a "$b/cpu"; else a "$b/$names"; fi ;; esac
done 2>/dev/null < "/proc/$p/cgroup"
f end -
