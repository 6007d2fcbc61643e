//! One call from its acceptance to the moment its end was heard: placed, answered or not, its script
//! run, hung up, reported.

use super::Platform;
use super::ledger::{End, Record};
use super::run::{Halt, Run};
use squall_platform::running::Stopping;
use squall_platform::time;
use squall_role::store::Sid;
use squall_wire::sip::{CallError, Dialog};
use squall_wire::twilio::{CallStatus, CreateCall};
use std::sync::Arc;
use std::time::Duration;

/// How long a call rings where its create does not say (Twilio's page on the Calls resource).
const RING_S: u64 = 60;

/// How long a BYE may take; a call is over after it either way.
const GOODBYE: Duration = Duration::from_secs(5);

/// Causes of a BYE (ITU-T Q.850): normal clearing, and temporary failure.
const CLEARED: u8 = 16;
const FAILURE: u8 = 41;

/// Brings a call that was accepted to its end.
pub(super) fn begin(
    platform: &Arc<Platform>,
    sid: Sid,
    create: CreateCall,
    record: Record,
    stopping: Stopping,
) {
    let platform = platform.clone();
    platform.node.clone().spawn(async move {
        let end = carry(&platform, sid, create, stopping).await;
        over(&platform, sid, Record { end: Some(end), ..record }).await;
    });
}

/// Tells of a call that the last life left open: it did not outlive it.
pub(super) fn take_up(platform: &Arc<Platform>, sid: Sid, record: Record) {
    let platform = platform.clone();
    platform.node.clone().spawn(async move {
        let end = record.end.unwrap_or(End { status: CallStatus::Failed, code: None });
        over(&platform, sid, Record { end: Some(end), ..record }).await;
    });
}

async fn over(platform: &Platform, sid: Sid, record: Record) {
    if let Some(end) = record.end {
        platform.counts.ended(end.status, end.code);
        let numbers = (record.to.as_str(), record.from.as_str());
        platform.book.over(sid, numbers, end, platform.node.unix_us());
    }
    // The disk's word changes nothing: a call whose end it did not take is reported once more.
    let _ = platform.ledger.put(sid, &record).wait().await;
    platform.report(sid, &record).await;
}

async fn carry(platform: &Platform, sid: Sid, create: CreateCall, mut stopping: Stopping) -> End {
    platform.book.changed(sid, CallStatus::Ringing);
    let ring = Duration::from_secs(create.timeout_s.unwrap_or(RING_S));
    let answered = tokio::select! {
        biased;
        () = stopping.asked() => {
            let status = match platform.stopping.is_asked() {
                true => CallStatus::Failed,
                false => CallStatus::Canceled,
            };
            return End { status, code: None };
        }
        answered = platform.trunk.call(&create.from, &create.to, ring) => answered,
    };
    match answered {
        Ok(dialog) => {
            platform.book.changed(sid, CallStatus::InProgress);
            talk(platform, sid, &create, dialog, stopping).await
        }
        Err(error) => End { status: unanswered(&error), code: None },
    }
}

/// Runs the script of an answered call and hangs up.
async fn talk(
    platform: &Platform,
    sid: Sid,
    create: &CreateCall,
    mut dialog: Dialog,
    stopping: Stopping,
) -> End {
    let halt = Run::new(platform, sid, create, &mut dialog, stopping).play().await;
    let completed = End { status: CallStatus::Completed, code: None };
    let failed = |code| End { status: CallStatus::Failed, code };
    let (end, cause, text) = match halt {
        Halt::Ended => (completed, CLEARED, "completed".to_owned()),
        Halt::TimeLimit => (completed, CLEARED, "time limit".to_owned()),
        // Who was called has hung up: an end like any other.
        Halt::Gone(CallError::HungUp(_)) => return completed,
        Halt::Gone(_) => return failed(None),
        Halt::Failed(failure) => (failed(Some(failure.code)), FAILURE, failure.code.to_string()),
        Halt::Asked if platform.stopping.is_asked() => {
            (failed(None), FAILURE, "shutdown".to_owned())
        }
        Halt::Asked => (completed, CLEARED, "ended by request".to_owned()),
    };
    let _ = time::timeout(GOODBYE, dialog.hang_up(cause, &text)).await;
    end
}

/// The status of a call that nobody took (RFC 3261, section 21, for the responses).
fn unanswered(error: &CallError) -> CallStatus {
    match error {
        CallError::NoAnswer | CallError::Refused(408 | 480 | 487, _) => CallStatus::NoAnswer,
        CallError::Refused(486 | 600 | 603, _) => CallStatus::Busy,
        CallError::Refused(..) | CallError::HungUp(_) | CallError::Broken(_) => CallStatus::Failed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_took_is_told_apart() {
        let refused = |code| unanswered(&CallError::Refused(code, String::new()));
        assert_eq!(unanswered(&CallError::NoAnswer), CallStatus::NoAnswer);
        assert_eq!((refused(480), refused(408)), (CallStatus::NoAnswer, CallStatus::NoAnswer));
        assert_eq!((refused(486), refused(603)), (CallStatus::Busy, CallStatus::Busy));
        assert_eq!((refused(404), refused(503)), (CallStatus::Failed, CallStatus::Failed));
        assert_eq!(unanswered(&CallError::Broken("gone".into())), CallStatus::Failed);
    }
}
