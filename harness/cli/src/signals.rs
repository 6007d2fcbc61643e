//! SIGINT, SIGTERM and SIGHUP become one wish: stop, but in order.

use std::thread;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

/// A watch that turns true at the first signal. The undo is never skipped: a further signal is
/// answered with a word of patience and changes nothing.
///
/// # Errors
/// Where the operating system takes no handler.
pub fn stop_on_signals() -> std::io::Result<watch::Receiver<bool>> {
    let (stop, stopping) = watch::channel(false);
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
                if stop.send_replace(true) {
                    eprintln!("squall: {name} again: still undoing, which is never skipped");
                } else {
                    eprintln!("squall: {name}: healing, then writing the report so far");
                }
            }
        });
    });
    Ok(stopping)
}
