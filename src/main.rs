//! The `admd` program.

fn main() {}
