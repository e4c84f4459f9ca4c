//! siembox: arguments → settings → appliance → exit code.

fn main() -> std::process::ExitCode {
    std::process::ExitCode::SUCCESS
}
