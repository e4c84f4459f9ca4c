//! Kernel parameters that are set once, before anything listens.

use super::image::Image;
use super::log::Log;

/// Files under /proc/sys and their values.
const ALWAYS: [(&str, &str); 3] = [
    // siembox has the page on 80 and 443, and no rights of root
    ("net/ipv4/ip_unprivileged_port_start", "0"),
    // a kernel that has stumbled is started anew
    ("kernel/panic", "10"),
    ("kernel/panic_on_oops", "1"),
];

/// Of images without a shell: nobody there has a use for these, but an intruder would.
const CLOSED: [(&str, &str); 3] = [
    ("kernel/sysrq", "0"),
    ("kernel/kexec_load_disabled", "1"),
    // every driver is loaded by now; there is no way back
    ("kernel/modules_disabled", "1"),
];

/// Tells it. What the kernel does not have is passed over.
pub fn set(image: &Image, log: &Log) {
    let closed: &[_] = if image.debug { &[] } else { &CLOSED };
    for (name, value) in ALWAYS.iter().chain(closed) {
        match std::fs::write(format!("/proc/sys/{name}"), value) {
            Err(cause) if cause.kind() != std::io::ErrorKind::NotFound => {
                log.say(format!("kernel: {name} = {value} is refused: {cause}"));
            }
            _ => {}
        }
    }
}
