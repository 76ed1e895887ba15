//! The second line of a frame: `key=value` pairs and the list of columns.

use super::XyzProblem;
use admd_engine::Vec3;
use std::collections::BTreeMap;

/// A problem and the byte of the line where it is.
pub(super) type Fault = (usize, XyzProblem);

fn fault<T>(at: usize, text: impl Into<String>) -> Result<T, Fault> {
    Err((at, XyzProblem::Comment(text.into())))
}

/// What the second line says.
#[derive(Debug)]
pub(super) struct Comment {
    pub(super) cell: Option<[Vec3; 3]>,
    pub(super) periodic: [bool; 3],
    pub(super) properties: Vec<Property>,
    pub(super) info: BTreeMap<String, String>,
}

/// One entry of `Properties`.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Property {
    pub(super) name: String,
    pub(super) kind: Kind,
    pub(super) width: usize,
    pub(super) role: Role,
}

/// The type letter of a property.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Kind {
    Real,
    Integer,
    Logical,
    Text,
}

/// What a column means to us.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Role {
    Species,
    AtomicNumber,
    Position,
    Velocity,
    Momentum,
    Force,
    Mass,
    Other,
}

impl Role {
    fn of(name: &str) -> (Self, Kind, usize) {
        match name.to_ascii_lowercase().as_str() {
            "species" | "symbols" | "element" => (Self::Species, Kind::Text, 1),
            "z" | "numbers" => (Self::AtomicNumber, Kind::Integer, 1),
            "pos" | "position" | "positions" => (Self::Position, Kind::Real, 3),
            "velo" | "vel" | "velocity" | "velocities" => (Self::Velocity, Kind::Real, 3),
            "momenta" => (Self::Momentum, Kind::Real, 3),
            "forces" | "force" => (Self::Force, Kind::Real, 3),
            "masses" | "mass" => (Self::Mass, Kind::Real, 1),
            _ => (Self::Other, Kind::Real, 0),
        }
    }
}

/// The largest number of columns that one property may have.
const WIDTH_LIMIT: usize = 4096;

impl Comment {
    /// Reads the line. Only a line with `Lattice` or `Properties` must be well-formed: others may be free text.
    pub(super) fn parse(line: &str) -> Result<Self, Fault> {
        let lower = line.to_ascii_lowercase();
        let extended = lower.contains("lattice=") || lower.contains("properties=");
        let pairs = match pairs(line) {
            Ok(pairs) if extended || (line.contains('=') && pairs.iter().all(|p| p.has_value)) => pairs,
            Err(fault) if extended => return Err(fault),
            _ => return Ok(Self::plain(line)),
        };
        let mut out = Self::plain("");
        let mut pbc_at = 0;
        let (mut lattice, mut pbc, mut columns) = (None, None, None);
        for Pair { key, value, at, .. } in pairs {
            let repeated = match key.to_ascii_lowercase().as_str() {
                "lattice" => lattice.replace(edges(&value, at)?).is_some(),
                "pbc" => {
                    pbc_at = at;
                    pbc.replace(flags(&value, at)?).is_some()
                }
                "vec1" | "vec2" | "vec3" => {
                    return fault(
                        at,
                        format!(
                            "`{key}` gives an edge of the cell in another dialect; write the cell as Lattice=\"ax ay az bx by bz cx cy cz\""
                        ),
                    );
                }
                "properties" => columns.replace(properties(&value, at)?).is_some(),
                _ => out.info.insert(key.clone(), value).is_some(),
            };
            if repeated {
                return fault(at, format!("the key `{key}` stands twice; remove one"));
            }
        }
        out.properties = columns.unwrap_or(out.properties);
        out.cell = lattice.flatten();
        if out.cell.is_none() && pbc.is_some_and(|p| p.contains(&true)) {
            return fault(
                pbc_at,
                "pbc is periodic, but there is no cell; add Lattice=\"ax ay az bx by bz cx cy cz\", or write pbc=\"F F F\"",
            );
        }
        out.periodic = pbc.unwrap_or([out.cell.is_some(); 3]);
        Ok(out)
    }

    fn plain(text: &str) -> Self {
        let mut info = BTreeMap::new();
        if !text.trim().is_empty() {
            info.insert("comment".to_owned(), text.trim().to_owned());
        }
        Self {
            cell: None,
            periodic: [false; 3],
            properties: plain_properties(),
            info,
        }
    }

    /// The columns in words, for messages.
    pub(super) fn layout(&self) -> String {
        let words = self.properties.iter().map(|p| match p.width {
            1 => p.name.clone(),
            n => format!("{n} of {}", p.name),
        });
        words.collect::<Vec<_>>().join(", ")
    }
}

struct Pair {
    key: String,
    value: String,
    /// First byte of the value.
    at: usize,
    has_value: bool,
}

/// Splits `a=1 b="x y" c='z' d={1 2} e=[1, 2] flag`.
fn pairs(line: &str) -> Result<Vec<Pair>, Fault> {
    let bytes = line.as_bytes();
    let mut out = Vec::new();
    let mut i = 0;
    let skip_blanks = |mut i: usize| {
        while bytes.get(i).is_some_and(u8::is_ascii_whitespace) {
            i += 1;
        }
        i
    };
    loop {
        i = skip_blanks(i);
        if i >= bytes.len() {
            return Ok(out);
        }
        let start = i;
        let (key, next) = word(line, i, true)?;
        if key.is_empty() {
            return fault(
                start,
                "a value without a key; write key=value, with values that hold blanks in double quotes",
            );
        }
        i = next;
        let equals = skip_blanks(i);
        if bytes.get(equals) == Some(&b'=') {
            let at = skip_blanks(equals + 1);
            let (value, next) = word(line, at, false)?;
            i = next;
            out.push(Pair {
                key,
                value,
                at,
                has_value: true,
            });
        } else {
            out.push(Pair {
                key,
                value: "T".to_owned(),
                at: start,
                has_value: false,
            });
        }
    }
}

/// One word from byte `start` on, and the byte after it.
fn word(line: &str, start: usize, is_key: bool) -> Result<(String, usize), Fault> {
    let rest = &line[start..];
    let Some(first) = rest.chars().next() else {
        return Ok((String::new(), start));
    };
    let close = match first {
        '"' | '\'' => first,
        '{' if !is_key => '}',
        '[' if !is_key => ']',
        _ => {
            let end = rest.find(|c: char| c.is_ascii_whitespace() || (is_key && c == '='));
            let end = end.unwrap_or(rest.len());
            return Ok((rest[..end].to_owned(), start + end));
        }
    };
    let mut depth = 1;
    let mut text = String::new();
    let mut chars = rest.char_indices().skip(1);
    while let Some((k, c)) = chars.next() {
        if c == '\\' && close == first {
            match chars.next() {
                Some((_, 'n')) => text.push('\n'),
                Some((_, other)) => text.push(other),
                None => break,
            }
            continue;
        }
        depth += i32::from(c == first && close != first) - i32::from(c == close);
        if depth == 0 {
            let outer = if first == '[' { format!("[{text}]") } else { text };
            return Ok((outer, start + k + c.len_utf8()));
        }
        text.push(c);
    }
    fault(start, format!("`{first}` is never closed; add the missing `{close}`"))
}

fn numbers(value: &str) -> Option<Vec<f64>> {
    let split = value.split(|c: char| c.is_ascii_whitespace() || matches!(c, ',' | '[' | ']'));
    split.filter(|w| !w.is_empty()).map(super::reader::real).collect()
}

fn edges(value: &str, at: usize) -> Result<Option<[Vec3; 3]>, Fault> {
    match numbers(value).as_deref() {
        Some(n) if n.len() == 9 && n.iter().all(|x| x.is_finite()) => {
            let edges = [0, 3, 6].map(|k| Vec3::new(n[k], n[k + 1], n[k + 2]));
            Ok(edges.iter().any(|e| e.norm() > 0.0).then_some(edges))
        }
        _ => fault(
            at,
            format!("Lattice=\"{value}\" must be nine finite numbers in double quotes: ax ay az bx by bz cx cy cz"),
        ),
    }
}

fn flags(value: &str, at: usize) -> Result<[bool; 3], Fault> {
    let split = value.split(|c: char| c.is_ascii_whitespace() || matches!(c, ',' | '[' | ']'));
    let flags: Option<Vec<bool>> = split.filter(|w| !w.is_empty()).map(super::reader::logical).collect();
    match flags.as_deref() {
        Some(&[x]) => Ok([x; 3]),
        Some(&[x, y, z]) => Ok([x, y, z]),
        _ => fault(
            at,
            format!("pbc=\"{value}\" must be three of T and F in double quotes, such as pbc=\"T T F\""),
        ),
    }
}

fn plain_properties() -> Vec<Property> {
    let property = |name: &str, kind, width, role| Property {
        name: name.to_owned(),
        kind,
        width,
        role,
    };
    vec![
        property("species", Kind::Text, 1, Role::Species),
        property("pos", Kind::Real, 3, Role::Position),
    ]
}

fn properties(value: &str, at: usize) -> Result<Vec<Property>, Fault> {
    let words: Vec<&str> = value.split(':').collect();
    let mut out: Vec<Property> = Vec::new();
    for triple in words.chunks(3) {
        let &[name, letter, width] = triple else {
            return fault(
                at,
                format!(
                    "Properties ends with `{}`; it must be triples name:type:columns",
                    triple.join(":")
                ),
            );
        };
        let kind = match letter {
            "R" | "r" => Kind::Real,
            "I" | "i" => Kind::Integer,
            "L" | "l" => Kind::Logical,
            "S" | "s" => Kind::Text,
            _ => {
                return fault(
                    at,
                    format!(
                        "property `{name}` has type `{letter}`; use R (real), I (integer), L (logical) or S (string)"
                    ),
                );
            }
        };
        let Some(width) = width.parse::<usize>().ok().filter(|w| (1..=WIDTH_LIMIT).contains(w)) else {
            return fault(
                at,
                format!("property `{name}` has `{width}` columns; use a number from 1 to {WIDTH_LIMIT}"),
            );
        };
        let (role, wanted_kind, wanted_width) = Role::of(name);
        if role != Role::Other && (kind, width) != (wanted_kind, wanted_width) {
            let letter = match wanted_kind {
                Kind::Real => 'R',
                Kind::Integer => 'I',
                _ => 'S',
            };
            return fault(
                at,
                format!("property `{name}` must be written {name}:{letter}:{wanted_width}"),
            );
        }
        if let Some(other) = out
            .iter()
            .find(|p| p.name == name || (role != Role::Other && p.role == role))
        {
            return fault(
                at,
                format!("properties `{}` and `{name}` are the same; remove one", other.name),
            );
        }
        out.push(Property {
            name: name.to_owned(),
            kind,
            width,
            role,
        });
    }
    let has = |role| out.iter().any(|p| p.role == role);
    if !has(Role::Position) {
        return fault(at, "Properties has no positions; add pos:R:3");
    }
    if !has(Role::Species) && !has(Role::AtomicNumber) {
        return fault(at, "Properties has no species; add species:S:1 or Z:I:1");
    }
    Ok(out)
}
