//! `admd completions`: what makes the tab key useful.

use super::{CliError, terminal};
use clap::{Args, Command};

/// Print a completion script for a shell
#[derive(Args)]
#[command(after_long_help = "\
Examples:
  admd completions bash > ~/.local/share/bash-completion/completions/admd
  admd completions zsh > ~/.zfunc/_admd
  admd completions fish > ~/.config/fish/completions/admd.fish")]
pub(super) struct Completions {
    /// The shell
    #[arg(value_name = "SHELL")]
    shell: clap_complete::Shell,
}

/// Prints the script.
pub(super) fn run(a: &Completions, command: &mut Command) -> Result<u8, CliError> {
    let mut script = Vec::new();
    clap_complete::generate(a.shell, command, "admd", &mut script);
    terminal::print(&String::from_utf8_lossy(&script))
}
