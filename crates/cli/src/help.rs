//! The long texts of `--help`.

mod check;
mod redact;
mod secrets;
mod strings;
mod waste;

pub(crate) use check::CHECK;
pub(crate) use redact::REDACT;
pub(crate) use secrets::SECRETS;
pub(crate) use strings::STRINGS;
pub(crate) use waste::WASTE;

pub(crate) const ABOUT: &str = "\
Open any V8 heap snapshot (Node.js, Chrome, Deno, Bun …), of any size, and say what is using the memory. \
The figures are those of Chrome DevTools, to the byte.

`heapglass FILE` is the same as `heapglass report FILE`.";

pub(crate) const MAIN: &str = "\
Examples:
  heapglass heap.heapsnapshot                 what uses the memory, in words
  heapglass summary heap.heapsnapshot         the classes, largest first
  heapglass retainers heap.heapsnapshot @123  who holds the object with id 123
  heapglass compare before.heapsnapshot after.heapsnapshot
  heapglass must-gather.local.123/            every snapshot of a must-gather
  kubectl exec POD -- cat /tmp/x.heapsnapshot | heapglass -

Exit codes:
  0    fine (also when the reader of a pipe went away)
  1    the analysis found what it was asked to fail on
  2    wrong usage, no such object or class, or the answer could not be written
  3    an input could not be read; the other inputs were done
  4    a snapshot could not be collected
  130  interrupted by Ctrl-C; 143 by SIGTERM, 129 by SIGHUP, 131 by SIGQUIT

Environment:
  HEAPGLASS_CACHE_DIR  where indexes are kept [$XDG_CACHE_HOME/heapglass or ~/.cache/heapglass]
  HEAPGLASS_CACHE_MAX  most they may take: 5GB, 500MB, 0 for none [20 GB or 10 % of the disk]
  NO_COLOR             no colours unless --color always
  COLUMNS              width of tables [the terminal's, 100 without one]
  TMPDIR               where work files go when no index is kept";

pub(crate) const REPORT: &str = "\
Examples:
  heapglass report heap.heapsnapshot
  heapglass heap.heapsnapshot.gz --top 20
  heapglass before.heapsnapshot after.heapsnapshot
  heapglass heap.heapsnapshot --by package
  heapglass heap.heapsnapshot --by class --top 30
  heapglass heap.heapsnapshot --rss 1.2GiB
  heapglass heap.heapsnapshot --json | jq '.verdict.text'";

pub(crate) const SUMMARY: &str = "\
Examples:
  heapglass summary heap.heapsnapshot --limit 0
  heapglass summary heap.heapsnapshot --filter '^Session' --sort count
  heapglass summary heap.heapsnapshot --objects Session
  heapglass summary heap.heapsnapshot --only duplicated-strings
  heapglass summary heap.heapsnapshot --only unmounted-fibers
  heapglass summary heap.heapsnapshot --sort edges
  heapglass summary heap.heapsnapshot --ids 120000..
  heapglass summary heap.heapsnapshot --native-context @35";

pub(crate) const COMPARE: &str = "\
Two snapshots of one process give DevTools' Comparison, objects that were there before and grew, and how all of it \
adds up. Snapshots of different processes (pods, releases, before and after a restart) are recognised, and compared \
by class.

Examples:
  heapglass compare before.heapsnapshot after.heapsnapshot
  heapglass compare before.heapsnapshot after.heapsnapshot --objects Session
  heapglass compare before.heapsnapshot after.heapsnapshot --filter '^Session' --sort new
  heapglass compare monday.heapsnapshot tuesday.heapsnapshot wednesday.heapsnapshot
  heapglass compare before.heapsnapshot after.heapsnapshot --by package
  heapglass compare --control a1.heapsnapshot a2.heapsnapshot --treatment b1.heapsnapshot b2.heapsnapshot";

pub(crate) const GATHER: &str = "\
Examples:
  heapglass gather --with-heap-dumps
  heapglass gather --with-heap-dumps --namespaces rhdh,portal --base-collection-path ./collected
  heapglass gather --with-heap-dumps --heap-dump-instances my-hub --heap-dump-method sigusr2
  heapglass gather --with-heap-dumps --selector app=shop --container web
  heapglass gather --with-heap-dumps --dry-run
  oc adm must-gather --image=IMAGE -- /usr/bin/gather --with-heap-dumps

What was collected, and what was not and why, is in heap-dumps.json; `heapglass DIR` opens the snapshots.
The guide is docs/gather.md.

Environment:
  HEAP_DUMP_TIMEOUT       seconds that one snapshot may take [600]
  HEAP_DUMP_REMOTE_DIR    where processes write on SIGUSR2 [/tmp]
  CMD_TIMEOUT             seconds that one question to the cluster may take [90]
  BASE_COLLECTION_PATH    as --base-collection-path
  RHDH_WITH_HEAP_DUMPS    `true` is --with-heap-dumps
  RHDH_HEAP_DUMP_METHOD, RHDH_HEAP_DUMP_INSTANCES, RHDH_TARGET_NAMESPACES
                          as the options of these names
  MUST_GATHER_SINCE, MUST_GATHER_SINCE_TIME
                          from when on logs are wanted: 2h, 2026-11-22T10:00:00Z
  LOG_LEVEL               `debug` says more
  KUBECONFIG              as for kubectl";

pub(crate) const STATISTICS: &str = "\
Examples:
  heapglass statistics heap.heapsnapshot
  heapglass statistics heap.heapsnapshot --bytes";

pub(crate) const CONTAINMENT: &str = "\
Examples:
  heapglass containment heap.heapsnapshot
  heapglass containment heap.heapsnapshot --from @123 --depth 3
  heapglass containment heap.heapsnapshot --from @123 --by-size --limit 10";

pub(crate) const DOMINATORS: &str = "\
Everything below a row would be freed with it. Siblings of one class are put together.

Examples:
  heapglass dominators heap.heapsnapshot
  heapglass dominators heap.heapsnapshot --from @123 --min-share 0.1";

pub(crate) const OBJECT: &str = "\
Examples:
  heapglass object heap.heapsnapshot @123
  heapglass object @123 heap.heapsnapshot --internals";

pub(crate) const RETAINERS: &str = "\
Examples:
  heapglass retainers heap.heapsnapshot @123
  heapglass retainers heap.heapsnapshot @123 --depth 3 --weak
  heapglass retainers heap.heapsnapshot @123 --ignore @77,@91";

pub(crate) const PATHS: &str = "\
Examples:
  heapglass paths heap.heapsnapshot @123
  heapglass paths heap.heapsnapshot --class Session";

pub(crate) const LEAKS: &str = "\
Snapshots of one process, taken after equal amounts of work: three or more tell a leak from a program that \
is still warming up, two show what grew, and what probably goes on. The order does not matter: ids tell which came first. \
Of a single one it says what stands out: owners of much memory, emitters with more than 10 listeners of one event, \
collections far larger than others that are held in the same way.

Snapshots of several processes, as of the pods of a must-gather, get a verdict for each process (in JSON `processes`), and \
what grows in several of them is told first (`shared`). Left out, with a note, is what is not complete, a copy of another \
snapshot, or the only one of its process.

Examples:
  heapglass leaks 1.heapsnapshot 2.heapsnapshot 3.heapsnapshot
  heapglass leaks must-gather/
  heapglass leaks only-one.heapsnapshot
  heapglass leaks *.heapsnapshot --json | jq -r '.verdict, .suspects[0].line'
  heapglass capture --pid 4242 --snapshots 3 --interval 10m";

pub(crate) const EXPORT: &str = "\
The columns are id, type, class_name, name, distance, shallow_size, retained_size and dominator_id, one row for \
each node in the file's order. The distance is empty (null in JSON) where DevTools shows a dash.

Examples:
  heapglass export heap.heapsnapshot --format csv --out nodes.csv
  heapglass export heap.heapsnapshot --format ndjson | jq -c 'select(.retained_size > 1000000)'";

pub(crate) const INDEX: &str = "\
Reading a snapshot leaves an index in the cache anyhow; this makes one without asking anything, or elsewhere. \
An index holds the heap's contents: treat it like the snapshot.

Examples:
  heapglass index heap.heapsnapshot
  heapglass index heap.heapsnapshot --out heap.index";

pub(crate) const CACHE: &str = "\
Examples:
  heapglass cache
  heapglass cache clear";

pub(crate) const CAPTURE: &str = "\
The event loop of the process stands still while V8 writes. Before that it is checked whether this is safe: the right \
process, enough memory, a bearable pause, room for the file; what is not safe is refused without --force. The inspector \
that was opened for it is closed again, also after Ctrl-C. See docs/capture.md.

Conditions of --when: `heap` (V8's heap, per cent of its limit or a size) or `rss` (resident memory, a size), above a \
value (`heap>80%`) or growing by more than a size in a time (`heap>+50MB/10m`). Sizes: MB, GB, MiB, GiB.

Examples:
  heapglass capture --pid 4242 --report
  heapglass capture --pid 4242 --dry-run
  heapglass capture --name 'packages/backend' --compress
  heapglass capture --inspect 127.0.0.1:9229 --out before.heapsnapshot
  heapglass capture --pid 4242 --snapshots 3 --interval 30m
  heapglass capture --pid 4242 --when 'heap>80%'
  heapglass capture --pid 4242 --workers --json | jq '.snapshots[].file'";

pub(crate) const COMPLETIONS: &str = "\
Examples:
  heapglass completions bash > ~/.local/share/bash-completion/completions/heapglass
  heapglass completions zsh > ~/.zfunc/_heapglass
  heapglass completions fish > ~/.config/fish/completions/heapglass.fish";

pub(crate) const MAN: &str = "\
Examples:
  heapglass man | man -l -
  heapglass man --out ~/.local/share/man/man1";
