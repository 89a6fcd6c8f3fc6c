//! What every command works with.

use std::sync::Arc;

use crate::interrupt::Interrupt;
use crate::messages::Messages;
use crate::settings::Settings;
use crate::source_maps::MapFiles;

/// Settings, the way to the user, and the user's wish to stop.
#[derive(Debug)]
pub(crate) struct Context {
    pub(crate) settings: Settings,
    pub(crate) messages: Messages,
    pub(crate) interrupt: Interrupt,
    /// Source maps that the user has given; applied to every graph that is opened.
    pub(crate) source_maps: Arc<MapFiles>,
}
