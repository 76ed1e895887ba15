//! Standard output and standard error: who writes what where.

use super::CliError;
use crate::input::Look;
use serde_json::json;
use std::io::{ErrorKind, Write};
use std::process::ExitCode;

/// Writes a result to standard output. A reader that has seen enough (`| head`) is no failure.
pub(super) fn print(text: &str) -> Result<u8, CliError> {
    let mut out = std::io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(e) if e.kind() != ErrorKind::BrokenPipe => Err(CliError::System(format!(
            "writing to standard output failed: {e}; check the disk and the pipe"
        ))),
        _ => Ok(0),
    }
}

/// Writes a message to standard error, which may be closed.
pub(super) fn say(text: &str) {
    let _ = writeln!(std::io::stderr(), "{text}");
}

/// Tells what went wrong, also to a program that reads JSON.
pub(super) fn fail(error: &CliError, json: bool) -> ExitCode {
    let look = Look::of_stderr();
    match error {
        CliError::Input(errors) => say(&errors.render(look)),
        _ => say(&format!("{} {error}", heading(look))),
    }
    if json {
        let _ = print(&format!(
            "{:#}\n",
            json!({ "error": error.to_string(), "exit_code": error.code() })
        ));
    }
    ExitCode::from(error.code())
}

fn heading(look: Look) -> &'static str {
    match look {
        Look::Plain => "error:",
        Look::Coloured => "\u{1b}[1;31merror:\u{1b}[0m",
    }
}
