//! The long text of `secrets --help`.

pub(crate) const SECRETS: &str = "\
Every string of the heap is put through a set of rules: tokens by their form, passwords in URLs and \
connection strings, private keys, JSON Web Tokens with issuer and expiry. Values are found by their names, too: \
properties, variables and keys of a Map that are called `password`, `apiKey`, `authorization` and the like.

What is found is shown by its length and at most four characters, unless --show is given. Strings in buffers are not \
in a snapshot, and V8 cuts long strings off: that nothing is found is no proof.

Examples:
  heapglass secrets heap.heapsnapshot
  heapglass secrets heap.heapsnapshot --fail --sarif secrets.sarif
  heapglass secrets must-gather/ --json | jq -r '.snapshots[].by_rule[] | \"\\(.count) \\(.rule)\"'
  heapglass secrets heap.heapsnapshot --show --limit 0";
