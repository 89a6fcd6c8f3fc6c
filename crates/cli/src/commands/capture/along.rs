//! The report of a snapshot that is still arriving: the engine reads the file behind the writer.

use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use heapglass_collect::Captured;
use heapglass_collect::sink::Growing;

use crate::args::{CaptureArgs, FilesArg, ReportArgs};
use crate::commands::report;
use crate::context::Context;

/// Reads along.
pub(super) struct Along {
    growing: Mutex<Option<Growing>>,
}

impl Along {
    pub(super) fn new(_: &Context) -> Along {
        Along { growing: Mutex::new(None) }
    }

    /// Begins to read.
    pub(super) fn follow(&self, growing: Growing) {
        *self.growing.lock().unwrap_or_else(PoisonError::into_inner) = Some(growing);
    }

    /// Writes the report.
    pub(super) fn report(
        &self,
        context: &Context,
        _: &CaptureArgs,
        captured: &Captured,
    ) -> anyhow::Result<()> {
        let files: Vec<PathBuf> =
            captured.snapshots.iter().filter_map(|taken| taken.written.path.clone()).collect();
        let args = ReportArgs { files: FilesArg { files }, top: 10, threshold: 10.0 };
        report::run(context, &args).map(|_| ())
    }
}
