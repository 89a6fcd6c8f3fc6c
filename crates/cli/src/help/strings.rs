//! The long text of `strings --help`.

pub(crate) const STRINGS: &str = "\
Strings with the same text are one row: how many there are, how large they are, what holds them, and the path to the \
largest. What is the same text is decided as by DevTools' filter for duplicated strings; of strings put together with \
`+` the first 1,024 characters are compared. Texts that V8 cut off there do not count as copies, unless it wrote their \
length and hash. Slices of other strings are counted but not read: what part they are is \
not in a snapshot.

Values of the process are shown as they are. `heapglass redact` makes a snapshot without them, `heapglass secrets` \
finds credentials among them.

Examples:
  heapglass strings heap.heapsnapshot
  heapglass strings heap.heapsnapshot --duplicates
  heapglass strings heap.heapsnapshot --filter '^select .* from' --sort count
  heapglass strings heap.heapsnapshot --json --limit 0 | jq -r '.strings[] | \"\\(.wasted_size) \\(.text)\"'";
