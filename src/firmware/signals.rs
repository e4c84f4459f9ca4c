//! Signals to PID 1, with busybox init's meanings, so that `reboot`, `poweroff` and `halt` of a
//! debug image work.

use std::io;
use std::sync::mpsc::Sender;
use std::thread;

use rustix::system::{RebootCommand, reboot};
use tokio::signal::unix::{SignalKind, signal};

use super::shutdown::ShutdownKind;

/// One of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ShutdownRequest {
    /// A process has ended.
    Bury,
    /// The box is to end.
    End(ShutdownKind),
}

/// Sends received signals to `tell`, from a thread of its own.
///
/// # Errors
/// The system gives no thread or no signals.
pub fn listen<E: Send + 'static>(
    tell: Sender<E>,
    wrap: impl Fn(ShutdownRequest) -> E + Send + 'static,
) -> io::Result<()> {
    // Ctrl-Alt-Del becomes SIGINT: else the kernel restarts at once, with writes under way
    let _ = reboot(RebootCommand::CadOff);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_io()
        .build()?;
    let [mut child, mut term, mut int, mut usr1, mut usr2] = {
        let _inside = runtime.enter();
        let kinds = [
            SignalKind::child(),
            SignalKind::terminate(),
            SignalKind::interrupt(),
            SignalKind::user_defined1(),
            SignalKind::user_defined2(),
        ];
        let [child, term, int, usr1, usr2] = kinds.map(signal);
        [child?, term?, int?, usr1?, usr2?]
    };
    let hears = move || {
        runtime.block_on(async {
            loop {
                let asked = tokio::select! {
                    _ = child.recv() => ShutdownRequest::Bury,
                    _ = term.recv() => ShutdownRequest::End(ShutdownKind::Restart),
                    _ = int.recv() => ShutdownRequest::End(ShutdownKind::Restart),
                    _ = usr1.recv() => ShutdownRequest::End(ShutdownKind::Halt),
                    _ = usr2.recv() => ShutdownRequest::End(ShutdownKind::PowerOff),
                };
                if tell.send(wrap(asked)).is_err() {
                    return;
                }
            }
        });
    };
    thread::Builder::new()
        .name("signals".to_owned())
        .spawn(hears)
        .map(drop)
}
