//! The `admd` program.

fn main() -> std::process::ExitCode {
    admd::cli::main()
}
