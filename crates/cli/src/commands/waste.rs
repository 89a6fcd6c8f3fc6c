//! `waste`: memory that could be saved.

use heapglass_analysis::{WasteKind, WasteOptions, waste};
use heapglass_report::wire::WasteBody;

use super::limit;
use crate::answer::{Heading, answer};
use crate::args::WasteArgs;
use crate::context::Context;
use crate::exit::{ExitStatus, Failure};
use crate::sources::Sources;

/// Writes what each snapshot wastes, by kind.
pub(crate) fn run(context: &Context, args: &WasteArgs) -> anyhow::Result<ExitStatus> {
    let kinds: Vec<WasteKind> = if args.kind.is_empty() {
        WasteKind::ALL.to_vec()
    } else {
        args.kind.iter().copied().map(WasteKind::from).collect()
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
