//! What makes a signal that is caught do harm all the same.

use crate::facts::ProcessFacts;

/// Free descriptors below which no signal is sent. The inspector takes some when it opens, and some more for each
/// connection; Node.js ends where it gets none. What the program opens meanwhile counts too.
const DESCRIPTORS: u64 = 16;
/// Free tasks below which the inspector, which has a thread, is not opened.
const TASKS: u64 = 2;

/// Why a process would end on a signal that Node.js itself catches, or would heed it only after nobody waits for it any
/// more; `None` if nothing of what is known speaks against it. `open` is how many descriptors it has open, `free_tasks`
/// how many tasks it may still begin, where the signal needs one.
pub fn why_harmful(
    process: &ProcessFacts,
    open: Option<u64>,
    free_tasks: Option<u64>,
) -> Option<String> {
    if process.status.is_stopped {
        return Some("it is stopped, and would heed a signal only when it goes on".to_owned());
    }
    if let (Some(open), Some(most)) = (open, process.rlimits.descriptors)
        && most.saturating_sub(open) < DESCRIPTORS
    {
        let free = most.saturating_sub(open);
        return Some(format!(
            "it may open {free} more descriptors of {most}, and Node.js ends where it gets none"
        ));
    }
    let tasks = free_tasks.filter(|free| *free < TASKS)?;
    Some(format!("it may begin {tasks} more threads, and Node.js ends where it gets none"))
}
