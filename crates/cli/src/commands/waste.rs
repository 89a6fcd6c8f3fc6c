//! `waste`: memory that could be saved.

use heapglass_analysis::{WasteKind, WasteOptions, waste};
use heapglass_report::wire::WasteBody;

use super::limit;
use crate::answer::{Heading, answer};
use crate::args::{WasteArgs, WasteChoice};
use crate::context::Context;
use crate::exit::{ExitStatus, Failure};
use crate::sources::Sources;

/// Writes what each snapshot wastes, by kind.
pub(crate) fn run(context: &Context, args: &WasteArgs) -> anyhow::Result<ExitStatus> {
    let kinds: Vec<WasteKind> = if args.kind.is_empty() {
        WasteKind::ALL.to_vec()
    } else {
        args.kind.iter().map(|&choice| kind(choice)).collect()
    };
    if !args.sources.is_empty() && !kinds.contains(&WasteKind::UnreadVariables) {
        let message = "--sources is for unread-variables, which --kind leaves out: add it, or leave --sources out";
        return Err(Failure::usage(message).into());
    }
    let options = WasteOptions { kinds, limit: limit(args.limit) };
    let sources = Sources::of(&args.sources)?;
    answer(context, &args.files.files, Heading::ForSeveral, |opened| {
        let graph = opened.graph("looking for waste in")?;
        Ok(WasteBody::new(&waste(&graph, &options, &sources), opened.entry.total_size))
    })
}

fn kind(choice: WasteChoice) -> WasteKind {
    match choice {
        WasteChoice::DuplicateStrings => WasteKind::DuplicateStrings,
        WasteChoice::IdenticalObjects => WasteKind::IdenticalObjects,
        WasteChoice::SlicedStrings => WasteKind::SlicedStrings,
        WasteChoice::JoinedStrings => WasteKind::JoinedStrings,
        WasteChoice::EmptyCollections => WasteKind::EmptyCollections,
        WasteChoice::SpareRoom => WasteKind::SpareRoom,
        WasteChoice::SparseArrays => WasteKind::SparseArrays,
        WasteChoice::DictionaryObjects => WasteKind::DictionaryObjects,
        WasteChoice::BoxedNumbers => WasteKind::BoxedNumbers,
        WasteChoice::PackageCopies => WasteKind::PackageCopies,
        WasteChoice::StaleEntries => WasteKind::StaleEntries,
        WasteChoice::UnreadVariables => WasteKind::UnreadVariables,
    }
}
