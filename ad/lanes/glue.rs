//! What the SIMD lane types share beyond their intrinsics, mostly as macros: operators, and the methods taken from
//! [`super::math`].

/// Calls intrinsics from functions that do not carry the target feature themselves.
macro_rules! hardware {
    ($e:expr) => {{
        // SAFETY: values of SIMD lane types are made only inside kernels entered through `dispatch`, which checked the
        // CPU, as the types demand; an intrinsic needs nothing else, and where it takes a pointer the caller of the
        // method vouches for it.
        unsafe { $e }
    }};
}

/// Where row `index[k]` starts in a table with rows of four.
///
/// The read is volatile because it must stay scalar: the optimiser would read all indices of a lane value into one
/// register and take them apart again, which on Zen 4 makes [`crate::Lane::columns`] half as slow again.
///
/// # Safety
/// `index` must be valid for reading k + 1 values.
#[inline(always)]
pub(super) unsafe fn row_start(index: *const u16, k: usize) -> usize {
    // SAFETY: the caller guarantees that the value is there; pointers to u16 are aligned.
    4 * usize::from(unsafe { index.add(k).read_volatile() })
}

/// Operators between lanes by one intrinsic each, with f64 on the right by splatting it.
macro_rules! operators {
    ($lane:ident: $($trait:ident $method:ident $intrinsic:ident),*) => {$(
        impl $trait for $lane {
            type Output = Self;
            #[inline(always)]
            fn $method(self, o: Self) -> Self {
                Self(hardware!($intrinsic(self.0, o.0)))
            }
        }

        impl $trait<f64> for $lane {
            type Output = Self;
            #[inline(always)]
            fn $method(self, o: f64) -> Self {
                $trait::$method(self, Self::lit(o))
            }
        }
    )*};
}

/// Boolean algebra of a mask type, by one intrinsic an operation.
macro_rules! mask_operators {
    ($mask:ident: $and:ident, $or:ident, $xor:ident) => {
        impl BitAnd for $mask {
            type Output = Self;
            #[inline(always)]
            fn bitand(self, o: Self) -> Self {
                Self(hardware!($and(self.0, o.0)))
            }
        }

        impl BitOr for $mask {
            type Output = Self;
            #[inline(always)]
            fn bitor(self, o: Self) -> Self {
                Self(hardware!($or(self.0, o.0)))
            }
        }

        impl Not for $mask {
            type Output = Self;
            #[inline(always)]
            fn not(self) -> Self {
                Self(hardware!($xor(self.0, Self::splat(true).0)))
            }
        }
    };
}

/// The methods of `Real` that are arithmetic, and the same for every SIMD lane type.
macro_rules! arithmetic_methods {
    () => {
        type Lane = Self;

        #[inline(always)]
        fn lift(x: Self) -> Self {
            x
        }
        #[inline(always)]
        fn primal(self) -> Self {
            self
        }
        #[inline(always)]
        fn sq(self) -> Self {
            self * self
        }
        #[inline(always)]
        fn recip(self) -> Self {
            Self::lit(1.0) / self
        }
        #[inline(always)]
        fn powi(self, n: i32) -> Self {
            powi_by_squaring(self, n)
        }
        #[inline(always)]
        fn dot(w: &[Self], x: &[Self]) -> Self {
            let mut sum = Self::lit(0.0);
            for k in 0..w.len().min(x.len()) {
                sum = w[k].mul_add(x[k], sum);
            }
            sum
        }
    };
}

/// The elementary functions of `Real` for lanes of f64: those of [`super::math`].
macro_rules! elementary_methods {
    () => {
        #[inline(always)]
        fn exp(self) -> Self {
            math::exp(self)
        }
        #[inline(always)]
        fn ln(self) -> Self {
            math::ln(self)
        }
        #[inline(always)]
        fn powf(self, p: Self) -> Self {
            math::powf(self, p)
        }
        #[inline(always)]
        fn sin(self) -> Self {
            math::sin(self)
        }
        #[inline(always)]
        fn cos(self) -> Self {
            math::cos(self)
        }
        #[inline(always)]
        fn tanh(self) -> Self {
            math::tanh(self)
        }
        #[inline(always)]
        fn erfc(self) -> Self {
            math::erfc(self)
        }
        #[inline(always)]
        fn acos(self) -> Self {
            math::acos(self)
        }
        #[inline(always)]
        fn atan2(self, x: Self) -> Self {
            math::atan2(self, x)
        }
    };
}

/// Elementary functions for lanes of f32: the two halves of the register by way of f64, rounded at the end. The error
/// is 0.5 ulp and some 10⁻⁸ of one, and nothing is written twice.
macro_rules! methods_through_f64 {
    ($($one:ident),*; $($two:ident),*) => {
        $(
            #[inline(always)]
            fn $one(self) -> Self {
                let [low, high] = self.widened();
                Self::narrowed([low.$one(), high.$one()])
            }
        )*
        $(
            #[inline(always)]
            fn $two(self, other: Self) -> Self {
                let ([low, high], [other_low, other_high]) = (self.widened(), other.widened());
                Self::narrowed([low.$two(other_low), high.$two(other_high)])
            }
        )*
    };
}

pub(super) use {arithmetic_methods, elementary_methods, hardware, mask_operators, methods_through_f64, operators};
