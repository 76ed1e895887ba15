//! Reads extended XYZ, frame by frame, without trusting the numbers of atoms it announces.

use super::comment::{Comment, Kind, Property, Role};
use super::{Column, Values, XyzError, XyzFrame, XyzProblem};
use crate::io::elements;
use admd_engine::Vec3;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::Path;

/// Lines longer than this are refused.
const LINE_LIMIT: usize = 16 << 20;
/// Atoms for which room is made before they have been seen.
const FIRST_ALLOCATION: u64 = 1 << 16;

/// The frames of a file, as an iterator.
///
/// ```
/// use admd::io::xyz::XyzReader;
/// let text = "1\npbc=\"F F F\" energy=-0.5\nAr 1.0 2.0 3.0\n";
/// let frame = XyzReader::new(text.as_bytes(), "text").next().unwrap().unwrap();
/// assert_eq!(frame.species, ["Ar"]);
/// assert_eq!(frame.positions[0].y, 2.0);
/// assert_eq!(frame.info["energy"], "-0.5");
/// ```
pub struct XyzReader<R> {
    source: R,
    file: String,
    line: usize,
    buffer: Vec<u8>,
    done: bool,
}

impl XyzReader<BufReader<File>> {
    /// Opens a file.
    ///
    /// # Errors
    /// The file cannot be opened.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, XyzError> {
        let path = path.as_ref();
        let file = File::open(path).map_err(|e| XyzError {
            file: path.display().to_string(),
            line: 0,
            column: 0,
            problem: e.into(),
        })?;
        Ok(Self::new(
            BufReader::with_capacity(1 << 16, file),
            path.display().to_string(),
        ))
    }
}

/// The first frame of a file.
///
/// # Errors
/// What is wrong with the file, and where.
pub fn read_first(path: impl AsRef<Path>) -> Result<XyzFrame, XyzError> {
    let mut reader = XyzReader::open(path)?;
    let first = reader.next();
    first.unwrap_or_else(|| Err(reader.error(0, XyzProblem::Empty)))
}

/// All frames of a file; at least one.
///
/// # Errors
/// What is wrong with the file, and where.
pub fn read_all(path: impl AsRef<Path>) -> Result<Vec<XyzFrame>, XyzError> {
    let mut reader = XyzReader::open(path)?;
    let frames = reader.by_ref().collect::<Result<Vec<_>, _>>()?;
    if frames.is_empty() {
        return Err(reader.error(0, XyzProblem::Empty));
    }
    Ok(frames)
}

impl<R: BufRead> Iterator for XyzReader<R> {
    type Item = Result<XyzFrame, XyzError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.done {
            return None;
        }
        let frame = self.frame().transpose();
        self.done = !matches!(frame, Some(Ok(_)));
        frame
    }
}

impl<R: BufRead> XyzReader<R> {
    /// Reads from any source; `file` is its name in error messages.
    pub fn new(source: R, file: impl Into<String>) -> Self {
        Self {
            source,
            file: file.into(),
            line: 0,
            buffer: Vec::new(),
            done: false,
        }
    }

    fn error(&self, column: usize, problem: XyzProblem) -> XyzError {
        XyzError {
            file: self.file.clone(),
            line: self.line,
            column,
            problem,
        }
    }

    /// The error at byte `at` of a line.
    fn error_at(&self, line: &str, at: usize, problem: XyzProblem) -> XyzError {
        let column = 1 + line.get(..at).map_or(0, |before| before.chars().count());
        self.error(column, problem)
    }

    /// The next line without its end and, in the first line, without the byte order mark; `None` at the end.
    fn next_line(&mut self) -> Result<Option<String>, XyzError> {
        self.buffer.clear();
        let mut limited = (&mut self.source).take(LINE_LIMIT as u64 + 1);
        let read = limited.read_until(b'\n', &mut self.buffer);
        let read = read.map_err(|e| self.error(0, e.into()))?;
        if read == 0 {
            return Ok(None);
        }
        self.line += 1;
        if read > LINE_LIMIT {
            return Err(self.error(0, XyzProblem::LongLine { limit: LINE_LIMIT }));
        }
        let text = std::str::from_utf8(&self.buffer).map_err(|_| self.error(0, XyzProblem::NotText))?;
        let text = if self.line == 1 {
            text.trim_start_matches('\u{feff}')
        } else {
            text
        };
        Ok(Some(text.trim_end_matches(['\n', '\r']).to_owned()))
    }

    fn frame(&mut self) -> Result<Option<XyzFrame>, XyzError> {
        let count = loop {
            match self.next_line()? {
                None => return Ok(None),
                Some(line) if line.trim().is_empty() => {}
                Some(line) => break line,
            }
        };
        let start = self.line;
        let Ok(atoms) = count.trim().parse::<u64>() else {
            let found = count.trim().chars().take(40).collect();
            return Err(self.error_at(
                &count,
                count.len() - count.trim_start().len(),
                XyzProblem::AtomCount { found },
            ));
        };
        let truncated = |found| XyzProblem::Truncated {
            found,
            expected: atoms,
            start,
        };
        let Some(line) = self.next_line()? else {
            return Err(self.error(0, truncated(0)));
        };
        let comment = Comment::parse(&line).map_err(|(at, problem)| self.error_at(&line, at, problem))?;
        let mut columns = Columns::new(&comment.properties, atoms.min(FIRST_ALLOCATION) as usize);
        for found in 0..atoms {
            let Some(line) = self.next_line()? else {
                return Err(self.error(0, truncated(found)));
            };
            if let Err((at, problem)) = columns.push(&line, &comment) {
                return Err(self.error_at(&line, at, problem));
            }
        }
        Ok(Some(columns.into_frame(comment, start)))
    }
}

/// The columns of one frame while they grow.
struct Columns {
    values: Vec<Values>,
}

impl Columns {
    fn new(properties: &[Property], room: usize) -> Self {
        let values = properties.iter().map(|p| match p.kind {
            Kind::Real => Values::Real(Vec::with_capacity(room * p.width.min(3))),
            Kind::Integer => Values::Integer(Vec::new()),
            Kind::Logical => Values::Logical(Vec::new()),
            Kind::Text => Values::Text(Vec::with_capacity(room)),
        });
        Self {
            values: values.collect(),
        }
    }

    fn push(&mut self, line: &str, comment: &Comment) -> Result<(), super::comment::Fault> {
        let start_of = |word: &str| word.as_ptr() as usize - line.as_ptr() as usize;
        let expected = comment.properties.iter().map(|p| p.width).sum();
        let mut words = line.split_ascii_whitespace();
        let mut found = 0;
        for (property, values) in comment.properties.iter().zip(&mut self.values) {
            for _ in 0..property.width {
                let Some(word) = words.next() else {
                    let layout = comment.layout();
                    return Err((
                        line.len(),
                        XyzProblem::MissingColumn {
                            found,
                            expected,
                            layout,
                        },
                    ));
                };
                found += 1;
                append(values, word, property).map_err(|problem| (start_of(word), problem))?;
            }
        }
        match words.next() {
            None => Ok(()),
            Some(word) => {
                let layout = comment.layout();
                Err((start_of(word), XyzProblem::ExtraColumn { expected, layout }))
            }
        }
    }

    fn into_frame(self, comment: Comment, line: usize) -> XyzFrame {
        let mut frame = XyzFrame {
            cell: comment.cell,
            periodic: comment.periodic,
            info: comment.info,
            columns: BTreeMap::new(),
            line,
            ..XyzFrame::default()
        };
        let has_species = comment.properties.iter().any(|p| p.role == Role::Species);
        for (property, values) in comment.properties.into_iter().zip(self.values) {
            match (property.role, values) {
                (Role::Species, Values::Text(names)) => frame.species = names,
                (Role::AtomicNumber, Values::Integer(numbers)) if !has_species => {
                    let name = |z: &i64| {
                        u8::try_from(*z)
                            .ok()
                            .and_then(elements::symbol)
                            .unwrap_or("X")
                            .to_owned()
                    };
                    frame.species = numbers.iter().map(name).collect();
                }
                (Role::Position, Values::Real(x)) => frame.positions = vectors(&x),
                (Role::Velocity, Values::Real(x)) => frame.velocities = Some(vectors(&x)),
                (Role::Momentum, Values::Real(x)) => frame.momenta = Some(vectors(&x)),
                (Role::Force, Values::Real(x)) => frame.forces = Some(vectors(&x)),
                (Role::Mass, Values::Real(x)) => frame.masses = Some(x),
                (_, values) => {
                    let width = property.width;
                    frame.columns.insert(property.name, Column { width, values });
                }
            }
        }
        frame
    }
}

fn vectors(numbers: &[f64]) -> Vec<Vec3> {
    numbers.chunks_exact(3).map(Vec3::from_column_slice).collect()
}

fn append(values: &mut Values, word: &str, property: &Property) -> Result<(), XyzProblem> {
    let name = || property.name.clone();
    let found = || word.chars().take(40).collect();
    let wrong = |expected| XyzProblem::Value {
        found: found(),
        expected,
        name: name(),
    };
    match values {
        Values::Real(list) => {
            let x = real(word).ok_or_else(|| wrong("a number"))?;
            if !x.is_finite() {
                return Err(XyzProblem::NotFinite {
                    found: found(),
                    name: name(),
                });
            }
            list.push(x);
        }
        Values::Integer(list) => {
            let n: i64 = word.parse().map_err(|_| wrong("an integer"))?;
            if property.role == Role::AtomicNumber && !(0..=118).contains(&n) {
                return Err(wrong("an atomic number from 0 to 118"));
            }
            list.push(n);
        }
        Values::Logical(list) => list.push(logical(word).ok_or_else(|| wrong("T or F"))?),
        Values::Text(list) => list.push(word.to_owned()),
    }
    Ok(())
}

/// A real number; the `D` of Fortran's exponents is accepted.
pub(crate) fn real(word: &str) -> Option<f64> {
    word.parse().ok().or_else(|| {
        let exponent = word
            .find(['d', 'D'])
            .filter(|_| word.starts_with(|c: char| !c.is_alphabetic()))?;
        let (mantissa, rest) = word.split_at(exponent);
        format!("{mantissa}e{}", &rest[1..]).parse().ok()
    })
}

/// `T`, `True`, `1`, `.true.` and their opposites.
pub(super) fn logical(word: &str) -> Option<bool> {
    match word.trim_matches('.').to_ascii_lowercase().as_str() {
        "t" | "true" | "1" => Some(true),
        "f" | "false" | "0" => Some(false),
        _ => None,
    }
}
