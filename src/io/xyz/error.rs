//! What can be wrong with an extended XYZ file.

/// An error with its place in the file.
#[derive(Debug, thiserror::Error)]
#[error("{}: {problem}", place(file, *line, *column))]
pub struct XyzError {
    /// The file.
    pub file: String,
    /// The line, from 1; 0 when the file as a whole is meant.
    pub line: usize,
    /// The column in characters, from 1; 0 when the line as a whole is meant.
    pub column: usize,
    /// What is wrong.
    pub problem: XyzProblem,
}

fn place(file: &str, line: usize, column: usize) -> String {
    match (line, column) {
        (0, _) => file.to_owned(),
        (_, 0) => format!("{file}:{line}"),
        _ => format!("{file}:{line}:{column}"),
    }
}

/// What is wrong.
#[derive(Debug, thiserror::Error)]
pub enum XyzProblem {
    /// The file cannot be read or written.
    #[error("{0}; check the path, the permissions and the free space")]
    Io(#[from] std::io::Error),
    /// The file is there and must stay.
    #[error("the file exists; choose another name or pass --overwrite")]
    Exists,
    /// The name is taken by a folder.
    #[error("this is a folder; give the name of a file")]
    IsDirectory,
    /// The name is that of a socket, a disk, or a link that leads nowhere.
    #[error("this is no regular file; give the name of a file, or - for standard output")]
    NotRegular,
    /// A file of another kind, perhaps the input.
    #[error(
        "the file is not XYZ text, whose first line is the number of atoms, so it is not replaced; choose another name, \
         or remove the file yourself"
    )]
    NotXyz,
    /// Source and target are the same.
    #[error("this is the file that is read; give the output another name")]
    IsSource,
    /// A frame was asked of an empty file.
    #[error("the file holds no frame; the first line must be the number of atoms")]
    Empty,
    /// Bytes that are no text.
    #[error("the line is not UTF-8 text; is this an XYZ file? save it as UTF-8")]
    NotText,
    /// A line beyond any sense.
    #[error("the line is longer than {limit} bytes; is this an XYZ file?")]
    LongLine {
        /// The limit.
        limit: usize,
    },
    /// The first line of a frame.
    #[error(
        "found `{found}` where the number of atoms of a frame should be; check that the frame above has as many atoms \
         as it announces"
    )]
    AtomCount {
        /// The line, shortened.
        found: String,
    },
    /// The end comes too early.
    #[error(
        "the file ends after {found} of {expected} atoms of the frame that starts in line {start}; \
         correct the number of atoms there or restore the missing lines"
    )]
    Truncated {
        /// Atoms found.
        found: u64,
        /// Atoms announced.
        expected: u64,
        /// Line of the announcement.
        start: usize,
    },
    /// The second line of a frame cannot be read.
    #[error("{0}")]
    Comment(String),
    /// A line with too few columns.
    #[error(
        "the line has {found} columns, but {expected} are needed ({layout}); complete the line or correct Properties"
    )]
    MissingColumn {
        /// Columns found.
        found: usize,
        /// Columns needed.
        expected: usize,
        /// What they are.
        layout: String,
    },
    /// A line with too many columns.
    #[error("the line has more than the {expected} columns ({layout}); name the others in Properties or remove them")]
    ExtraColumn {
        /// Columns needed.
        expected: usize,
        /// What they are.
        layout: String,
    },
    /// A word that is no value of the column's type.
    #[error("`{found}` is not {expected}, as column `{name}` needs; correct the value")]
    Value {
        /// The word.
        found: String,
        /// What was wanted.
        expected: &'static str,
        /// Name of the column.
        name: String,
    },
    /// NaN or infinity.
    #[error(
        "column `{name}` is {found}; every number must be finite, so correct the value or the program that wrote it"
    )]
    NotFinite {
        /// The word.
        found: String,
        /// Name of the column.
        name: String,
    },
    /// The unit of the velocities is not known.
    #[error("velo_unit is `{found}`; write Angstrom/ps, Angstrom/fs or sigma/tau")]
    VelocityUnit {
        /// The unit found.
        found: String,
    },
    /// The velocities are in the unit of another unit system.
    #[error("velo_unit is `{found}`, which cannot be converted to units = \"{units}\"; use a file of the same kind")]
    VelocitySystem {
        /// The unit found.
        found: String,
        /// The unit system asked for.
        units: &'static str,
    },
    /// A list of the wrong length.
    #[error("{what} has {found} entries for {atoms} atoms; give one for each atom")]
    Length {
        /// Which list.
        what: String,
        /// Its length.
        found: usize,
        /// Number of atoms.
        atoms: usize,
    },
    /// A species name that cannot be written.
    #[error("the species name `{0}` is empty or contains a space; rename the species")]
    SpeciesName(String),
}
