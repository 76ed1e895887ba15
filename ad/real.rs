//! The scalar trait: what a number must be able to do for an energy to be written over it.
//!
//! A function `fn energy<T: Real>(r2: T, ...) -> T` is instantiated at plain lanes for energies, at [`crate::Dual`] for
//! first derivatives, at nested duals for second ones, at tapes for many inputs. Every method is a primitive with its own
//! derivative rule in [`crate::elementary`]; every implementation is `#[inline(always)]`, because inlining is what makes
//! the derivative code dissolve into straight SIMD arithmetic.

use core::fmt::Debug;
use core::ops::{Add, BitAnd, BitOr, Div, Mul, Neg, Not, Sub};

/// A truth value a lane: the result of a comparison, the condition of [`Real::select`].
pub trait Mask: Copy + Debug + BitAnd<Output = Self> + BitOr<Output = Self> + Not<Output = Self> {
    /// The same truth value in every lane.
    fn splat(on: bool) -> Self;
    /// Is at least one lane true?
    fn any(self) -> bool;
    /// Are all lanes true?
    fn all(self) -> bool;
}

/// A differentiable scalar.
///
/// Write `x.sq()`, `x.powi(3)`, `x.recip()` and `a.mul_add(b, c)` instead of spelling products out: each is one node with
/// a closed-form derivative, and stable Rust may not fuse or reassociate what is spelt out.
pub trait Real:
    Copy
    + Debug
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Div<Output = Self>
    + Neg<Output = Self>
    + Add<f64, Output = Self>
    + Sub<f64, Output = Self>
    + Mul<f64, Output = Self>
    + Div<f64, Output = Self>
{
    /// The hardware type at the bottom: a scalar or a SIMD lane type.
    type Lane: Lane;

    /// A constant, the same in every lane. It carries no derivative.
    fn lit(x: f64) -> Self;
    /// A constant with one value a lane (a table coefficient, a charge). It carries no derivative.
    fn lift(x: Self::Lane) -> Self;
    /// The value without its derivatives: for table indices, cutoffs and branches.
    fn primal(self) -> Self::Lane;

    /// x².
    fn sq(self) -> Self;
    /// 1/x.
    fn recip(self) -> Self;
    /// √x; the derivative at 0 is +∞, as in the limit.
    fn sqrt(self) -> Self;
    /// eˣ.
    fn exp(self) -> Self;
    /// Natural logarithm; −∞ at 0, NaN below.
    fn ln(self) -> Self;
    /// xⁿ with a constant whole exponent.
    fn powi(self, n: i32) -> Self;
    /// xᵖ for x ≥ 0, differentiable in x and in p.
    fn powf(self, p: Self) -> Self;
    /// Sine \[rad\].
    fn sin(self) -> Self;
    /// Cosine \[rad\].
    fn cos(self) -> Self;
    /// Hyperbolic tangent.
    fn tanh(self) -> Self;
    /// Error function complement, 1 − erf x.
    fn erfc(self) -> Self;
    /// Inverse cosine; the argument is clamped to [−1, 1], where the derivative is taken as 0.
    fn acos(self) -> Self;
    /// The angle of the point (x, self) \[rad\]; 0 with zero derivatives at the origin.
    fn atan2(self, x: Self) -> Self;
    /// |x|; the derivative at 0 is 0.
    fn abs(self) -> Self;

    /// self · b + c with a single rounding where the hardware has it.
    fn mul_add(self, b: Self, c: Self) -> Self;
    /// Is the value of self below that of `other`?
    fn lt(self, other: Self) -> <Self::Lane as Lane>::Mask;
    /// `a` where the mask is true, else `b`. Both are evaluated: keep the one not taken finite.
    fn select(mask: <Self::Lane as Lane>::Mask, a: Self, b: Self) -> Self;

    /// The smaller of the two; on a tie, self.
    #[inline(always)]
    fn min(self, other: Self) -> Self {
        Self::select(other.lt(self), other, self)
    }
    /// The larger of the two; on a tie, self.
    #[inline(always)]
    fn max(self, other: Self) -> Self {
        Self::select(self.lt(other), other, self)
    }
    /// Σₖ xₖ², the square of a length; its tangents take half the work of those of products.
    #[inline(always)]
    fn squares<const N: usize>(x: [Self; N]) -> Self {
        let mut sum = Self::lit(0.0);
        for k in (0..N).rev() {
            sum = if k + 1 == N {
                x[k] * x[k]
            } else {
                x[k].mul_add(x[k], sum)
            };
        }
        sum
    }
    /// Σₖ wₖ xₖ as one node.
    fn dot(w: &[Self], x: &[Self]) -> Self;
    /// Σₖ xₖ as one node.
    #[inline(always)]
    fn total(x: &[Self]) -> Self {
        x.iter().fold(Self::lit(0.0), |sum, x| sum + *x)
    }
    /// The matrix–vector product y = W x as one node; `w` holds W by rows, y.len() rows of x.len() columns.
    ///
    /// # Panics
    /// If `w.len()` is not `y.len() * x.len()`.
    #[inline(always)]
    fn dense(w: &[Self], x: &[Self], y: &mut [Self]) {
        assert_eq!(
            w.len(),
            y.len() * x.len(),
            "a dense layer needs one weight for each output and input"
        );
        for (i, y) in y.iter_mut().enumerate() {
            *y = Self::dot(&w[i * x.len()..(i + 1) * x.len()], x);
        }
    }
}

/// A floating-point number as memory holds it, with its lane type for every instruction set.
pub trait Element: Copy + Debug + Default + PartialOrd + Send + Sync + 'static {
    /// One number at a time.
    type Scalar: Lane<Element = Self>;
    /// AVX2 registers.
    type Avx2: Lane<Element = Self>;
    /// AVX-512 registers.
    type Avx512: Lane<Element = Self>;
    /// Width of the widest of them: what is laid out for this width suits them all.
    const WIDEST: usize = <Self::Avx512 as Lane>::WIDTH;

    /// The nearest number.
    fn narrow(x: f64) -> Self;
    /// The same number, exactly.
    fn widen(self) -> f64;
    /// Writes a lane value of f64 as numbers of this kind.
    ///
    /// # Safety
    /// `p` must be valid for writing `L::WIDTH` values.
    unsafe fn put<L: Lane<Element = f64>>(x: L, p: *mut Self);
}

/// A hardware value without derivatives: one number or a SIMD register of them.
pub trait Lane: Real<Lane = Self> + Send + Sync + 'static {
    /// One truth value a lane.
    type Mask: Mask;
    /// What a lane holds.
    type Element: Element;
    /// Number of values side by side.
    const WIDTH: usize;
    /// Name of the instruction set, for the record in output files.
    const ISA: &'static str;

    /// Builds a lane value from a function of the lane number.
    fn from_fn(f: impl FnMut(usize) -> f64) -> Self;
    /// The value in lane `k`.
    fn extract(self, k: usize) -> f64;
    /// Sum over the lanes in f64, always in the same order.
    fn sum(self) -> f64;
    /// The smallest of the lanes; unspecified when one is NaN.
    fn least(self) -> f64;
    /// The largest of the lanes; unspecified when one is NaN.
    fn most(self) -> f64;

    /// Reads `WIDTH` consecutive values.
    ///
    /// # Safety
    /// `p` must be valid for reading `WIDTH` values; no alignment is needed beyond that of the element.
    unsafe fn load(p: *const Self::Element) -> Self;
    /// Writes `WIDTH` consecutive values.
    ///
    /// # Safety
    /// `p` must be valid for writing `WIDTH` values.
    unsafe fn store(self, p: *mut Self::Element);
    /// Writes `WIDTH` consecutive values as f32.
    ///
    /// # Safety
    /// `p` must be valid for writing `WIDTH` values.
    unsafe fn store_single(self, p: *mut f32);
    /// Adds lane k to `p[k]`, in f64.
    ///
    /// # Safety
    /// `p` must be valid for reading and writing `WIDTH` values.
    unsafe fn add_to(self, p: *mut f64);
    /// Reads `base[index[k]]` into lane k.
    ///
    /// # Safety
    /// `index` must be valid for reading `WIDTH` values, each a valid offset from `base` and below 2³¹.
    unsafe fn gather(base: *const Self::Element, index: *const u32) -> Self;

    /// The first three columns of a table with rows of four numbers: lane k reads row `index[k]`.
    ///
    /// One load a row and a transposition in registers; on processors with slow gathers that is nearly twice as fast as
    /// three of them.
    ///
    /// # Safety
    /// `index` must be valid for reading `WIDTH` values, each the number of a row of four values from `base` on.
    unsafe fn columns(base: *const Self::Element, index: *const u16) -> [Self; 3];
    /// Writes to `out`, side by side and in order, those values of `index` whose lane is in the mask. Returns how many they
    /// are.
    ///
    /// # Safety
    /// `index` must be valid for reading and `out` for writing `WIDTH` values; what is written beyond those kept is not
    /// specified.
    unsafe fn keep(mask: Self::Mask, index: *const u16, out: *mut u16) -> usize;
    /// Writes the lanes in the mask to `out`, side by side and in order.
    ///
    /// # Safety
    /// `out` must be valid for writing `WIDTH` values; what is written beyond those kept is not specified.
    unsafe fn pack(self, mask: Self::Mask, out: *mut Self::Element);
}
