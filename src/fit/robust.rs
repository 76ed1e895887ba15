//! What residuals cost, and how much they pull.

use super::Robust;
use admd_ad::{Dual, Real};

impl Robust {
    /// ρ(r), in any scalar.
    pub fn loss<T: Real>(self, r: T) -> T {
        match self {
            Self::Square => r.sq() * 0.5,
            Self::Huber(delta) => {
                let size = T::select(T::lit(0.0).lt(r), r, -r);
                let near = size.lt(T::lit(delta));
                T::select(near, r.sq() * 0.5, size * delta - 0.5 * delta * delta)
            }
        }
    }

    /// ρ′(r).
    pub fn slope(self, r: f64) -> f64 {
        self.loss(Dual::<f64, 1>::variable(r, 0)).d[0]
    }

    /// ρ′(r)/r, the weight that r has among others in a linear problem.
    pub fn weight(self, r: f64) -> f64 {
        if r == 0.0 { 1.0 } else { self.slope(r) / r }
    }
}
