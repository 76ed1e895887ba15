//! What a run samples when it is long.

use admd_ad::Real;

/// The distribution of the states that a run visits.
///
/// With momenta integrated out, states have the weight
///
/// | | w(r) | source |
/// |---|---|---|
/// | microcanonical | (E − U)^(f/2 − 1) | E. M. Pearson et al., *Phys. Rev. A* **32**, 3030 (1985), doi:10.1103/PhysRevA.32.3030 |
/// | canonical | e^(−U/kT) | |
///
/// with f velocity components among which the kinetic energy is shared.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Ensemble {
    /// At constant energy.
    Microcanonical {
        /// f
        degrees_of_freedom: usize,
    },
    /// At constant temperature.
    Canonical {
        /// f
        degrees_of_freedom: usize,
        /// kT \[energy\]
        kt: f64,
    },
}

impl Ensemble {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Microcanonical { .. } => "microcanonical",
            Self::Canonical { .. } => "canonical",
        }
    }

    /// f, the number of velocity components among which the kinetic energy is shared.
    pub fn degrees_of_freedom(self) -> usize {
        match self {
            Self::Microcanonical { degrees_of_freedom } | Self::Canonical { degrees_of_freedom, .. } => {
                degrees_of_freedom
            }
        }
    }

    /// ln w of a state with a potential and a kinetic energy, at a kT that the microcanonical ensemble ignores
    /// \[energy\]. Without kinetic energy it is −∞, or +∞ with fewer than two degrees of freedom.
    ///
    /// ```
    /// use admd::dynamics::Ensemble;
    /// let constant_energy = Ensemble::Microcanonical { degrees_of_freedom: 6 };
    /// assert_eq!(constant_energy.ln_weight(-3.0, 2.0, f64::NAN), 2.0 * 2_f64.ln());
    /// ```
    pub fn ln_weight<T: Real>(self, potential: T, kinetic: T, kt: T) -> T {
        match self {
            Self::Microcanonical { degrees_of_freedom } => kinetic.ln() * (0.5 * degrees_of_freedom as f64 - 1.0),
            Self::Canonical { .. } => -potential / kt,
        }
    }
}
