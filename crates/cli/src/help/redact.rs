//! The long text of `redact --help`.

pub(crate) const REDACT: &str = "\
What is written has the same nodes, edges, ids and sizes, so every figure and every verdict is the same. With \
`strict` every value is replaced by other letters, as many, the same for the same text; names of classes, functions, \
properties and variables and paths of scripts stay if they read like code. Keys of dictionaries, addresses and \
numbers do not. With `structure` names of properties, variables and symbols go as well, but for those that Node.js or \
public npm packages use; names of classes and functions and paths stay. With `secrets` only credentials are replaced, where they are recognised.

The result is read again before it gets its name: it has to be a whole snapshot, and no value of the original of six \
characters or more may be any string in it. A text that is a value as well as a name of code stays as a name. \
docs/redact.md says what is kept and what that may tell.

Examples:
  heapglass redact heap.heapsnapshot shared.heapsnapshot
  heapglass redact heap.heapsnapshot.zst shared.heapsnapshot.zst --map only-mine.jsonl
  heapglass redact must-gather/ must-gather-shared/
  heapglass redact heap.heapsnapshot shared.heapsnapshot --policy structure
  heapglass redact heap.heapsnapshot shared.heapsnapshot --policy secrets --json";
