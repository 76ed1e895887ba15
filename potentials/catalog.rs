//! The catalogue: the only place that knows every potential. Adding one is one line here.

use crate::form::binding::{BindingError, PairBinding};
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
    crate::mie::Mie,
    crate::morse::Morse,
    crate::buckingham::Buckingham,
}

/// Checks a binding whose potential is known by its description only.
///
/// # Errors
/// All that is wrong with it.
///
/// # Panics
/// When the potential is not in the catalogue.
pub fn check(binding: &PairBinding) -> Result<(), Vec<BindingError>> {
    struct Check<'a>(&'a PairBinding);
    impl PairVisitor for Check<'_> {
        type Output = Result<(), Vec<BindingError>>;
        fn visit<E: Truncated>(self) -> Self::Output {
            self.0.check::<E>()
        }
    }
    let name = binding.info.name;
    visit_pair(name, binding.truncation, Check(binding))
        .unwrap_or_else(|| panic!("the potential {name} has no line in potentials/catalog.rs"))
}

/// The description of the potential of that name.
pub fn pair_info(name: &str) -> Option<&'static Info> {
    PAIRS.iter().find(|info| info.name == name)
}
