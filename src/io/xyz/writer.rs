//! Writes extended XYZ that ASE and OVITO open.

use super::{Column, Values, XyzError, XyzFrame, XyzProblem};
use crate::io::{Overwrite, beside};
use admd_engine::Vec3;
use std::io::{BufWriter, Read, Write};
use std::path::{Path, PathBuf};

/// Writes frames one after the other, keeping none in memory.
///
/// The file appears under its name when [`XyzWriter::finish`] has written the last byte; until then it is a temporary
/// file beside it, which is removed when the writer is dropped unfinished. Standard output, written `-`, pipes and
/// terminals get the frames at once.
pub struct XyzWriter {
    path: PathBuf,
    target: PathBuf,
    sink: BufWriter<Sink>,
    overwrite: Overwrite,
    frames: usize,
}

/// Where the bytes go.
enum Sink {
    /// To a file that has yet to get its name.
    File(tempfile::NamedTempFile),
    /// To whoever listens.
    Stream(Box<dyn Write + Send>),
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        match self {
            Self::File(file) => file.write(bytes),
            Self::Stream(stream) => stream.write(bytes),
        }
    }

    fn flush(&mut self) -> std::io::Result<()> {
        match self {
            Self::File(file) => file.flush(),
            Self::Stream(stream) => stream.flush(),
        }
    }
}

impl XyzWriter {
    /// Starts a file.
    ///
    /// # Errors
    /// The file exists and must not be replaced, or its directory cannot be written. Only XYZ text is ever replaced.
    pub fn create(path: impl AsRef<Path>, overwrite: Overwrite) -> Result<Self, XyzError> {
        let path = path.as_ref().to_owned();
        if let Some(stream) = stream(&path).map_err(|e| failed(&path, e.into()))? {
            return Ok(Self::new(path, Sink::Stream(stream), overwrite));
        }
        if let Ok(metadata) = std::fs::metadata(&path).or_else(|_| std::fs::symlink_metadata(&path)) {
            let problem = match overwrite {
                _ if metadata.is_dir() => Some(XyzProblem::IsDirectory),
                _ if !metadata.is_file() => Some(XyzProblem::NotRegular),
                Overwrite::Refuse => Some(XyzProblem::Exists),
                Overwrite::Replace => (metadata.len() > 0 && !is_xyz(&path)).then_some(XyzProblem::NotXyz),
            };
            if let Some(problem) = problem {
                return Err(failed(&path, problem));
            }
        }
        let (file, target) = beside(&path, ".extxyz").map_err(|e| failed(&path, e.into()))?;
        let mut writer = Self::new(path, Sink::File(file), overwrite);
        writer.target = target;
        Ok(writer)
    }

    fn new(path: PathBuf, sink: Sink, overwrite: Overwrite) -> Self {
        Self {
            target: path.clone(),
            path,
            sink: BufWriter::with_capacity(1 << 16, sink),
            overwrite,
            frames: 0,
        }
    }

    /// Appends a frame.
    ///
    /// # Errors
    /// A frame that cannot be written in this format, a full disk.
    pub fn write(&mut self, frame: &XyzFrame) -> Result<(), XyzError> {
        let done = write_frame(&mut self.sink, frame);
        self.frames += 1;
        done.map_err(|problem| failed(&self.path, problem))
    }

    /// Writes the last byte and gives the file its name; tells how many frames it holds.
    ///
    /// # Errors
    /// A full disk, or a file of that name that has appeared in the meantime.
    pub fn finish(self) -> Result<usize, XyzError> {
        let problem = |e: std::io::Error| failed(&self.path, e.into());
        let file = match self.sink.into_inner().map_err(|e| problem(e.into_error()))? {
            Sink::File(file) => file,
            Sink::Stream(mut stream) => {
                stream.flush().map_err(problem)?;
                return Ok(self.frames);
            }
        };
        file.as_file().sync_all().map_err(problem)?;
        let named = match self.overwrite {
            Overwrite::Refuse => file.persist_noclobber(&self.target),
            Overwrite::Replace => file.persist(&self.target),
        };
        named.map_err(|e| match e.error.kind() {
            std::io::ErrorKind::AlreadyExists => failed(&self.path, XyzProblem::Exists),
            _ => problem(e.error),
        })?;
        Ok(self.frames)
    }
}

/// Standard output for `-`, and whatever is open behind the name of a pipe or a terminal.
fn stream(path: &Path) -> std::io::Result<Option<Box<dyn Write + Send>>> {
    if path == Path::new("-") {
        return Ok(Some(Box::new(std::io::stdout())));
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::FileTypeExt;
        let listens = |m: std::fs::Metadata| m.file_type().is_fifo() || m.file_type().is_char_device();
        if std::fs::metadata(path).is_ok_and(listens) {
            return Ok(Some(Box::new(std::fs::File::options().write(true).open(path)?)));
        }
    }
    Ok(None)
}

/// Is the first line a number of atoms?
fn is_xyz(path: &Path) -> bool {
    let mut start = Vec::new();
    let read = std::fs::File::open(path).and_then(|f| f.take(64).read_to_end(&mut start));
    let line = start.split(|b| *b == b'\n').next().unwrap_or_default();
    let count = std::str::from_utf8(line)
        .ok()
        .map(|l| l.trim_start_matches('\u{feff}').trim());
    read.is_ok() && count.is_some_and(|c| c.parse::<u64>().is_ok())
}

fn failed(path: &Path, problem: XyzProblem) -> XyzError {
    XyzError {
        file: path.display().to_string(),
        line: 0,
        column: 0,
        problem,
    }
}

/// Writes one frame to any sink. Every number is written with as many digits as give the same bits again.
///
/// ```
/// use admd::engine::Vec3;
/// use admd::io::xyz::{XyzFrame, write_frame};
/// let species = vec!["Ar".to_owned()];
/// let frame = XyzFrame { species, positions: vec![Vec3::new(0.1, 2.0, -3.0)], ..XyzFrame::default() };
/// let mut text = Vec::new();
/// write_frame(&mut text, &frame).unwrap();
/// let expected = "1\nProperties=species:S:1:pos:R:3 pbc=\"F F F\"\nAr 0.1 2.0 -3.0\n";
/// assert_eq!(String::from_utf8(text).unwrap(), expected);
/// ```
///
/// # Errors
/// Lists of different lengths, species names with blanks, a sink that fails.
pub fn write_frame(sink: &mut impl Write, frame: &XyzFrame) -> Result<(), XyzProblem> {
    check(frame)?;
    let vectors = [
        ("velo", &frame.velocities),
        ("momenta", &frame.momenta),
        ("forces", &frame.forces),
    ];
    let vectors: Vec<(&str, &Vec<Vec3>)> = vectors.iter().filter_map(|(n, v)| Some((*n, v.as_ref()?))).collect();
    writeln!(sink, "{}", frame.len())?;
    if let Some(edges) = &frame.cell {
        let numbers: Vec<String> = edges.iter().flat_map(|e| e.iter().map(|x| format!("{x:?}"))).collect();
        write!(sink, "Lattice=\"{}\" ", numbers.join(" "))?;
    }
    write!(sink, "Properties=species:S:1:pos:R:3")?;
    for (name, _) in &vectors {
        write!(sink, ":{name}:R:3")?;
    }
    if frame.masses.is_some() {
        write!(sink, ":masses:R:1")?;
    }
    for (name, column) in &frame.columns {
        write!(sink, ":{name}:{}:{}", column.values.letter(), column.width)?;
    }
    let [x, y, z] = frame.periodic.map(|p| if p { 'T' } else { 'F' });
    write!(sink, " pbc=\"{x} {y} {z}\"")?;
    for (key, value) in &frame.info {
        write!(sink, " {}={}", quoted(key), quoted(value))?;
    }
    writeln!(sink)?;
    for (atom, (species, r)) in frame.species.iter().zip(&frame.positions).enumerate() {
        write!(sink, "{species} {:?} {:?} {:?}", r.x, r.y, r.z)?;
        for (_, list) in &vectors {
            let v = list[atom];
            write!(sink, " {:?} {:?} {:?}", v.x, v.y, v.z)?;
        }
        if let Some(masses) = &frame.masses {
            write!(sink, " {:?}", masses[atom])?;
        }
        for column in frame.columns.values() {
            column.write(sink, atom)?;
        }
        writeln!(sink)?;
    }
    Ok(())
}

fn check(frame: &XyzFrame) -> Result<(), XyzProblem> {
    let atoms = frame.len();
    let optional = |list: &Option<Vec<Vec3>>| list.as_ref().map_or(atoms, Vec::len);
    let mut lengths = vec![
        ("species".to_owned(), frame.species.len()),
        ("velocities".to_owned(), optional(&frame.velocities)),
        ("momenta".to_owned(), optional(&frame.momenta)),
        ("forces".to_owned(), optional(&frame.forces)),
        ("masses".to_owned(), frame.masses.as_ref().map_or(atoms, Vec::len)),
    ];
    lengths.extend(
        frame
            .columns
            .iter()
            .map(|(name, c)| (name.clone(), c.values.len() / c.width.max(1))),
    );
    if let Some((what, found)) = lengths.into_iter().find(|(_, n)| *n != atoms) {
        return Err(XyzProblem::Length { what, found, atoms });
    }
    let bad = |name: &&String| name.is_empty() || name.contains(char::is_whitespace);
    match frame.species.iter().find(bad) {
        Some(name) => Err(XyzProblem::SpeciesName(name.clone())),
        None => Ok(()),
    }
}

/// The word itself, or in double quotes if it holds anything that has a meaning of its own.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "_-+./:%".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    let escaped = word
        .replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\n', "\\n")
        .replace('\r', " ");
    format!("\"{escaped}\"")
}

impl Values {
    fn letter(&self) -> char {
        match self {
            Self::Real(_) => 'R',
            Self::Integer(_) => 'I',
            Self::Logical(_) => 'L',
            Self::Text(_) => 'S',
        }
    }

    fn len(&self) -> usize {
        match self {
            Self::Real(v) => v.len(),
            Self::Integer(v) => v.len(),
            Self::Logical(v) => v.len(),
            Self::Text(v) => v.len(),
        }
    }
}

impl Column {
    fn write(&self, sink: &mut impl Write, atom: usize) -> std::io::Result<()> {
        for k in atom * self.width..(atom + 1) * self.width {
            match &self.values {
                Values::Real(v) => write!(sink, " {:?}", v[k])?,
                Values::Integer(v) => write!(sink, " {}", v[k])?,
                Values::Logical(v) => write!(sink, " {}", if v[k] { 'T' } else { 'F' })?,
                Values::Text(v) => write!(sink, " {}", v[k])?,
            }
        }
        Ok(())
    }
}
