//! Datasets that grow row by row, so that a run which is stopped anywhere leaves its committed rows right.
//!
//! A process that is killed may stop in the middle of a write, between two pages. A chunk that many rows share is
//! written again whenever it has grown; torn, it holds new rows in front and old ones behind, and the committed rows,
//! which are the same in both, are right all the same. That holds only for plain numbers: a checksum or packing of the
//! chunk would lose them. So shared chunks have neither, and [`Series::seal`] records a SHA-256 of all rows when the
//! file is complete. A chunk that no two rows share is written once, before its row is committed, and may have both.
//!
//! What the index does not find, HDF5 fills in without a word. The fill is a NaN (for integers the least) of bits that
//! nothing computes: a hole is an error here, and no number in any other reader.
//!
//! What remains is a kill within a single write of a block of the index, or of an object header, that lies across two
//! pages: the checksum that HDF5 gives these blocks then refuses the series. `tests/io_torn.rs` makes all these states.

use super::{CHUNK_LIMIT, Compression, H5Error, Node, Result, guard, put_text};
use hdf5::{Extent, H5Type, Hyperslab, SliceOrIndex};
use sha2::{Digest, Sha256};

/// Rows share a chunk of about this size: the index needs some 50 bytes a chunk.
const CHUNK_TARGET: usize = 8 << 10;
/// The attribute with the checksum of a series: SHA-256 of all rows, as they stand in the file; zeros before it is
/// sealed. It is there from the start, so that sealing changes 32 bytes in their place and nothing else.
const SEAL: &str = "sha256";
const NOT_SEALED: [u8; 32] = [0; 32];

/// A number of a series.
pub(crate) trait Number: H5Type + Copy {
    /// What a place holds that was never written.
    const HOLE: Self;
    /// As it stands in the file.
    fn bytes(self) -> [u8; 8];
}

impl Number for f64 {
    /// A quiet NaN with "hole" for a payload.
    const HOLE: Self = f64::from_bits(0x7ff8_0000_686f_6c65);
    fn bytes(self) -> [u8; 8] {
        self.to_le_bytes()
    }
}

impl Number for i64 {
    const HOLE: Self = i64::MIN;
    fn bytes(self) -> [u8; 8] {
        self.to_le_bytes()
    }
}

fn is_hole<T: Number>(value: T) -> bool {
    value.bytes() == T::HOLE.bytes()
}

fn hash<T: Number>(sum: &mut Sha256, values: &[T]) {
    for value in values {
        sum.update(value.bytes());
    }
}

/// Has the writer sealed the file?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sealed {
    /// Then checksums hold and no row is on its way.
    Yes,
    /// It is being written, or was left in the middle.
    No,
}

/// A dataset whose first dimension grows, row by row.
pub(crate) struct Series {
    dataset: hdf5::Dataset,
    /// Rows and shape of a row.
    shape: Vec<usize>,
    /// In a series that is written: the checksum of the rows so far, where chunks have none.
    sum: Option<Sha256>,
    /// In a series that is read: what the checksum must be.
    seal: Option<[u8; 32]>,
}

impl Series {
    /// Makes a series with no rows yet.
    pub(super) fn create<T: Number>(
        group: &hdf5::Group,
        name: &str,
        row: &[usize],
        unit: Option<&str>,
        compression: Compression,
    ) -> Result<Self> {
        let bytes = (row.iter().product::<usize>() * std::mem::size_of::<T>()).max(1);
        let rows = match compression {
            Compression::None => (CHUNK_TARGET / bytes).max(1),
            Compression::Deflate(_) => 1,
        };
        let mut chunk = vec![rows];
        chunk.extend(row.iter().map(|n| (*n).max(1)));
        if bytes > CHUNK_LIMIT {
            chunk[1] = chunk[1].div_ceil(bytes.div_ceil(CHUNK_LIMIT));
        }
        let mut extents = vec![Extent::resizable(0)];
        extents.extend(row.iter().map(|n| Extent::fixed(*n)));
        let mut builder = group.new_dataset_builder().chunk(chunk).fill_value(T::HOLE);
        if let Compression::Deflate(level) = compression {
            builder = builder.shuffle().deflate(level.clamp(1, 9));
        }
        if rows == 1 {
            builder = builder.fletcher32();
        }
        let dataset = builder.empty::<T>().shape(extents).create(name)?;
        if let Some(unit) = unit {
            put_text(&dataset, "unit", unit)?;
        }
        if rows > 1 {
            dataset.new_attr_builder().with_data(&NOT_SEALED[..]).create(SEAL)?;
        }
        let mut series = Self::of(dataset)?;
        series.sum = (rows > 1).then(Sha256::new);
        series.plant::<T>()?;
        Ok(series)
    }

    /// Puts one hole into a first row, so that the file gets an index for the series.
    fn plant<T: Number>(&self) -> Result<()> {
        let mut shape = self.shape.clone();
        shape[0] = 1;
        self.dataset.resize(&shape[..])?;
        if shape.contains(&0) {
            return Ok(());
        }
        let mut corner = vec![SliceOrIndex::from(0usize); shape.len()];
        corner[0] = SliceOrIndex::from(0..1);
        Ok(self.dataset.write_slice(&[T::HOLE], Hyperslab::from(corner))?)
    }

    /// Takes that row away again; an empty index stays. Without it, the first rows would be committed to an index that
    /// is written after them.
    pub(crate) fn clear(&self) -> Result<()> {
        Ok(self.dataset.resize(&self.shape[..])?)
    }

    /// Opens a series; one in a sealed file is checked whenever all of it is read.
    pub(super) fn open(group: &hdf5::Group, path: &str, sealed: Sealed) -> Result<Self> {
        let mut series = Self::of(group.dataset(path)?)?;
        if sealed == Sealed::Yes && series.dataset.attr_names()?.iter().any(|n| n == SEAL) {
            let seal = series.dataset.attr(SEAL)?.read_raw::<u8>()?;
            series.seal = Some(seal.try_into().unwrap_or(NOT_SEALED));
        }
        Ok(series)
    }

    fn of(dataset: hdf5::Dataset) -> Result<Self> {
        let shape = dataset.get_shape()?;
        if shape.is_empty() {
            return Err(H5Error("a series is a single number".to_owned()));
        }
        Ok(Self {
            dataset,
            shape,
            sum: None,
            seal: None,
        })
    }

    /// Number of rows.
    pub(crate) fn len(&self) -> usize {
        self.shape[0]
    }

    /// Shape of a row.
    pub(crate) fn row_shape(&self) -> &[usize] {
        &self.shape[1..]
    }

    fn grow(&mut self, rows: usize) -> Result<usize> {
        let row = self.shape[0];
        self.shape[0] += rows;
        self.dataset.resize(&self.shape[..])?;
        Ok(row)
    }

    /// Appends numbers, a row each.
    pub(crate) fn append<T: Number>(&mut self, values: &[T]) -> Result<()> {
        if values.is_empty() {
            return Ok(());
        }
        if let Some(sum) = &mut self.sum {
            hash(sum, values);
        }
        let row = self.grow(values.len())?;
        Ok(self.dataset.write_slice(values, row..row + values.len())?)
    }

    /// Appends a row that is a list of vectors.
    pub(crate) fn push_vectors(&mut self, values: &[[f64; 3]]) -> Result<()> {
        if let Some(sum) = &mut self.sum {
            hash(sum, values.as_flattened());
        }
        let row = self.grow(1)?;
        Ok(self.dataset.write_slice::<_, f64, _, _>(values, Self::one(row))?)
    }

    /// Appends a row of numbers.
    pub(crate) fn push_numbers(&mut self, values: &[f64]) -> Result<()> {
        if let Some(sum) = &mut self.sum {
            hash(sum, values);
        }
        let row = self.grow(1)?;
        let place = vec![SliceOrIndex::from(row), SliceOrIndex::from(..)];
        Ok(self
            .dataset
            .write_slice::<_, f64, _, _>(values, Hyperslab::from(place))?)
    }

    /// Records the checksum of all rows, which must be in the file. To append to a sealed file, take the mark of the
    /// file away first, then set this attribute back to zeros.
    pub(crate) fn seal(&self) -> Result<()> {
        let Some(sum) = &self.sum else { return Ok(()) };
        let sum: [u8; 32] = sum.clone().finalize().into();
        Ok(self.dataset.attr(SEAL)?.write_raw(&sum[..])?)
    }

    /// Reads one number.
    pub(crate) fn number(&self, row: usize) -> Result<f64> {
        let values = self.dataset.read_slice_1d::<f64, _>(row..row + 1)?;
        match values.first() {
            Some(x) if !is_hole(*x) => Ok(*x),
            _ => Err(missing(row)),
        }
    }

    /// Reads one list of vectors.
    pub(crate) fn vectors(&self, row: usize) -> Result<Vec<[f64; 3]>> {
        let values = self.dataset.read_slice_2d::<f64, _>(Self::one(row))?;
        if values.iter().any(|x| is_hole(*x)) {
            return Err(missing(row));
        }
        Ok(values.rows().into_iter().map(|r| [r[0], r[1], r[2]]).collect())
    }

    /// Reads the numbers of the first rows, which are committed.
    pub(crate) fn first<T: Number>(&self, rows: usize) -> Result<Vec<T>> {
        let values = self.numbers(rows)?;
        let width: usize = self.row_shape().iter().product();
        match values.iter().position(|x| is_hole(*x)) {
            Some(k) => Err(missing(k / width.max(1))),
            None => Ok(values),
        }
    }

    /// Reads the rows up to the first that is not there: those of a chunk that HDF5 has not written down yet, if the
    /// file is not sealed, are not committed.
    pub(crate) fn written<T: Number>(&self) -> Result<Vec<T>> {
        let chunk = self.dataset.chunk().map_or(1, |c| c[0].max(1));
        let mut rows = self.len();
        let mut values = self.numbers(rows);
        while values.is_err() && self.seal.is_none() && rows > 0 {
            rows = (rows - 1) / chunk * chunk;
            if rows > 0 {
                values = self.numbers(rows);
            }
        }
        let mut values = values?;
        let holes = values.iter().position(|x| is_hole(*x));
        values.truncate(holes.unwrap_or(values.len()));
        Ok(values)
    }

    /// Checks all rows if the file is sealed and their chunks have no checksums.
    pub(crate) fn verify(&self) -> Result<()> {
        match self.seal {
            Some(_) => self.numbers::<f64>(self.len()).map(drop),
            None => Ok(()),
        }
    }

    /// Reads the numbers of the first rows, row after row; all of them are checked if the file is sealed.
    fn numbers<T: Number>(&self, rows: usize) -> Result<Vec<T>> {
        let size = self.shape.iter().try_fold(1usize, |n, k| n.checked_mul(*k));
        guard(&self.dataset, size.unwrap_or(usize::MAX))?;
        let all = rows >= self.len() || self.seal.is_some();
        let values = if all {
            self.dataset.read_dyn::<T>()?
        } else {
            let mut part = vec![SliceOrIndex::from(0..rows)];
            part.extend(self.row_shape().iter().map(|_| SliceOrIndex::from(..)));
            self.dataset.read_slice(Hyperslab::from(part))?
        };
        let mut values = values.into_raw_vec_and_offset().0;
        if let Some(seal) = self.seal {
            let mut sum = Sha256::new();
            hash(&mut sum, &values);
            if seal != <[u8; 32]>::from(sum.finalize()) {
                return Err(H5Error("its SHA-256 is not the one recorded in the file".to_owned()));
            }
        }
        values.truncate(rows * self.row_shape().iter().product::<usize>());
        Ok(values)
    }

    /// Row `row` of a series of matrices.
    fn one(row: usize) -> Hyperslab {
        let all = || SliceOrIndex::from(..);
        vec![SliceOrIndex::from(row), all(), all()].into()
    }
}

fn missing(row: usize) -> H5Error {
    H5Error(format!("row {row} is missing"))
}

impl Node {
    /// Makes a series of rows, with none yet.
    pub(crate) fn create_series<T: Number>(
        &self,
        name: &str,
        row: &[usize],
        unit: Option<&str>,
        compression: Compression,
    ) -> Result<Series> {
        Series::create::<T>(&self.0, name, row, unit, compression)
    }

    /// Opens a series.
    pub(crate) fn series(&self, path: &str, sealed: Sealed) -> Result<Series> {
        Series::open(&self.0, path, sealed)
    }
}
