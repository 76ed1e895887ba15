//! What can go wrong while energies and forces are evaluated.

/// An evaluation that has no valid result.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum EngineError {
    /// A cell without volume or with numbers that are not finite.
    #[error("the cell edges {edges:?} span no volume; give three linearly independent, finite vectors")]
    FlatCell {
        /// The three edges \[length\].
        edges: [[f64; 3]; 3],
    },
    /// A coordinate that is not finite.
    #[error(
        "atom {atom} is at {position:?}; every coordinate must be finite (an earlier step went wrong, or the input did)"
    )]
    NonFinitePosition {
        /// Index of the atom, from 0.
        atom: usize,
        /// Its position \[length\].
        position: [f64; 3],
    },
    /// Two atoms at one place, or so close that their energy or its slope in r² is not finite.
    ///
    /// Two atoms at distance 0 are no error where both are finite: their force vanishes. A potential written in r has a
    /// slope 1/(2r) du/dr that is infinite there, because the force has no direction.
    #[error(
        "atoms {first} and {second} are {distance:e} apart and their energy or force is not finite; move them apart or \
         minimise"
    )]
    Overlap {
        /// The lower index, from 0.
        first: usize,
        /// The higher index, from 0.
        second: usize,
        /// Their distance \[length\].
        distance: f64,
    },
    /// A force that is not finite although no pair overlaps.
    #[error(
        "the force on atom {atom} is {force:?}; check the parameters of the potential and, in mixed precision, whether atoms \
         are too close for f32"
    )]
    NonFiniteForce {
        /// Index of the atom, from 0.
        atom: usize,
        /// The force \[energy/length\].
        force: [f64; 3],
    },
    /// A quantum of forces that is no grid.
    #[error("the quantum of forces is {quantum:e}; it must be a power of two, and precision double")]
    BadQuantum {
        /// The quantum \[energy/length\].
        quantum: f64,
    },
    /// A force that leaves the grid on which forces are summed exactly.
    #[error(
        "the force on atom {atom} is {force:.3e}, beyond the grid of exact sums ({limit:.3e}), which is made for the speeds of the \
         start and the time step; move overlapping atoms apart, shorten the time step, or run without reversible = true"
    )]
    TooManyQuanta {
        /// Index of the atom, from 0.
        atom: usize,
        /// The size of the force \[energy/length\].
        force: f64,
        /// The largest component \[energy/length\].
        limit: f64,
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
    /// A neighbour list that would need more images or memory than [`ListSize`](super::ListSize) allows.
    #[error(
        "a neighbour list of reach {reach} for {atoms} atoms needs {:.1e} atoms and images (at most {:.1e}) and {:.1} GB \
         (at most {:.1}); shorten the cutoff or the skin, or enlarge the cell",
        .size.slots,
        super::ListSize::MOST_SLOTS,
        .size.bytes / 1e9,
        .size.allowance / 1e9
    )]
    TooManyImages {
        /// Number of atoms.
        atoms: usize,
        /// Cutoff and skin \[length\].
        reach: f64,
        /// What the list needs, by estimate.
        size: super::ListSize,
    },
    /// More atoms and images around a few atoms than the list can number.
    #[error(
        "some atom has about {places} atoms and images within {reach}, more than the 65,000 that the list can number; \
         shorten the cutoff, or look for atoms that have collapsed on one spot"
    )]
    TooManyNeighbors {
        /// Cutoff and skin \[length\].
        reach: f64,
        /// How many places a single slice of the list would see.
        places: usize,
    },
    /// Neighbours that would take more memory than a list may.
    #[error(
        "the neighbours within {reach} take more than {:.1} GB; shorten the cutoff, or look for atoms that have collapsed",
        allowance / 1e9
    )]
    TooManyEntries {
        /// Cutoff and skin \[length\].
        reach: f64,
        /// What a list of so many atoms may take, in bytes.
        allowance: f64,
    },
    /// Tail corrections where the fluid does not fill all space.
    #[error(
        "the potential `{label}` has tail corrections, but the edges of the cell are periodic: {periodic:?}; they stand \
         for a uniform fluid without an end: make all three edges periodic, or leave the tail corrections out"
    )]
    TailOfOpenCell {
        /// The label of the potential.
        label: String,
        /// Which edges are periodic.
        periodic: [bool; 3],
    },
    /// Potentials that are bound to different lists of species.
    #[error(
        "the potential `{}` lists the species {:?}, but `{}` lists {:?}; bind all potentials to one list, in one order",
        .labels[0], .species[0], .labels[1], .species[1]
    )]
    DifferentSpecies {
        /// The labels of the first potential and of the other.
        labels: Box<[String; 2]>,
        /// Their species.
        species: Box<[Vec<String>; 2]>,
    },
    /// An atom so far from the cell that its place within it has no digits left.
    #[error(
        "atom {atom} at {position:?} is more than 1e9 cells away; wrap the positions, or look for what drove it out"
    )]
    FarAway {
        /// Index of the atom, from 0.
        atom: usize,
        /// Its position \[length\].
        position: [f64; 3],
    },
    /// A skin that is not a length.
    #[error("the skin is {skin}; it must be zero or positive and finite")]
    BadSkin {
        /// The value \[length\].
        skin: f64,
    },
    /// A reach that is no length.
    #[error("the reach of pairs is {reach}; give a finite length of zero or more")]
    BadReach {
        /// The value \[length\].
        reach: f64,
    },
    /// The processor lacks what was asked for.
    #[error(transparent)]
    Isa(#[from] admd_ad::IsaError),
}
