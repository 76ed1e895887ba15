//! One f32 as a lane of width 1: the reference that the SIMD lanes of f32 are tested against.

use crate::elementary::powi_by_squaring;
use crate::real::{Element, Lane, Real};
use core::ops::{Add, Div, Mul, Neg, Sub};

/// One f32 that takes part in arithmetic with f64 constants, which the bare type cannot.
#[derive(Clone, Copy, Debug, Default, PartialEq, PartialOrd)]
#[repr(transparent)]
pub struct F32x1(pub f32);

macro_rules! operators {
    ($($trait:ident $method:ident),*) => {$(
        impl $trait for F32x1 {
            type Output = Self;
            #[inline(always)]
            fn $method(self, o: Self) -> Self {
                Self($trait::$method(self.0, o.0))
            }
        }

        impl $trait<f64> for F32x1 {
            type Output = Self;
            #[inline(always)]
            fn $method(self, o: f64) -> Self {
                $trait::$method(self, Self::lit(o))
            }
        }
    )*};
}
operators!(Add add, Sub sub, Mul mul, Div div);

impl Neg for F32x1 {
    type Output = Self;
    #[inline(always)]
    fn neg(self) -> Self {
        Self(-self.0)
    }
}

/// Elementary functions by way of f64, rounded once more at the end.
macro_rules! methods_through_f64 {
    ($($one:ident),*; $($two:ident),*) => {
        $(
            #[inline(always)]
            fn $one(self) -> Self {
                Self::lit(Real::$one(self.0.widen()))
            }
        )*
        $(
            #[inline(always)]
            fn $two(self, other: Self) -> Self {
                Self::lit(Real::$two(self.0.widen(), other.0.widen()))
            }
        )*
    };
}

impl Real for F32x1 {
    type Lane = Self;

    methods_through_f64!(exp, ln, sin, cos, tanh, erfc, acos; powf, atan2);

    #[inline(always)]
    fn lit(x: f64) -> Self {
        Self(f32::narrow(x))
    }
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
        Self(1.0 / self.0)
    }
    #[inline(always)]
    fn sqrt(self) -> Self {
        Self(f32::sqrt(self.0))
    }
    #[inline(always)]
    fn powi(self, n: i32) -> Self {
        powi_by_squaring(self, n)
    }
    #[inline(always)]
    fn abs(self) -> Self {
        Self(f32::abs(self.0))
    }
    #[inline(always)]
    fn mul_add(self, b: Self, c: Self) -> Self {
        Self(f32::mul_add(self.0, b.0, c.0))
    }
    #[inline(always)]
    fn lt(self, other: Self) -> bool {
        self.0 < other.0
    }
    #[inline(always)]
    fn select(mask: bool, a: Self, b: Self) -> Self {
        if mask { a } else { b }
    }
    #[inline(always)]
    fn dot(w: &[Self], x: &[Self]) -> Self {
        w.iter().zip(x).fold(Self(0.0), |sum, (w, x)| w.mul_add(*x, sum))
    }
}

impl Element for f32 {
    type Scalar = F32x1;
    #[cfg(target_arch = "x86_64")]
    type Avx2 = super::F32x8;
    #[cfg(not(target_arch = "x86_64"))]
    type Avx2 = F32x1;
    #[cfg(target_arch = "x86_64")]
    type Avx512 = super::F32x16;
    #[cfg(not(target_arch = "x86_64"))]
    type Avx512 = F32x1;

    #[inline(always)]
    fn narrow(x: f64) -> Self {
        x as Self
    }
    #[inline(always)]
    fn widen(self) -> f64 {
        f64::from(self)
    }
    #[inline(always)]
    unsafe fn put<L: Lane<Element = f64>>(x: L, p: *mut Self) {
        // SAFETY: the caller guarantees that WIDTH values can be written.
        unsafe { x.store_single(p) }
    }
}

impl Lane for F32x1 {
    type Mask = bool;
    type Element = f32;
    const WIDTH: usize = 1;
    const ISA: &'static str = "scalar";

    #[inline(always)]
    fn from_fn(mut f: impl FnMut(usize) -> f64) -> Self {
        Self::lit(f(0))
    }
    #[inline(always)]
    fn extract(self, _: usize) -> f64 {
        self.0.widen()
    }
    #[inline(always)]
    fn sum(self) -> f64 {
        self.0.widen()
    }
    #[inline(always)]
    fn least(self) -> f64 {
        self.0.into()
    }
    #[inline(always)]
    fn most(self) -> f64 {
        self.0.into()
    }
    #[inline(always)]
    unsafe fn load(p: *const f32) -> Self {
        // SAFETY: the caller guarantees that one value can be read.
        Self(unsafe { p.read() })
    }
    #[inline(always)]
    unsafe fn store(self, p: *mut f32) {
        // SAFETY: the caller guarantees that one value can be written.
        unsafe { p.write(self.0) }
    }
    #[inline(always)]
    unsafe fn store_single(self, p: *mut f32) {
        // SAFETY: the caller guarantees that one value can be written.
        unsafe { p.write(self.0) }
    }
    #[inline(always)]
    unsafe fn add_to(self, p: *mut f64) {
        // SAFETY: the caller guarantees that one value can be read and written.
        unsafe { *p += self.0.widen() }
    }
    #[inline(always)]
    unsafe fn gather(base: *const f32, index: *const u32) -> Self {
        // SAFETY: the caller guarantees one readable index and that it is a valid offset.
        Self(unsafe { base.add(index.read() as usize).read() })
    }
    #[inline(always)]
    unsafe fn columns(base: *const f32, index: *const u16) -> [Self; 3] {
        // SAFETY: the caller guarantees one readable index and that it is the number of a row of four values.
        unsafe {
            let row = base.add(4 * index.read() as usize);
            [Self(row.read()), Self(row.add(1).read()), Self(row.add(2).read())]
        }
    }
    #[inline(always)]
    unsafe fn keep(mask: bool, index: *const u16, out: *mut u16) -> usize {
        // SAFETY: the caller guarantees one readable and one writable value.
        unsafe { <f64 as Lane>::keep(mask, index, out) }
    }
    #[inline(always)]
    unsafe fn pack(self, _: bool, out: *mut f32) {
        // SAFETY: the caller guarantees one writable value.
        unsafe { out.write(self.0) }
    }
}
