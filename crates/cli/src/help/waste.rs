//! The long text of `waste --help`.

pub(crate) const WASTE: &str = "\
For each kind: how many objects, how many bytes could be saved at most, what holds them, and the path to an example. \
Objects of one class that are held in the same way are one row, because one change of the program mends them all.

What V8 does not write into a snapshot is not claimed. Small integers are not there, so lists of numbers alone are left \
out, and objects with such values are not compared. Kinds may count the same bytes: their sizes do not add up.

Examples:
  heapglass waste heap.heapsnapshot
  heapglass waste heap.heapsnapshot --kind empty-collections,spare-room --limit 10
  heapglass waste heap.heapsnapshot --json | jq '.kinds[] | [.kind, .saved_size]'";
