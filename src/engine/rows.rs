//! What lanes cannot say: reading rows of four numbers for as many atoms as there are lanes, and keeping the indices of
//! some lanes.
//!
//! A coordinate row x, y, z, 0 is 32 bytes: one load an atom and a transposition in registers. On a Zen 4 core that made
//! the Lennard-Jones force kernel 1.7 times as fast as three gather instructions (AVX2: 1.4 times); on processors with
//! fast gathers it should cost about as much as they do, by instruction count.

use admd_ad::Lane;

/// Numbers in a row.
pub(super) const ROW: usize = 4;

/// x, y, z, 0, aligned so that no row crosses a cache line.
#[derive(Clone, Copy, Debug, Default)]
#[repr(C, align(32))]
pub(super) struct Row(pub(super) [f64; ROW]);

/// The first three columns of the rows at the given positions.
///
/// # Safety
/// `index` must be valid for reading `L::WIDTH` values, each the number of a row of [`ROW`] values from `base` on; `L` must
/// be a lane type of the instruction set that the caller runs on, as it is in a dispatched kernel.
#[inline(always)]
pub(super) unsafe fn columns<L: Lane>(base: *const f64, index: *const u32) -> [L; 3] {
    // SAFETY: the type tells which lane values are wanted, and these lane types are transparent around the registers.
    unsafe {
        #[cfg(target_arch = "x86_64")]
        {
            use admd_ad::lanes::{F64x4, F64x8};
            use core::any::TypeId;
            use core::mem::transmute_copy;
            if TypeId::of::<L>() == TypeId::of::<F64x8>() {
                return transmute_copy(&eight(base, index));
            }
            if TypeId::of::<L>() == TypeId::of::<F64x4>() {
                return transmute_copy(&four(base, index));
            }
        }
        let mut parts = [[0.0; super::sell::LANES]; 3];
        for lane in 0..L::WIDTH {
            let row = base.add(*index.add(lane) as usize * ROW);
            for k in 0..3 {
                parts[k][lane] = *row.add(k);
            }
        }
        [
            L::load(parts[0].as_ptr()),
            L::load(parts[1].as_ptr()),
            L::load(parts[2].as_ptr()),
        ]
    }
}

/// # Safety
/// As [`columns`], with AVX-512.
#[cfg(target_arch = "x86_64")]
#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512vl,avx512bw,fma,avx2,bmi1,bmi2,popcnt,lzcnt")]
unsafe fn eight(base: *const f64, index: *const u32) -> [core::arch::x86_64::__m512d; 3] {
    use core::arch::x86_64::*;
    // SAFETY: the caller vouches for the rows.
    unsafe {
        let row = |k: usize| _mm256_loadu_pd(base.add(*index.add(k) as usize * ROW));
        let both = |low: usize| _mm512_insertf64x4::<1>(_mm512_castpd256_pd512(row(low)), row(low + 4));
        let (a, b, c, d) = (both(0), both(1), both(2), both(3));
        let first = _mm512_setr_epi64(0, 1, 8, 9, 4, 5, 12, 13);
        let second = _mm512_setr_epi64(2, 3, 10, 11, 6, 7, 14, 15);
        let (xz01, xz23) = (_mm512_unpacklo_pd(a, b), _mm512_unpacklo_pd(c, d));
        let (y01, y23) = (_mm512_unpackhi_pd(a, b), _mm512_unpackhi_pd(c, d));
        [
            _mm512_permutex2var_pd(xz01, first, xz23),
            _mm512_permutex2var_pd(y01, first, y23),
            _mm512_permutex2var_pd(xz01, second, xz23),
        ]
    }
}

/// # Safety
/// As [`columns`], with AVX2.
#[cfg(target_arch = "x86_64")]
#[inline]
#[target_feature(enable = "avx2,fma,bmi1,bmi2,popcnt,lzcnt")]
unsafe fn four(base: *const f64, index: *const u32) -> [core::arch::x86_64::__m256d; 3] {
    use core::arch::x86_64::*;
    // SAFETY: the caller vouches for the rows.
    unsafe {
        let row = |k: usize| _mm256_loadu_pd(base.add(*index.add(k) as usize * ROW));
        let (a, b, c, d) = (row(0), row(1), row(2), row(3));
        let (xz01, xz23) = (_mm256_unpacklo_pd(a, b), _mm256_unpacklo_pd(c, d));
        let (y01, y23) = (_mm256_unpackhi_pd(a, b), _mm256_unpackhi_pd(c, d));
        [
            _mm256_permute2f128_pd::<0x20>(xz01, xz23),
            _mm256_permute2f128_pd::<0x20>(y01, y23),
            _mm256_permute2f128_pd::<0x31>(xz01, xz23),
        ]
    }
}

/// Slots that a search looks at.
#[derive(Clone, Copy)]
pub(super) struct Candidates {
    /// The slots, readable for as many as there are lanes.
    pub(super) slots: *const u32,
    /// How many of them count.
    pub(super) count: usize,
    /// A slot to leave out.
    pub(super) own: u32,
}

/// Writes those candidates whose squared distance is within the limit to `out` and returns how many they are.
///
/// # Safety
/// `slots` must be readable and `out` writable for `L::WIDTH` values; `L` as in [`columns`].
#[inline(always)]
pub(super) unsafe fn keep_near<L: Lane>(r2: L, limit: L, candidates: Candidates, out: *mut u32) -> usize {
    // SAFETY: the type tells which lane values these are, and this lane type is transparent around the register.
    unsafe {
        #[cfg(target_arch = "x86_64")]
        {
            use admd_ad::lanes::F64x8;
            use core::any::TypeId;
            use core::mem::transmute_copy;
            if TypeId::of::<L>() == TypeId::of::<F64x8>() {
                return keep_near_of_eight(transmute_copy(&r2), transmute_copy(&limit), candidates, out);
            }
        }
        let mut squares = [0.0; super::sell::LANES];
        r2.store(squares.as_mut_ptr());
        let limit = limit.extract(0);
        let mut kept = 0;
        for k in 0..L::WIDTH.min(candidates.count) {
            let slot = *candidates.slots.add(k);
            *out.add(kept) = slot;
            kept += usize::from((squares[k] <= limit) & (slot != candidates.own));
        }
        kept
    }
}

/// # Safety
/// As [`keep_near`], with AVX-512.
#[cfg(target_arch = "x86_64")]
#[inline]
#[target_feature(enable = "avx512f,avx512dq,avx512vl,avx512bw,fma,avx2,bmi1,bmi2,popcnt,lzcnt")]
unsafe fn keep_near_of_eight(
    r2: core::arch::x86_64::__m512d,
    limit: core::arch::x86_64::__m512d,
    candidates: Candidates,
    out: *mut u32,
) -> usize {
    use core::arch::x86_64::*;
    let valid = if candidates.count >= 8 {
        0xff
    } else {
        (1_u8 << candidates.count) - 1
    };
    // SAFETY: the caller vouches for both places.
    unsafe {
        let slots = _mm256_loadu_si256(candidates.slots.cast());
        let other = _mm256_mask_cmpneq_epi32_mask(valid, slots, _mm256_set1_epi32(candidates.own as i32));
        let near = _mm512_mask_cmp_pd_mask::<_CMP_LE_OQ>(other, r2, limit);
        _mm256_storeu_si256(out.cast(), _mm256_maskz_compress_epi32(near, slots));
        near.count_ones() as usize
    }
}
