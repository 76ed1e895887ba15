//! One f64 as a lane of width 1: the reference that the SIMD lanes are tested against.

use crate::elementary::powi_by_squaring;
use crate::real::{Element, Lane, Mask, Real};

impl Mask for bool {
    #[inline(always)]
    fn splat(on: bool) -> Self {
        on
    }
    #[inline(always)]
    fn any(self) -> bool {
        self
    }
    #[inline(always)]
    fn all(self) -> bool {
        self
    }
}

impl Real for f64 {
    type Lane = f64;

    #[inline(always)]
    fn lit(x: f64) -> Self {
        x
    }
    #[inline(always)]
    fn lift(x: f64) -> Self {
        x
    }
    #[inline(always)]
    fn primal(self) -> f64 {
        self
    }
    #[inline(always)]
    fn sq(self) -> Self {
        self * self
    }
    #[inline(always)]
    fn recip(self) -> Self {
        1.0 / self
    }
    #[inline(always)]
    fn sqrt(self) -> Self {
        f64::sqrt(self)
    }
    #[inline(always)]
    fn exp(self) -> Self {
        libm::exp(self)
    }
    #[inline(always)]
    fn ln(self) -> Self {
        libm::log(self)
    }
    #[inline(always)]
    fn powi(self, n: i32) -> Self {
        powi_by_squaring(self, n)
    }
    #[inline(always)]
    fn powf(self, p: Self) -> Self {
        libm::pow(self, p)
    }
    #[inline(always)]
    fn sin(self) -> Self {
        libm::sin(self)
    }
    #[inline(always)]
    fn cos(self) -> Self {
        libm::cos(self)
    }
    #[inline(always)]
    fn tanh(self) -> Self {
        libm::tanh(self)
    }
    #[inline(always)]
    fn erfc(self) -> Self {
        libm::erfc(self)
    }
    #[inline(always)]
    fn acos(self) -> Self {
        libm::acos(self.clamp(-1.0, 1.0))
    }
    #[inline(always)]
    fn atan2(self, x: Self) -> Self {
        // + 0 turns −0 into 0, whose angle at the origin is 0 instead of π
        libm::atan2(self, x + 0.0)
    }
    #[inline(always)]
    fn abs(self) -> Self {
        f64::abs(self)
    }
    #[inline(always)]
    fn mul_add(self, b: Self, c: Self) -> Self {
        f64::mul_add(self, b, c)
    }
    #[inline(always)]
    fn lt(self, other: Self) -> bool {
        self < other
    }
    #[inline(always)]
    fn select(mask: bool, a: Self, b: Self) -> Self {
        if mask { a } else { b }
    }
    #[inline(always)]
    fn dot(w: &[Self], x: &[Self]) -> Self {
        w.iter().zip(x).fold(0.0, |sum, (w, x)| f64::mul_add(*w, *x, sum))
    }
}

impl Element for f64 {
    type Scalar = f64;
    #[cfg(target_arch = "x86_64")]
    type Avx2 = super::F64x4;
    #[cfg(not(target_arch = "x86_64"))]
    type Avx2 = f64;
    #[cfg(target_arch = "x86_64")]
    type Avx512 = super::F64x8;
    #[cfg(not(target_arch = "x86_64"))]
    type Avx512 = f64;

    #[inline(always)]
    fn narrow(x: f64) -> Self {
        x
    }
    #[inline(always)]
    fn widen(self) -> f64 {
        self
    }
    #[inline(always)]
    unsafe fn put<L: Lane<Element = f64>>(x: L, p: *mut Self) {
        // SAFETY: the caller guarantees that WIDTH values can be written.
        unsafe { x.store(p) }
    }
}

impl Lane for f64 {
    type Mask = bool;
    type Element = f64;
    const WIDTH: usize = 1;
    const ISA: &'static str = "scalar";

    #[inline(always)]
    fn from_fn(mut f: impl FnMut(usize) -> f64) -> Self {
        f(0)
    }
    #[inline(always)]
    fn extract(self, _: usize) -> f64 {
        self
    }
    #[inline(always)]
    fn sum(self) -> f64 {
        self
    }
    #[inline(always)]
    fn least(self) -> f64 {
        self
    }
    #[inline(always)]
    fn most(self) -> f64 {
        self
    }
    #[inline(always)]
    unsafe fn load(p: *const f64) -> Self {
        // SAFETY: the caller guarantees that one value can be read.
        unsafe { p.read() }
    }
    #[inline(always)]
    unsafe fn store(self, p: *mut f64) {
        // SAFETY: the caller guarantees that one value can be written.
        unsafe { p.write(self) }
    }
    #[inline(always)]
    unsafe fn store_single(self, p: *mut f32) {
        // SAFETY: the caller guarantees that one value can be written.
        unsafe { p.write(self as f32) }
    }
    #[inline(always)]
    unsafe fn add_to(self, p: *mut f64) {
        // SAFETY: the caller guarantees that one value can be read and written.
        unsafe { *p += self }
    }
    #[inline(always)]
    unsafe fn gather(base: *const f64, index: *const u32) -> Self {
        // SAFETY: the caller guarantees one readable index and that it is a valid offset.
        unsafe { base.add(index.read() as usize).read() }
    }
    #[inline(always)]
    unsafe fn columns(base: *const f64, index: *const u16) -> [Self; 3] {
        // SAFETY: the caller guarantees one readable index and that it is the number of a row of four values.
        unsafe {
            let row = base.add(4 * index.read() as usize);
            [row.read(), row.add(1).read(), row.add(2).read()]
        }
    }
    #[inline(always)]
    unsafe fn keep(mask: bool, index: *const u16, out: *mut u16) -> usize {
        // SAFETY: the caller guarantees one readable and one writable value.
        unsafe {
            out.write(index.read());
            usize::from(mask)
        }
    }
    #[inline(always)]
    unsafe fn pack(self, _: bool, out: *mut f64) {
        // SAFETY: the caller guarantees one writable value.
        unsafe { out.write(self) }
    }
}
