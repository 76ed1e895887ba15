//! The arrows of ARCHITECTURE.md: a module may use the modules above it in the table, never those below.

use std::fs;
use std::path::{Path, PathBuf};

/// From the bottom of the program to the top: each entry may use the ones before it.
const ORDER: [&str; 9] = [
    "engine",
    "dynamics",
    "sensitivity",
    "io",
    "fit",
    "input",
    "run",
    "bench",
    "cli",
];

fn rust_files(folder: &Path, out: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            rust_files(&path, out);
        } else if path.extension().is_some_and(|e| e == "rs") {
            out.push(path);
        }
    }
}

fn rank(module: &str) -> Option<usize> {
    ORDER.iter().position(|m| *m == module)
}

#[test]
fn no_module_uses_one_above_it() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut wrong = Vec::new();
    let mut seen = 0;
    for (own, module) in ORDER.iter().enumerate() {
        let mut files = Vec::new();
        if source.join(module).is_dir() {
            rust_files(&source.join(module), &mut files);
        }
        for file in files {
            for (number, line) in fs::read_to_string(&file).unwrap().lines().enumerate() {
                if line.trim_start().starts_with("//") {
                    continue;
                }
                for rest in line.split("crate::").skip(1) {
                    let used: String = rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
                    if let Some(other) = rank(&used) {
                        seen += 1;
                        if other > own {
                            wrong.push(format!("{}:{}: {}", file.display(), number + 1, line.trim()));
                        }
                    }
                }
            }
        }
    }
    assert!(seen > 10, "the test reads no arrows any more: {seen}");
    assert!(wrong.is_empty(), "arrows that point up:\n{}", wrong.join("\n"));
}
