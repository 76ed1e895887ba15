//! Moving the lanes of a mask side by side, where there is no fast instruction for it.

use core::arch::x86_64::__m128i;

/// One row for each set of eight lanes, aligned so that a row never straddles two cache lines.
#[repr(align(64))]
struct Orders([[u8; 16]; 256]);

static ORDERS: Orders = Orders(orders());

/// Row m holds 2k, 2k + 1 for each lane k whose bit is set in m, in order, then zeros: the two bytes of a 16-bit lane.
const fn orders() -> [[u8; 16]; 256] {
    let mut rows = [[0; 16]; 256];
    let mut m = 0;
    while m < rows.len() {
        let (mut k, mut filled) = (0, 0);
        while k < 8 {
            if m >> k & 1 == 1 {
                rows[m][filled] = 2 * k;
                rows[m][filled + 1] = 2 * k + 1;
                filled += 2;
            }
            k += 1;
        }
        m += 1;
    }
    rows
}

/// The bytes of the 16-bit numbers whose bits are set among the lowest eight of `lanes`.
///
/// One table serves all: the first sixteen rows are those of four lanes, and half of 2k is the number of a 32-bit lane.
#[inline(always)]
pub(super) fn order(lanes: i32) -> *const __m128i {
    (&raw const ORDERS.0[(lanes & 0xff) as usize]).cast()
}
