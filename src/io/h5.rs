//! The one module that names the HDF5 library: files, groups, fixed datasets, and series that grow.
//!
//! Files carry checksums in their object headers and open in HDF5 1.10 (2016) and later. The library's own file lock is
//! off, so that a trajectory can be looked at while it is written; writers exclude each other in [`crate::io::h5md`].
//! Numbers that are written once carry a Fletcher-32 checksum; what guards a series that grows is told in [`series`].

mod series;

pub(crate) use hdf5::H5Type;
use hdf5::file::LibraryVersion;
use hdf5::types::VarLenUnicode;
use hdf5::{Container, Location, OpenMode};
pub(crate) use series::{Number, Sealed, Series};
use std::path::Path;

/// What HDF5 said, from the outermost call to the innermost.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{0}")]
pub(crate) struct H5Error(pub(crate) String);

type Result<T> = std::result::Result<T, H5Error>;

impl From<hdf5::Error> for H5Error {
    fn from(e: hdf5::Error) -> Self {
        let Some(stack) = e.stack() else {
            return Self(e.to_string());
        };
        let mut lines: Vec<&str> = stack.iter().map(|f| f.desc()).collect();
        lines.dedup();
        let words: String = lines.join(": ").split_whitespace().collect::<Vec<_>>().join(" ");
        Self(if words.is_empty() { e.to_string() } else { words })
    }
}

/// Chunks are kept below this, the size of HDF5's chunk cache.
const CHUNK_LIMIT: usize = 1 << 20;

/// How the numbers of a series are packed. A row that is packed has chunks of its own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Compression {
    /// Not at all.
    #[default]
    None,
    /// Bytes shuffled, then deflated at a level from 1 to 9.
    Deflate(u8),
}

/// An open file.
pub(crate) struct H5File(hdf5::File);

impl H5File {
    /// Makes an empty file in the place of whatever has that name.
    ///
    /// The superblock is that of 1.8, because that of 1.10 marks the file as open for writing, and after a kill no reader
    /// would have it. What is in the file is that of 1.10, whose index of chunks only ever grows at its end. The B-trees
    /// before it move entries from node to node, and a kill in between loses rows that were committed long ago.
    pub(crate) fn create(path: &Path) -> Result<Self> {
        hdf5::silence_errors(true);
        let with = |version| {
            let mut builder = hdf5::File::with_options();
            builder.with_fapl(|p| p.file_locking(false).libver_bounds(version, version));
            builder
        };
        with(LibraryVersion::V18).create(path)?.close()?;
        Ok(Self(with(LibraryVersion::V110).open_as(path, OpenMode::ReadWrite)?))
    }

    /// Opens a file for reading.
    pub(crate) fn open(path: &Path) -> Result<Self> {
        hdf5::silence_errors(true);
        let mut builder = hdf5::File::with_options();
        builder.with_fapl(|p| p.file_locking(false));
        Ok(Self(builder.open(path)?))
    }

    /// The root group.
    pub(crate) fn root(&self) -> Result<Node> {
        Ok(Node(self.0.group("/")?))
    }

    /// Bytes that HDF5 has given out, whether they are written or not.
    pub(crate) fn size(&self) -> u64 {
        self.0.size()
    }

    /// Hands everything to the operating system.
    pub(crate) fn flush(&self) -> Result<()> {
        Ok(self.0.flush()?)
    }

    /// Closes the file; all nodes and series must be gone.
    pub(crate) fn close(self) -> Result<()> {
        Ok(self.0.close()?)
    }
}

/// A group.
pub(crate) struct Node(hdf5::Group);

fn put_text(at: &Location, name: &str, value: &str) -> Result<()> {
    Ok(at
        .new_attr::<VarLenUnicode>()
        .create(name)?
        .write_scalar(&unicode(value))?)
}

/// HDF5's strings end with a zero byte, so one inside is written as its picture.
fn unicode(text: &str) -> VarLenUnicode {
    text.replace('\0', "\u{2400}").parse().unwrap_or_default()
}

/// The text, whatever the bytes are: the library trusts the file, we do not.
fn text(s: &VarLenUnicode) -> String {
    String::from_utf8_lossy(s.as_bytes()).into_owned()
}

impl Node {
    /// Makes a group, with the groups above it.
    pub(crate) fn create_group(&self, path: &str) -> Result<Node> {
        Ok(Node(self.0.create_group(path)?))
    }

    /// Opens a group.
    pub(crate) fn group(&self, path: &str) -> Result<Node> {
        Ok(Node(self.0.group(path)?))
    }

    /// Is there something of that name in the group?
    pub(crate) fn has(&self, name: &str) -> bool {
        self.0.link_exists(name)
    }

    /// Gives the object `target` a second name.
    pub(crate) fn link(&self, target: &str, name: &str) -> Result<()> {
        Ok(self.0.link_hard(target, name)?)
    }

    /// Writes a string attribute.
    pub(crate) fn set_text(&self, name: &str, value: &str) -> Result<()> {
        put_text(&self.0, name, value)
    }

    /// Writes an attribute that is a list of strings.
    pub(crate) fn set_texts(&self, name: &str, values: &[String]) -> Result<()> {
        let values: Vec<VarLenUnicode> = values.iter().map(|v| unicode(v)).collect();
        self.0.new_attr_builder().with_data(&values[..]).create(name)?;
        Ok(())
    }

    /// Writes a number attribute.
    pub(crate) fn set_number<T: H5Type>(&self, name: &str, value: T) -> Result<()> {
        Ok(self.0.new_attr::<T>().create(name)?.write_scalar(&value)?)
    }

    /// Writes an attribute that is a list of numbers.
    pub(crate) fn set_numbers<T: H5Type>(&self, name: &str, values: &[T]) -> Result<()> {
        self.0.new_attr_builder().with_data(values).create(name)?;
        Ok(())
    }

    /// Writes another value into a number attribute that is there.
    pub(crate) fn change_number<T: H5Type>(&self, name: &str, value: T) -> Result<()> {
        Ok(self.0.attr(name)?.write_scalar(&value)?)
    }

    /// Reads a string attribute.
    pub(crate) fn text_attribute(&self, name: &str) -> Result<String> {
        Ok(text(&self.0.attr(name)?.read_scalar::<VarLenUnicode>()?))
    }

    /// Reads an attribute that is a list of strings.
    pub(crate) fn texts_attribute(&self, name: &str) -> Result<Vec<String>> {
        let attribute = self.0.attr(name)?;
        guard(&attribute, attribute.size())?;
        Ok(attribute.read_raw::<VarLenUnicode>()?.iter().map(text).collect())
    }

    /// Reads a number attribute.
    pub(crate) fn number_attribute<T: H5Type>(&self, name: &str) -> Result<T> {
        Ok(self.0.attr(name)?.read_scalar::<T>()?)
    }

    /// Reads an attribute that is a list of numbers.
    pub(crate) fn numbers_attribute<T: H5Type>(&self, name: &str) -> Result<Vec<T>> {
        let attribute = self.0.attr(name)?;
        guard(&attribute, attribute.size())?;
        Ok(attribute.read_raw::<T>()?)
    }

    /// Writes a fixed string.
    pub(crate) fn write_text(&self, name: &str, value: &str) -> Result<()> {
        let dataset = self.0.new_dataset::<VarLenUnicode>().create(name)?;
        Ok(dataset.write_scalar(&unicode(value))?)
    }

    /// Writes a fixed list of strings.
    pub(crate) fn write_texts(&self, name: &str, values: &[String]) -> Result<()> {
        let values: Vec<VarLenUnicode> = values.iter().map(|v| unicode(v)).collect();
        self.0.new_dataset_builder().with_data(&values[..]).create(name)?;
        Ok(())
    }

    /// Writes a fixed list of numbers, with its unit if it has one.
    pub(crate) fn write_numbers<T: H5Type>(&self, name: &str, values: &[T], unit: Option<&str>) -> Result<()> {
        let mut builder = self.0.new_dataset_builder();
        if !values.is_empty() {
            let most = CHUNK_LIMIT / std::mem::size_of::<T>();
            builder = builder.chunk((values.len().min(most),)).fletcher32();
        }
        let dataset = builder.with_data(values).create(name)?;
        unit.map_or(Ok(()), |u| put_text(&dataset, "unit", u))
    }

    /// Reads a fixed string.
    pub(crate) fn read_text(&self, path: &str) -> Result<String> {
        Ok(text(&self.0.dataset(path)?.read_scalar::<VarLenUnicode>()?))
    }

    /// Reads a fixed list of strings.
    pub(crate) fn read_texts(&self, path: &str) -> Result<Vec<String>> {
        let dataset = self.0.dataset(path)?;
        guard(&dataset, dataset.size())?;
        Ok(dataset.read_raw::<VarLenUnicode>()?.iter().map(text).collect())
    }

    /// Reads a fixed list of numbers.
    pub(crate) fn read_numbers<T: H5Type>(&self, path: &str) -> Result<Vec<T>> {
        let dataset = self.0.dataset(path)?;
        let size = dataset.get_shape()?.iter().try_fold(1usize, |n, k| n.checked_mul(*k));
        guard(&dataset, size.unwrap_or(usize::MAX))?;
        Ok(dataset.read_raw::<T>()?)
    }
}

/// A damaged size must not make us allocate more than the file can hold, deflated a thousandfold.
fn guard(at: &Container, elements: usize) -> Result<()> {
    let most = 1024 * at.file()?.size().max(1 << 20);
    if elements as u64 > most {
        return Err(H5Error(format!(
            "a dataset claims {elements} entries, more than the file can hold"
        )));
    }
    Ok(())
}
