//! What an energy may be, and how its parameters are named, mixed and truncated.

pub mod binding;
pub mod mixing;
pub mod pair;
pub mod parameters;
pub mod tail;
pub mod truncation;
pub mod units;

/// What a potential file needs.
pub mod prelude {
    pub use super::pair::{Info, PairEnergy, PairPotential};
    pub use super::units::Dimension;
    pub use crate::{coefficients, parameters};
    pub use admd_ad::Real;
}
