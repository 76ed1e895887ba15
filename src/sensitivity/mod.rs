//! How a trajectory depends on the numbers that it was made from, and how far that can be trusted.
//!
//! The derivative of the discrete trajectory rides through the steps ([`crate::dynamics::StateTangent`]). Here is what may
//! be differentiated in ([`Variable`]), what follows for the observables ([`slopes`]), and when chaos has eaten the digits
//! ([`Growth`]).

mod adjoint;
mod growth;
mod line_fit;
mod loss;
mod record;
mod schedule;
mod slopes;
mod variable;

pub use adjoint::{AdjointError, Gradient, backwards, gradient};
pub use growth::{DIGITS, DIGITS_OF_MIXED, Growth};
pub use line_fit::LineFit;
pub use loss::{Loss, Reads, Share};
pub use record::Record;
pub use schedule::{GRID, Memory, split};
pub use slopes::{Slopes, slopes};
pub use variable::{Subject, Variable, variables};
