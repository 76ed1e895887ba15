//! Mutations of valid inputs (law J2): an error or a plan, never a panic, and soon.

use admd::input::{Limits, parse};
use std::path::Path;
use std::time::{Duration, Instant};

/// A small generator: the cases are the same on every machine.
struct Random(u64);

impl Random {
    fn below(&mut self, n: usize) -> usize {
        self.0 = self
            .0
            .wrapping_mul(6364136223846793005)
            .wrapping_add(1442695040888963407);
        ((self.0 >> 33) as usize) % n.max(1)
    }
}

const TOKENS: [&str; 34] = [
    "nan",
    "-inf",
    "1e400",
    "-1",
    "0",
    "99999999999999999999",
    "\"\"",
    "\"2 fs\"",
    "\"1 kB K\"",
    "[",
    "]",
    "[[",
    "]]",
    "{",
    "}",
    "=",
    ".",
    ",",
    "\"",
    "'''",
    "#",
    "\n",
    "\r\n",
    "\t",
    "\u{feff}",
    "\0",
    "é\u{301}",
    "0x7f",
    "1_000",
    "true",
    "1979-05-27",
    "a.b.c.d",
    "\\u0000",
    "\"\\n\"",
];

/// One mutation of the text, by bytes, words or lines.
fn mutate(text: &str, r: &mut Random) -> String {
    let mut bytes = text.as_bytes().to_vec();
    let at = r.below(bytes.len());
    let length = 1 + r.below(12);
    let end = (at + length).min(bytes.len());
    match r.below(7) {
        0 => bytes[at] = r.below(256) as u8,
        1 => drop(bytes.drain(at..end)),
        2 => {
            let copy = bytes[at..end].to_vec();
            let to = r.below(bytes.len());
            bytes.splice(to..to, copy);
        }
        3 | 4 => {
            let token = TOKENS[r.below(TOKENS.len())];
            bytes.splice(at..if length > 6 { end } else { at }, token.bytes());
        }
        5 => {
            let lines: Vec<&str> = text.lines().collect();
            let (a, b) = (r.below(lines.len()), r.below(lines.len()));
            let mut lines = lines;
            lines.swap(a, b);
            return lines.join("\n");
        }
        _ => {
            let lines: Vec<&str> = text.lines().collect();
            let skip = r.below(lines.len());
            let token = TOKENS[r.below(TOKENS.len())];
            let changed = lines.iter().enumerate().map(|(k, line)| match line.split_once('=') {
                Some((key, _)) if k == skip => format!("{key}= {token}"),
                _ => (*line).to_owned(),
            });
            return changed.collect::<Vec<_>>().join("\n");
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[test]
fn mutated_inputs_never_panic() {
    let mut texts = Vec::new();
    for name in [
        "argon",
        "lj_melt",
        "lj_sensitivity",
        "lj_adjoint",
        "binary",
        "triclinic",
    ] {
        let text = std::fs::read_to_string(format!("inputs/{name}.toml")).unwrap();
        // A smaller system, and no comments: mutations shall meet keys and values.
        let text: String = text
            .lines()
            .filter(|l| !l.starts_with('#'))
            .map(|l| format!("{l}\n"))
            .collect();
        texts.push(
            text.replace("[20, 20, 20]", "[4, 4, 4]")
                .replace("[6, 6, 6]", "[4, 4, 4]"),
        );
    }
    let limits = Limits {
        atoms: 20_000,
        ..Limits::default()
    };
    let mut random = Random(2026);
    let (mut good, mut bad) = (0, 0);
    for case in 0..2000 {
        let mut text = texts[case % texts.len()].clone();
        for _ in 0..=random.below(3) {
            text = mutate(&text, &mut random);
        }
        let begin = Instant::now();
        match parse(&text, Path::new("inputs/fuzz.toml"), &[], limits) {
            Ok(_) => good += 1,
            Err(errors) => {
                bad += 1;
                let shown = errors.to_string();
                assert!(shown.starts_with("error") && shown.len() < 200_000, "{shown}");
            }
        }
        assert!(
            begin.elapsed() < Duration::from_secs(1),
            "{:?} for\n{text}",
            begin.elapsed()
        );
    }
    assert!(good > 20 && bad > 1000, "{good} good, {bad} bad");
}

#[test]
fn mutated_overrides_never_panic() {
    let text = std::fs::read_to_string("inputs/argon.toml")
        .unwrap()
        .replace("[6, 6, 6]", "[2, 2, 2]");
    let mut random = Random(7);
    for _ in 0..300 {
        let over = mutate("potential.lj.parameters.Ar.epsilon=\"120 kB K\"", &mut random);
        if let Err(errors) = parse(&text, Path::new("inputs/fuzz.toml"), &[over], Limits::default()) {
            assert!(errors.to_string().starts_with("error"));
        }
    }
}
