//! The way of SIGUSR2.

use super::{Captured, Error, Failed, Job};
use crate::place::Place;

/// Takes a snapshot by the signal.
pub(super) async fn capture<P: Place>(job: &mut Job<'_, P>) -> Result<Captured, Box<Failed>> {
    let _ = job;
    Err(Error::NoSignal("SIGUSR2 is not caught".to_owned()).into())
}
