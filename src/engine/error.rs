//! What can go wrong while energies and forces are evaluated.

/// An evaluation that has no valid result.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum EngineError {
    /// A cell without volume or with numbers that are not finite.
    #[error("the cell edges {edges:?} span no volume; give three linearly independent, finite vectors")]
    FlatCell {
        /// The three edges [length].
        edges: [[f64; 3]; 3],
    },
    /// A coordinate that is not finite.
    #[error(
        "atom {atom} is at {position:?}; every coordinate must be finite (an earlier step went wrong, or the input did)"
    )]
    NonFinitePosition {
        /// Index of the atom, from 0.
        atom: usize,
        /// Its position [length].
        position: [f64; 3],
    },
    /// Two atoms at one place, or so close that the energy is not finite.
    #[error(
        "atoms {first} and {second} are {distance:e} apart and their energy is not finite; move them apart or minimise"
    )]
    Overlap {
        /// The lower index, from 0.
        first: usize,
        /// The higher index, from 0.
        second: usize,
        /// Their distance [length].
        distance: f64,
    },
    /// A force that is not finite although no pair overlaps.
    #[error("the force on atom {atom} is {force:?}; check the parameters of the potential")]
    NonFiniteForce {
        /// Index of the atom, from 0.
        atom: usize,
        /// The force [energy/length].
        force: [f64; 3],
    },
    /// A species index without a potential.
    #[error("atom {atom} has species {species}, but the force field knows only {known} species")]
    UnknownSpecies {
        /// Index of the atom, from 0.
        atom: usize,
        /// Its species index.
        species: usize,
        /// How many there are.
        known: usize,
    },
    /// A list of the wrong length.
    #[error("{what} has {found} entries where {expected} are needed")]
    Length {
        /// Which list.
        what: &'static str,
        /// Its length.
        found: usize,
        /// The right length.
        expected: usize,
    },
    /// A parameter set that the potential refuses.
    #[error(transparent)]
    Binding(#[from] admd_potentials::form::binding::BindingError),
    /// The processor lacks what was asked for.
    #[error("{0}")]
    Isa(String),
}
