//! Smooth bins: the weights of a quadratic B-spline.
//!
//! A number t, in widths of a bin, adds to three neighbouring bins, in proportion to its distance from their middles:
//!
//! | \|t − middle\| | weight |
//! |---|---|
//! | at most ½ | ¾ − (t − middle)² |
//! | ½ to 3/2 | ½ (3/2 − \|t − middle\|)² |
//!
//! The weights sum to 1 at every t and have a continuous derivative: nothing jumps when t goes from bin to bin. See C. de
//! Boor, *A Practical Guide to Splines* (1978), ch. 9.

use admd_ad::Real;

/// The bin k in which t ≥ 0 lies, a whole number, and the weights of the bins k − 1, k, k + 1. What is said of a negative
/// number is of no use.
#[inline]
pub(super) fn weights<T: Real<Lane = f64>>(t: T) -> (f64, [T; 3]) {
    // towards zero, which is down: `floor` is a call on processors without SSE4.1
    let bin = t.primal() as i64 as f64;
    let x = t - bin;
    (bin, [(x - 1.0).sq() * 0.5, (x - 0.5).sq() * -1.0 + 0.75, x.sq() * 0.5])
}
