//! What has become of the container of a process of which no whole snapshot arrived.

use std::time::Duration;

use heapglass_collect::capture::{Broken, Captured, Error, Failed};
use heapglass_collect::inspector::InspectorError;
use heapglass_collect::place::PlaceError;

use super::take::Taking;
use crate::fate::Fate;

/// How often the pod is looked at.
const LOOK: Duration = Duration::from_secs(2);
/// How many times more it is looked at where something was lost: the kubelet tells of a container's end some seconds after
/// its connections have ended.
const MORE: u32 = 3;

/// What the API server says of the pod; `None` if it runs on. Cost: one question, a few more where something was lost.
pub(super) async fn fate(
    taking: &Taking<'_>,
    result: &Result<Captured, Box<Failed>>,
) -> Option<Fate> {
    let more = if is_lost(result) { MORE } else { 0 };
    let mut stop = taking.run.stop.clone();
    for _ in 0..more {
        if let Some(fate) = taking.place.fate().await {
            return Some(fate);
        }
        tokio::select! {
            () = tokio::time::sleep(LOOK) => {}
            () = stop.asked() => break,
        }
    }
    taking.place.fate().await
}

/// Whether the container may have ended.
fn is_lost(result: &Result<Captured, Box<Failed>>) -> bool {
    match result {
        Ok(captured) => captured.snapshots.iter().any(|taken| {
            taken.broken.as_ref().is_some_and(|it| matches!(it, Broken::Lost(_) | Broken::Ended))
        }),
        Err(failed) => matches!(
            failed.error,
            Error::NoProcess(..)
                | Error::EndedOnSignal(_)
                | Error::Replaced
                | Error::Inspector(InspectorError::Lost(_))
                | Error::Place(PlaceError::Io { .. } | PlaceError::Gone { .. })
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_may_have_ended_is_looked_at_for_longer() {
        let text = || "it is a test".to_owned();
        let io = || std::io::Error::from(std::io::ErrorKind::ConnectionReset);
        for (error, expected) in [
            (Error::NoProcess(1, text()), true),
            (Error::Replaced, true),
            (Error::EndedOnSignal(1), true),
            (Error::Inspector(InspectorError::Lost(text())), true),
            (Error::Place(PlaceError::Io { what: text(), source: io() }), true),
            (Error::Place(PlaceError::Gone { what: text(), why: text() }), true),
            (Error::Place(PlaceError::Impossible { what: text(), why: text() }), false),
            (Error::Refused(text()), false),
            (Error::Interrupted, false),
        ] {
            let said = error.to_string();
            let failed = Failed { error, preflight: None, left_behind: Vec::new() };
            assert_eq!(is_lost(&Err(Box::new(failed))), expected, "{said}");
        }
    }
}
