//! How a trajectory depends on the numbers that it was made from, and how far that can be trusted.
//!
//! The derivative of the discrete trajectory rides through the steps ([`crate::dynamics::StateTangent`]). Here is what may
//! be differentiated in ([`Variable`]), what follows for the observables ([`slopes`]), and when chaos has eaten the digits
//! ([`Growth`]). [`gradient`] goes backwards; [`adjoint_method`] derives how. [`relaxed_tangent`] and [`relaxed_gradient`] are
//! for structures at a minimum.

mod adjoint;
pub mod adjoint_method;
mod backwards;
mod blocks;
mod ensemble;
mod growth;
mod implicit;
mod line_fit;
mod loss;
mod losses;
mod observable;
mod record;
mod reweight;
mod schedule;
mod slopes;
mod stiffness;
mod variable;
mod virial;

pub use adjoint::{AdjointError, Gradient, Watch, backwards, gradient};
pub use blocks::{Blocks, LEAST as LEAST_SAMPLES, Value};
pub use ensemble::{
    Averages, Estimate, HEAT_CAPACITY, POTENTIAL_ENERGY, PRESSURE, QUANTITIES, Sample, TEMPERATURE, Virial,
};
pub use growth::{DIGITS, DIGITS_OF_MIXED, Growth, norm};
pub use implicit::{Limits, RelaxedError, RelaxedGradient, RelaxedTangent, relaxed_gradient, relaxed_tangent};
pub use line_fit::LineFit;
pub use loss::{Loss, Reads, Share};
pub use losses::{Averaged, Distance, Mean, RdfDistance, Samples};
pub use observable::Observable;
pub use record::Record;
pub use reweight::{Change, ReweightError, Reweighted, effective_size, reweight, weights};
pub use schedule::{GRID, Memory, split};
pub use slopes::{Slopes, slopes};
pub use variable::{Subject, Variable, variables};
pub use virial::virial_lacks;
