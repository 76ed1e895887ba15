//! The catalogue: the only place that knows every potential. Adding one is one line here.

use crate::form::pair::{Info, PairPotential};
use crate::form::truncation::{ForceShifted, Shifted, Switched, Truncated, Truncation};

/// Something done with a truncated potential whose type is known only from the input.
pub trait PairVisitor {
    /// What comes of it.
    type Output;
    /// Called with the type that belongs to the name and the truncation.
    fn visit<E: Truncated>(self) -> Self::Output;
}

fn with_truncation<P: PairPotential, V: PairVisitor>(truncation: Truncation, visitor: V) -> V::Output {
    match truncation {
        Truncation::Cut | Truncation::Shifted => visitor.visit::<Shifted<P>>(),
        Truncation::ForceShifted => visitor.visit::<ForceShifted<P>>(),
        Truncation::Switched { .. } => visitor.visit::<Switched<P>>(),
    }
}

macro_rules! catalogue {
    ($($potential:path),+ $(,)?) => {
        /// Every pair potential, as it describes itself.
        pub const PAIRS: &[Info] = &[$(<$potential as PairPotential>::INFO),+];

        /// Calls the visitor with the potential of that name under that truncation; `None` if there is no such potential.
        pub fn visit_pair<V: PairVisitor>(name: &str, truncation: Truncation, visitor: V) -> Option<V::Output> {
            $(if name == <$potential as PairPotential>::INFO.name {
                return Some(with_truncation::<$potential, V>(truncation, visitor));
            })+
            None
        }
    };
}

catalogue! {
    crate::lennard_jones::LennardJones,
}

/// The description of the potential of that name.
pub fn pair_info(name: &str) -> Option<&'static Info> {
    PAIRS.iter().find(|info| info.name == name)
}
