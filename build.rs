//! Tells the program which revision and which compiler it was built from, for `admd --version` and the files it writes.

use std::process::Command;

fn main() {
    let git = output("git", &["describe", "--always", "--dirty", "--tags"]).unwrap_or_default();
    let rustc = std::env::var("RUSTC").unwrap_or_else(|_| "rustc".to_owned());
    let rustc = output(&rustc, &["--version"]).unwrap_or_else(|| "unknown compiler".to_owned());
    println!("cargo::rustc-env=ADMD_GIT={git}");
    println!("cargo::rustc-env=ADMD_RUSTC={rustc}");
    println!("cargo::rerun-if-changed=build.rs");
    if let Some(head) =
        output("git", &["rev-parse", "--git-path", "logs/HEAD"]).filter(|p| std::path::Path::new(p).exists())
    {
        println!("cargo::rerun-if-changed={head}");
    }
}

fn output(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| text.trim().to_owned())
}
