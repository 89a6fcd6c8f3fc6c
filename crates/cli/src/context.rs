//! What every command works with.

use crate::interrupt::Interrupt;
use crate::messages::Messages;
use crate::settings::Settings;

/// Settings, the way to the user, and the user's wish to stop.
#[derive(Debug)]
pub(crate) struct Context {
    pub(crate) settings: Settings,
    pub(crate) messages: Messages,
    pub(crate) interrupt: Interrupt,
}
