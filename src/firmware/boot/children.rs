//! The programs that the box runs beside PID 1, and under whose rights.

use std::time::Duration;

use crate::firmware::child::Child;
use crate::firmware::paths::{on_data, settings};
use crate::firmware::{SIEMBOX, STREAM};

/// siembox itself. Its folders are named here: a settings file that names others would hide it from
/// who watches over it.
pub(super) fn stream() -> Child {
    let arguments = ["run", "--firmware", "--config"].map(Into::into);
    let arguments = arguments
        .into_iter()
        .chain([settings(), "--state".into(), on_data("state")]);
    let arguments = arguments.chain(["--logsDirectory".into(), on_data("log")]);
    Child {
        stop_within: Duration::from_secs(30),
        stops_first: true,
        ..Child::new(STREAM, "/bin/siembox")
            .with(arguments)
            .run_by(SIEMBOX)
    }
}

/// A shell on the console, of debug images only.
pub(super) fn shell() -> Child {
    // the last ":" keeps setsid from being the group's first process, which would have to fork
    let line = "setsid cttyhack sh -l </dev/console >/dev/console 2>&1; :";
    Child::new("shell", "/bin/busybox").with(["sh", "-c", line])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stream_runs_without_roots_rights() {
        let child = stream();
        assert_eq!(child.user, Some((900, 900)));
        assert!(child.stops_first);
        let line: Vec<_> = child.args.iter().filter_map(|arg| arg.to_str()).collect();
        assert_eq!(
            line.join(" "),
            "run --firmware --config /data/etc/siembox.toml --state /data/state --logsDirectory /data/log"
        );
    }
}
