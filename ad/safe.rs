//! Geometry whose derivatives stay finite where the textbook formula has none.
//!
//! A bond of length 0, an angle of 0 or π: the value is fine, the derivative of the plain formula is 0/0. Here such points
//! have the derivative 0, the mean over all directions of approach, in every mode of differentiation and in each SIMD lane
//! on its own.
//!
//! # Limits
//! Squares are formed without scaling: lengths below 1.5e-154 count as 0, above 1.3e154 they overflow; in f32 the
//! limits are 2.6e-23 and 1.8e19. Second derivatives at the exceptional points are 0 as well; near them they grow like
//! 1/length, as they should.

use crate::real::Real;

/// The length |x|; at x = 0 all derivatives are 0.
///
/// ```
/// use admd_ad::{explicit::gradient, safe::norm};
/// assert_eq!(gradient(|x| norm(x), &[0.0, 2.0]), (2.0, vec![0.0, 1.0]));
/// assert_eq!(gradient(|x| norm(x), &[0.0, 0.0]), (0.0, vec![0.0, 0.0]));
/// ```
#[inline(always)]
pub fn norm<T: Real>(x: &[T]) -> T {
    let zero = T::lit(0.0);
    let square = T::dot(x, x);
    let away = zero.lt(square);
    T::select(away, T::select(away, square, T::lit(1.0)).sqrt(), zero)
}

/// The unit vector x/|x|; at x = 0 the zero vector, with all derivatives 0.
///
/// ```
/// use admd_ad::{explicit::gradient, safe::unit};
/// let (x, slopes) = gradient(|x| unit([x[0], x[1]])[0], &[3.0, 4.0]);
/// assert!((x - 0.6).abs() < 1e-15);
/// assert!((slopes[0] - 0.128).abs() < 1e-15 && (slopes[1] + 0.096).abs() < 1e-15); // y²/r³, −xy/r³
/// ```
#[inline(always)]
pub fn unit<T: Real, const D: usize>(x: [T; D]) -> [T; D] {
    let zero = T::lit(0.0);
    let square = T::dot(&x, &x);
    let away = zero.lt(square);
    let inverse = T::select(away, T::select(away, square, T::lit(1.0)).sqrt().recip(), zero);
    x.map(|x| x * inverse)
}

/// The angle between two vectors \[rad\], from 0 to π; 0 with derivatives 0 if one of them is 0.
///
/// Formed as atan2(|a × b|, a · b): unlike the inverse cosine it keeps all digits near 0 and π. At exactly 0 and π, where
/// the angle has a kink, the derivatives are 0.
///
/// ```
/// use admd_ad::safe::angle;
/// let tiny = 1e-9;
/// assert_eq!(angle([1.0, 0.0, 0.0], [1.0, tiny, 0.0]), tiny); // acos would give 0
/// assert_eq!(angle([1.0, 0.0, 0.0], [-2.0, 0.0, 0.0]), core::f64::consts::PI);
/// ```
#[inline(always)]
pub fn angle<T: Real>(a: [T; 3], b: [T; 3]) -> T {
    let cross = [
        a[1].mul_add(b[2], -(a[2] * b[1])),
        a[2].mul_add(b[0], -(a[0] * b[2])),
        a[0].mul_add(b[1], -(a[1] * b[0])),
    ];
    norm(&cross).atan2(T::dot(&a, &b))
}
