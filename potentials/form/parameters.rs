//! Parameters as named leaves with dimension and bounds, over any scalar.

use super::units::Dimension;

/// A fixed set of scalars that can be taken apart and put together: parameters of a potential, coefficients of a pair.
pub trait Leaves<T>: Copy {
    /// How many scalars.
    const COUNT: usize;
    /// Builds the set from its leaves in order.
    fn from_fn(leaf: impl FnMut(usize) -> T) -> Self;
    /// Leaf `k`.
    fn leaf(&self, k: usize) -> T;
}

/// The values that a parameter may take.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Bounds {
    /// Any finite number.
    Any,
    /// Greater than zero.
    Positive,
    /// Zero or greater.
    NonNegative,
}

impl Bounds {
    /// Is the value allowed? NaN and infinities never are.
    pub fn allow(self, x: f64) -> bool {
        x.is_finite()
            && match self {
                Self::Any => true,
                Self::Positive => x > 0.0,
                Self::NonNegative => x >= 0.0,
            }
    }

    /// The bound in words, for messages and listings.
    pub fn words(self) -> &'static str {
        match self {
            Self::Any => "any finite number",
            Self::Positive => "positive",
            Self::NonNegative => "zero or positive",
        }
    }
}

/// What a parameter means when two species are mixed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mixing {
    /// A size: arithmetic or geometric mean, as the rule says.
    Size,
    /// A depth: geometric mean in both rules.
    Depth,
    /// A shape (an exponent): arithmetic mean in both rules.
    Shape,
    /// No rule: pairs of unlike species must be given.
    Explicit,
}

/// Description of one parameter of a potential.
#[derive(Clone, Copy, Debug)]
pub struct ParameterSpec {
    /// Name in the input.
    pub name: &'static str,
    /// One line of meaning.
    pub meaning: &'static str,
    /// Physical dimension.
    pub dimension: Dimension,
    /// Allowed values.
    pub bounds: Bounds,
    /// What happens between unlike species.
    pub mixing: Mixing,
}

/// Declares the parameters of a potential: writes the struct over any scalar, its leaves and their descriptions.
///
/// Each line reads `name: DIMENSION, Bounds, Mixing;` under its doc comment. The dimension is an expression over the
/// constants of [`Dimension`].
#[macro_export]
macro_rules! parameters {
    ($(#[$outer:meta])* pub struct $name:ident {
        $(#[doc = $meaning:literal] $leaf:ident: $dimension:expr, $bounds:ident, $mixing:ident;)+
    }) => {
        $(#[$outer])*
        #[derive(Clone, Copy, Debug)]
        pub struct $name<T> { $(#[doc = $meaning] pub $leaf: T,)+ }

        impl<T: Copy> $crate::form::parameters::Leaves<T> for $name<T> {
            const COUNT: usize = [$(stringify!($leaf)),+].len();
            #[inline(always)]
            fn from_fn(mut leaf: impl FnMut(usize) -> T) -> Self {
                let mut k = 0..;
                $(let $leaf = leaf(k.next().unwrap_or_default());)+
                Self { $($leaf),+ }
            }
            #[inline(always)]
            fn leaf(&self, k: usize) -> T {
                [$(self.$leaf),+][k]
            }
        }

        impl $name<f64> {
            /// Name, meaning, dimension, bounds and mixing of each leaf, in order.
            pub const SPEC: &'static [$crate::form::parameters::ParameterSpec] = &[
                $($crate::form::parameters::ParameterSpec {
                    name: stringify!($leaf),
                    meaning: $meaning.trim_ascii(),
                    dimension: $dimension,
                    bounds: $crate::form::parameters::Bounds::$bounds,
                    mixing: $crate::form::parameters::Mixing::$mixing,
                }),+
            ];
        }
    };
}

/// Declares the coefficients that `prepare` hands to `energy`: a plain struct of scalars.
#[macro_export]
macro_rules! coefficients {
    ($(#[$outer:meta])* pub struct $name:ident { $($(#[doc = $meaning:literal])+ $leaf:ident,)+ }) => {
        $(#[$outer])*
        #[derive(Clone, Copy, Debug)]
        pub struct $name<T> { $($(#[doc = $meaning])+ pub $leaf: T,)+ }

        impl<T: Copy> $crate::form::parameters::Leaves<T> for $name<T> {
            const COUNT: usize = [$(stringify!($leaf)),+].len();
            #[inline(always)]
            fn from_fn(mut leaf: impl FnMut(usize) -> T) -> Self {
                let mut k = 0..;
                $(let $leaf = leaf(k.next().unwrap_or_default());)+
                Self { $($leaf),+ }
            }
            #[inline(always)]
            fn leaf(&self, k: usize) -> T {
                [$(self.$leaf),+][k]
            }
        }
    };
}
