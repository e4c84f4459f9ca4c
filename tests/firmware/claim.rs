//! An administrator who claims the box on its page, over TLS.

use std::io::Read;
use std::time::Duration;

use ureq::tls::TlsConfig;

use crate::machine::Machine;

pub const PASSWORD: &str = "correct horse battery";

/// Chooses the administrator's password, as the page lets anybody do while nobody has.
pub fn claim(machine: &Machine) {
    // who stands before the box compares the fingerprint
    let tls = TlsConfig::builder().disable_verification(true);
    let agent = ureq::Agent::config_builder()
        .tls_config(tls.build())
        .max_redirects(0)
        .http_status_as_error(false)
        .timeout_global(Some(Duration::from_secs(120)))
        .build()
        .new_agent();
    let at = format!("https://{}", machine.secure());
    let form = [("password", PASSWORD), ("again", PASSWORD)];
    let request = agent.post(format!("{at}/claim")).header("Origin", &at);
    let mut answer = request.send_form(form).unwrap();
    let mut said = String::new();
    let body = answer.body_mut().as_reader();
    body.take(100_000).read_to_string(&mut said).unwrap();
    assert_eq!(answer.status().as_u16(), 303, "{said}");
    is_claimed(machine, true);
}

/// Waits until the box has an owner, or none.
pub fn is_claimed(machine: &Machine, claimed: bool) {
    machine.wait(&format!("claimed: {claimed}"), |status| {
        status["unclaimed"].as_bool().unwrap_or(false) != claimed
    });
}
