//! `--force[=CHECKS]`: what is done although it is not safe.

use clap::Args;
use heapglass_collect::preflight::{Forced, Topic};

#[derive(Debug, Args)]
pub(crate) struct ForceArg {
    /// Do what is not safe: in spite of all checks, or of those that are named
    #[arg(
        long,
        value_name = "CHECKS",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "all",
        value_delimiter = ',',
        help_heading = "Safety"
    )]
    force: Vec<Check>,
}

impl ForceArg {
    /// What the capture is told.
    pub(crate) fn forced(&self) -> Forced {
        if self.force.is_empty() {
            return Forced::Nothing;
        }
        let topics = self.force.iter().map(|check| check.topic());
        topics.collect::<Option<Vec<Topic>>>().map_or(Forced::All, Forced::These)
    }
}

/// A check that need not be passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Check {
    /// All of these
    All,
    /// That it is another process, or no Node.js
    Identity,
    /// That SIGUSR2 is caught, but perhaps for another purpose: the process may end on it
    Signal,
    /// That it may be killed for its memory
    Memory,
    /// That somebody minds the pause
    Pause,
    /// That the file may not fit here
    Disk,
    /// That the process may end since it may not write its file, or has no room for it
    RemoteFile,
}

impl Check {
    /// The one check that it is, if it is one.
    fn topic(self) -> Option<Topic> {
        Some(match self {
            Check::All => return None,
            Check::Identity => Topic::Identity,
            Check::Signal => Topic::Signal,
            Check::Memory => Topic::Memory,
            Check::Pause => Topic::Pause,
            Check::Disk => Topic::Disk,
            Check::RemoteFile => Topic::RemoteFile,
        })
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;

    #[derive(Debug, Parser)]
    struct Command {
        #[command(flatten)]
        force: ForceArg,
    }

    #[test]
    fn all_or_some_checks_are_forced() {
        let these = |topics: &[Topic]| Forced::These(topics.to_vec());
        for (arguments, expected) in [
            (&[][..], Forced::Nothing),
            (&["--force"], Forced::All),
            (&["--force=all"], Forced::All),
            (&["--force=memory"], these(&[Topic::Memory])),
            (&["--force=memory,pause"], these(&[Topic::Memory, Topic::Pause])),
            (&["--force=memory", "--force=disk"], these(&[Topic::Memory, Topic::Disk])),
            (&["--force=memory", "--force"], Forced::All),
        ] {
            let all = std::iter::once(&"heapglass").chain(arguments);
            let command = Command::try_parse_from(all).expect("can be read");
            assert_eq!(command.force.forced(), expected, "{arguments:?}");
        }
        assert!(Command::try_parse_from(["heapglass", "--force=nonsense"]).is_err());
    }
}
