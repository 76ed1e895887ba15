//! From a frame to atoms that a potential can be asked about.

use super::XyzFrame;
use admd_engine::{Cell, Configuration, EngineError, Mat3, Vec3};

impl XyzFrame {
    /// The names of its species, each once, in the order in which they appear.
    ///
    /// ```
    /// use admd::io::xyz::XyzReader;
    /// let text = "3\n\nAr 0 0 0\nKr 0 0 4\nAr 0 4 0\n";
    /// let frame = XyzReader::new(text.as_bytes(), "text").next().unwrap().unwrap();
    /// assert_eq!(frame.species_names(), ["Ar", "Kr"]);
    /// let atoms = frame.configuration(&frame.species_names()).unwrap();
    /// assert_eq!(atoms.species, [0, 1, 0]);
    /// assert_eq!(atoms.cell.periodic(), [false; 3]);
    /// ```
    pub fn species_names(&self) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        for s in &self.species {
            // Files list like atoms together, mostly: the last name is the likely one.
            if names.last() != Some(s) && !names.contains(s) {
                names.push(s.clone());
            }
        }
        names
    }

    /// The atoms in their cell, or without one in a box around them that is not periodic \[length\]. Species get the index
    /// of their name in the list, which has them all.
    ///
    /// # Errors
    /// [`EngineError::FlatCell`] where the edges span no volume.
    pub fn configuration(&self, names: &[String]) -> Result<Configuration, EngineError> {
        let (edges, periodic) = match self.cell {
            Some(edges) => (edges, self.periodic),
            None => {
                let edges = box_around(&self.positions);
                ([0, 1, 2].map(|k| edges.column(k).into()), [false; 3])
            }
        };
        let index = |s: &String| names.iter().position(|n| n == s).unwrap_or(0) as u16;
        Ok(Configuration {
            cell: Cell::new(edges, periodic)?,
            species: self.species.iter().map(index).collect(),
            positions: self.positions.clone(),
        })
    }
}

/// Edges of a box around atoms in open space. A cell begins at the origin; the box reaches beyond the atoms on both sides.
pub(crate) fn box_around(positions: &[Vec3]) -> Mat3 {
    let first = positions.first().copied().unwrap_or_default();
    let (low, high) = positions.iter().fold((first, first), |(low, high), r| {
        (low.zip_map(r, f64::min), high.zip_map(r, f64::max))
    });
    let lengths = low.zip_map(&high, |a: f64, b: f64| 1.2 * a.abs().max(b.abs()).max(b - a) + 1.0);
    Mat3::from_diagonal(&Vec3::from(lengths))
}
