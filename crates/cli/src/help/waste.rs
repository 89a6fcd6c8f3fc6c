//! The long text of `waste --help`.

pub(crate) const WASTE: &str = "\
For each kind: how many objects, how many bytes could be saved at most, what holds them, and the path to an example. \
Objects of one class that are held in the same way are one row, because one change of the program mends them all.

V8 writes no small integers into a snapshot. Lists of numbers alone are left out and objects with such values are not \
compared; small integers among the objects of an array look like gaps. Kinds may count the same bytes: their sizes do not add up.

Which variables a function reads is in its script, of which a snapshot has the first 1,024 characters. --sources names a \
folder with the program's files. Tried are the script's path, whole or the end of it, and files of the script's name anywhere \
in the folder; one is taken only if it begins as the script does and is as long.

Examples:
  heapglass waste heap.heapsnapshot
  heapglass waste heap.heapsnapshot --kind empty-collections,spare-room --limit 10
  heapglass waste heap.heapsnapshot --kind unread-variables --sources /srv/app
  heapglass waste heap.heapsnapshot --json | jq '.kinds[] | [.kind, .saved_size]'";
