//! The file of `--hessian-vector`: a vector an atom.

use super::CliError;
use crate::io::xyz;
use admd_engine::Vec3;
use std::path::Path;

/// The vectors of a text file with three numbers a line, or the positions of an XYZ file.
pub(super) fn read(path: &Path) -> Result<Vec<Vec3>, CliError> {
    let xyz = path
        .extension()
        .is_some_and(|e| e.eq_ignore_ascii_case("xyz") || e.eq_ignore_ascii_case("extxyz"));
    if xyz {
        return Ok(xyz::read_first(path)?.positions);
    }
    let file = path.display().to_string();
    let text = std::fs::read_to_string(path).map_err(|e| CliError::File {
        file: file.clone(),
        line: None,
        reason: format!("cannot be read: {e}; check the path, and that it is text"),
    })?;
    parse(&text).map_err(|(line, reason)| CliError::File {
        file,
        line: Some(line),
        reason,
    })
}

/// The vectors, or the line that is wrong, from 1, and why.
fn parse(text: &str) -> Result<Vec<Vec3>, (usize, String)> {
    let mut vectors = Vec::new();
    for (k, line) in text.lines().enumerate() {
        if line.trim().is_empty() || line.trim_start().starts_with('#') {
            continue;
        }
        let numbers: Result<Vec<f64>, _> = line
            .split_whitespace()
            .map(|word| word.parse().map_err(|_| word))
            .collect();
        let reason = match numbers.as_deref() {
            Ok(&[x, y, z]) if x.is_finite() && y.is_finite() && z.is_finite() => {
                vectors.push(Vec3::new(x, y, z));
                continue;
            }
            Ok([_, _, _]) => "the numbers must be finite".to_owned(),
            Ok(all) => format!("the line has {} numbers; give three for each atom", all.len()),
            Err(word) => format!("`{word}` is no number; give three for each atom"),
        };
        return Err((k + 1, reason));
    }
    Ok(vectors)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vectors_are_read_and_the_wrong_line_is_named() {
        assert_eq!(
            parse("# v\n1 2 3\n\n -1e-3 0 0.5\n").unwrap(),
            [Vec3::new(1.0, 2.0, 3.0), Vec3::new(-1e-3, 0.0, 0.5)]
        );
        for (text, line, word) in [
            ("1 2 3\n1 2\n", 2, "2 numbers"),
            ("# c\n\n1 2 x\n", 3, "`x`"),
            ("1 nan 2", 1, "finite"),
            ("1 2 3 4", 1, "4 numbers"),
        ] {
            let (at, reason) = parse(text).unwrap_err();
            assert!(at == line && reason.contains(word), "{text:?}: {at} {reason}");
        }
    }
}
