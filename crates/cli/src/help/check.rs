//! The long text of `check --help`.

pub(crate) const CHECK: &str = "\
Assertions compare a figure with a bound:
  count(Session) <= 100           objects of a class, by the name that `summary` shows
  retained(/^Http.*Request$/) < 5 MB
                                  of all classes that match, each byte once
  shallow(\"(string)\") <= 20%      a share of the heap
  held(package express) <= 50 MB  what `report --by package` shows: held, retained, saved; also file, plugin
  total <= 200 MB                 also nodes, edges, code, strings, js_arrays, typed_arrays, system,
                                  detached (the number of detached DOM nodes)
  growth(count(Session)) <= 0     the last snapshot against the first
  growth(total) <= 5%             a share of the first snapshot's figure
Comparisons are <= >= < > == !=, units B, kB, MB, GB, KiB, MiB, GiB and %.

A file says the same, and more (docs/check.md has all of it):
  assert = [\"detached == 0\"]
  [heap]
  total = \"200 MB\"
  [[budget]]
  class = \"Session\"
  count = 100
  growth = { retained = \"1 MB\" }
  [[budget]]
  package = \"express-session\"
  held = \"50 MB\"
  [[rule]]
  name = \"closed sessions go away\"
  class = \"Session\"
  properties = [\"closedAt\"]
  path = [\"cache\"]
  at_most = 0
  [leaks]
  known = [{ fingerprint = \"0123456789abcdef\", reason = \"bounded by the number of tenants\" }]

What cannot be judged has not passed. The exit code is 1 where anything has not.

Examples:
  heapglass check heap.heapsnapshot --assert 'count(Session) <= 100'
  heapglass check heap.heapsnapshot --budget heap-budget.toml --junit heap.xml
  heapglass check 1.heapsnapshot 2.heapsnapshot 3.heapsnapshot --no-leak
  heapglass check *.heapsnapshot --budget heap-budget.toml --markdown \"$GITHUB_STEP_SUMMARY\"";
