//! Truncation: adaptors around any pair energy. The potential itself never knows of a cutoff.
//!
//! | adaptor | u_c(r) for r < r_c | smooth at r_c |
//! |---|---|---|
//! | [`Shifted`] with shift 0 (`cut`) | u(r) | jumps |
//! | [`Shifted`] (`shifted`) | u(r) − u(r_c) | C0 |
//! | [`ForceShifted`] (`force_shifted`) | u(r) − u(r_c) − (r − r_c) u′(r_c) | C1 |
//! | [`Switched`] (`switched`) | S(r) u(r), S falling from 1 at r_s to 0 at r_c | C2 |
//!
//! The slope u′(r_c) is a derivative like any other here: the energy at a dual. All adaptors are exact in the parameters
//! at every order, because they are prepared in the caller's scalar.

use super::pair::{PairEnergy, PairPotential};
use super::parameters::Leaves;
use admd_ad::{Dual, Real};
use core::marker::PhantomData;

/// How the energy is brought to zero at the cutoff.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Truncation {
    /// Set to zero at the cutoff: energy and force jump.
    Cut,
    /// Shifted in energy: the force jumps.
    Shifted,
    /// Shifted in energy and force.
    ForceShifted,
    /// Multiplied by a polynomial in r² from 1 at `onset` to 0 at the cutoff, with two continuous derivatives.
    Switched {
        /// Where the switch begins, as a fraction of the cutoff.
        onset: f64,
    },
}

impl Truncation {
    /// Names in the input, in the order of the variants.
    pub const NAMES: [&'static str; 4] = ["cut", "shifted", "force_shifted", "switched"];

    /// The name in the input.
    pub fn name(self) -> &'static str {
        match self {
            Self::Cut => Self::NAMES[0],
            Self::Shifted => Self::NAMES[1],
            Self::ForceShifted => Self::NAMES[2],
            Self::Switched { .. } => Self::NAMES[3],
        }
    }

    /// Number of continuous derivatives at the cutoff; `None` when the energy itself jumps.
    pub fn smoothness(self) -> Option<u8> {
        match self {
            Self::Cut => None,
            Self::Shifted => Some(0),
            Self::ForceShifted => Some(1),
            Self::Switched { .. } => Some(2),
        }
    }
}

/// A truncated energy with the way to prepare its coefficients.
pub trait Truncated: PairEnergy {
    /// The potential inside.
    type Potential: PairPotential;

    /// Coefficients of the truncated energy from the parameters and the cutoff \[length\].
    fn prepare<T: Real>(
        p: &<Self::Potential as PairPotential>::Params<T>,
        cutoff: T,
        truncation: Truncation,
    ) -> Self::Coef<T>;
}

/// Coefficients of the energy inside, and N of the adaptor.
#[derive(Clone, Copy, Debug)]
pub struct Wrapped<C, T, const N: usize> {
    /// Coefficients of the energy inside.
    pub inner: C,
    /// The adaptor's own.
    pub own: [T; N],
}

impl<T: Copy, C: Leaves<T>, const N: usize> Leaves<T> for Wrapped<C, T, N> {
    const COUNT: usize = C::COUNT + N;
    #[inline(always)]
    fn from_fn(mut leaf: impl FnMut(usize) -> T) -> Self {
        Self {
            inner: C::from_fn(&mut leaf),
            own: core::array::from_fn(|k| leaf(C::COUNT + k)),
        }
    }
    #[inline(always)]
    fn leaf(&self, k: usize) -> T {
        if k < C::COUNT {
            self.inner.leaf(k)
        } else {
            self.own[k - C::COUNT]
        }
    }
}

/// u(r) − shift, where the shift is u(r_c), or 0 for a bare cut.
pub struct Shifted<P>(PhantomData<P>);

impl<P: PairPotential> PairEnergy for Shifted<P> {
    type Coef<T: Real> = Wrapped<P::Coef<T>, T, 1>;
    #[inline(always)]
    fn energy<T: Real>(r2: T, c: &Self::Coef<T>) -> T {
        P::energy(r2, &c.inner) - c.own[0]
    }
}

impl<P: PairPotential> Truncated for Shifted<P> {
    type Potential = P;
    fn prepare<T: Real>(p: &P::Params<T>, cutoff: T, truncation: Truncation) -> Self::Coef<T> {
        let inner = P::prepare(p);
        let shift = match truncation {
            Truncation::Cut => T::lit(0.0),
            _ => P::energy(cutoff.sq(), &inner),
        };
        Wrapped { inner, own: [shift] }
    }
}

/// u(r) − a − b r with b = u′(r_c) and a = u(r_c) − r_c u′(r_c).
pub struct ForceShifted<P>(PhantomData<P>);

impl<P: PairPotential> PairEnergy for ForceShifted<P> {
    type Coef<T: Real> = Wrapped<P::Coef<T>, T, 2>;
    #[inline(always)]
    fn energy<T: Real>(r2: T, c: &Self::Coef<T>) -> T {
        let [a, b] = c.own;
        P::energy(r2, &c.inner) - b.mul_add(r2.sqrt(), a)
    }
}

impl<P: PairPotential> Truncated for ForceShifted<P> {
    type Potential = P;
    fn prepare<T: Real>(p: &P::Params<T>, cutoff: T, _: Truncation) -> Self::Coef<T> {
        let inner = P::prepare(p);
        let lifted = <P::Coef<Dual<T, 1>>>::from_fn(|k| Dual::constant(inner.leaf(k)));
        let at_cutoff = P::energy(Dual::<T, 1>::variable(cutoff, 0).sq(), &lifted);
        let slope = at_cutoff.d[0];
        Wrapped {
            inner,
            own: [at_cutoff.v - cutoff * slope, slope],
        }
    }
}

/// S(r) u(r) with S = 1 − x³ (10 − 15 x + 6 x²), x = (r² − r_s²)/(r_c² − r_s²) clamped to [0, 1].
///
/// The polynomial has vanishing first and second derivatives at both ends, in x and so in r.
pub struct Switched<P>(PhantomData<P>);

impl<P: PairPotential> PairEnergy for Switched<P> {
    /// `own` is 1/(r_c² − r_s²) and −r_s²/(r_c² − r_s²).
    type Coef<T: Real> = Wrapped<P::Coef<T>, T, 2>;
    #[inline(always)]
    fn energy<T: Real>(r2: T, c: &Self::Coef<T>) -> T {
        let x = r2.mul_add(c.own[0], c.own[1]).max(T::lit(0.0)).min(T::lit(1.0));
        let fall = x.powi(3) * x.mul_add(x * 6.0 - 15.0, T::lit(10.0));
        P::energy(r2, &c.inner) * (T::lit(1.0) - fall)
    }
}

impl<P: PairPotential> Truncated for Switched<P> {
    type Potential = P;
    fn prepare<T: Real>(p: &P::Params<T>, cutoff: T, truncation: Truncation) -> Self::Coef<T> {
        let fraction = match truncation {
            Truncation::Switched { onset } => onset,
            _ => 0.0,
        };
        let end = cutoff.sq();
        let start = (cutoff * fraction).sq();
        let inverse = (end - start).recip();
        Wrapped {
            inner: P::prepare(p),
            own: [inverse, -(start * inverse)],
        }
    }
}
