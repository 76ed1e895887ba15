//! Values that hardly any key takes.

/// Of every kind that TOML has, and some that look like quantities.
pub(crate) const WRONG: [&str; 15] = [
    "\"\"",
    "nan",
    "inf",
    "-1",
    "0",
    "1e400",
    "100000000000000000000",
    "[1, [2]]",
    "{ a = 1 }",
    "\"1 parsec\"",
    "\"1 mol\"",
    "\"zzz\"",
    "true",
    "1979-05-27",
    "[]",
];
