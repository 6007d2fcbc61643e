//! SIGINT, SIGTERM and SIGHUP become wishes: the first to stop in order, the second to hurry.

use squall_run::Wish;
use std::thread;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

/// What the user wishes from now on. No signal skips the undo: after the second, a further one is
/// answered with a word of patience and changes nothing.
///
/// # Errors
/// Where the operating system takes no handler.
pub fn wishes() -> std::io::Result<watch::Receiver<Wish>> {
    let (tell, wishes) = watch::channel(Wish::GoOn);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let mut signals = {
        let _inside = runtime.enter();
        [SignalKind::interrupt(), SignalKind::terminate(), SignalKind::hangup()].map(signal)
    };
    if let Some(error) = signals.iter_mut().find_map(|signal| signal.as_mut().err()) {
        return Err(std::io::Error::other(error.to_string()));
    }
    thread::spawn(move || {
        runtime.block_on(async {
            let [Ok(interrupt), Ok(terminate), Ok(hangup)] = &mut signals else { return };
            loop {
                let name = tokio::select! {
                    biased;
                    _ = interrupt.recv() => "SIGINT",
                    _ = terminate.recv() => "SIGTERM",
                    _ = hangup.recv() => "SIGHUP",
                };
                let now = *tell.borrow();
                let (next, what) = match now {
                    Wish::GoOn => (Wish::Stop, "healing, then writing the report so far"),
                    Wish::Stop => (Wish::Hurry, "again: healing, then the shortest way out"),
                    Wish::Hurry => (Wish::Hurry, "again: still undoing, which is never skipped"),
                };
                eprintln!("squall: {name}: {what}");
                tell.send_replace(next);
            }
        });
    });
    Ok(wishes)
}
