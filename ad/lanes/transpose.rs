//! Rows to columns: eight by eight indices in registers.

/// The transpose of a square of indices.
///
/// ```
/// let square = core::array::from_fn(|row| core::array::from_fn(|column| (8 * row + column) as u16));
/// assert_eq!(admd_ad::transpose(square)[1], [1, 9, 17, 25, 33, 41, 49, 57]);
/// ```
#[cfg(not(target_arch = "x86_64"))]
pub fn transpose(square: [[u16; 8]; 8]) -> [[u16; 8]; 8] {
    core::array::from_fn(|row| core::array::from_fn(|column| square[column][row]))
}

/// The transpose of a square of indices.
///
/// ```
/// let square = core::array::from_fn(|row| core::array::from_fn(|column| (8 * row + column) as u16));
/// assert_eq!(admd_ad::transpose(square)[1], [1, 9, 17, 25, 33, 41, 49, 57]);
/// ```
#[cfg(target_arch = "x86_64")]
#[inline(always)]
pub fn transpose(square: [[u16; 8]; 8]) -> [[u16; 8]; 8] {
    use core::arch::x86_64::*;
    // SAFETY: eight u16 are as large as one register, any bits are valid in both, and SSE2 is part of x86-64.
    unsafe {
        let r: [__m128i; 8] = core::mem::transmute(square);
        let a = [
            _mm_unpacklo_epi16(r[0], r[1]),
            _mm_unpackhi_epi16(r[0], r[1]),
            _mm_unpacklo_epi16(r[2], r[3]),
            _mm_unpackhi_epi16(r[2], r[3]),
            _mm_unpacklo_epi16(r[4], r[5]),
            _mm_unpackhi_epi16(r[4], r[5]),
            _mm_unpacklo_epi16(r[6], r[7]),
            _mm_unpackhi_epi16(r[6], r[7]),
        ];
        let b = [
            _mm_unpacklo_epi32(a[0], a[2]),
            _mm_unpackhi_epi32(a[0], a[2]),
            _mm_unpacklo_epi32(a[1], a[3]),
            _mm_unpackhi_epi32(a[1], a[3]),
            _mm_unpacklo_epi32(a[4], a[6]),
            _mm_unpackhi_epi32(a[4], a[6]),
            _mm_unpacklo_epi32(a[5], a[7]),
            _mm_unpackhi_epi32(a[5], a[7]),
        ];
        core::mem::transmute([
            _mm_unpacklo_epi64(b[0], b[4]),
            _mm_unpackhi_epi64(b[0], b[4]),
            _mm_unpacklo_epi64(b[1], b[5]),
            _mm_unpackhi_epi64(b[1], b[5]),
            _mm_unpacklo_epi64(b[2], b[6]),
            _mm_unpackhi_epi64(b[2], b[6]),
            _mm_unpacklo_epi64(b[3], b[7]),
            _mm_unpackhi_epi64(b[3], b[7]),
        ])
    }
}
