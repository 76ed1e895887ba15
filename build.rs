//! Tells the program which revision and which compiler it was built from, for `admd --version` and the files it writes.

use std::process::Command;

fn main() {
    let git = output("git", &["describe", "--always", "--dirty", "--tags"]).unwrap_or_default();
    let rustc = std::env::var("RUSTC").unwrap_or_else(|_| "rustc".to_owned());
    let rustc = output(&rustc, &["--version"]).unwrap_or_else(|| "unknown compiler".to_owned());
    println!("cargo::rustc-env=ADMD_GIT={git}");
    println!("cargo::rustc-env=ADMD_RUSTC={rustc}");
    println!("cargo::rerun-if-changed=build.rs");
    // What is released names its revision exactly; a debug build need not be rebuilt for every commit.
    if std::env::var("PROFILE").is_ok_and(|p| p == "release") {
        let head = output("git", &["rev-parse", "--git-path", "logs/HEAD"]);
        let watched = ["src", "ad", "potentials", "Cargo.toml", "Cargo.lock"]
            .map(str::to_owned)
            .into_iter()
            .chain(head);
        for path in watched.filter(|p| std::path::Path::new(p).exists()) {
            println!("cargo::rerun-if-changed={path}");
        }
    }
}

fn output(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| text.trim().to_owned())
}
