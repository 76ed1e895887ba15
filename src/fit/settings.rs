//! How a fit goes on: the loss of a residual, the optimiser, and what its errors stand for.

/// What a residual r adds to the loss.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Robust {
    /// ρ(r) = r²/2.
    Square,
    /// Huber's: r²/2 up to |r| = δ and δ (|r| − δ/2) beyond, so that outliers pull with a constant force. P. J. Huber, Ann.
    /// Math. Stat. 35, 73 (1964), doi:10.1214/aoms/1177703732.
    Huber(f64),
}

impl Robust {
    /// Names in the input, in the order of the variants.
    pub const NAMES: [&'static str; 2] = ["square", "huber"];
}

/// The optimiser with its settings.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Method {
    /// Levenberg-Marquardt with the dense Jacobian, for few variables.
    LevenbergMarquardt {
        /// The most steps.
        iterations: usize,
        /// The step that is small enough to stop.
        tolerance: f64,
    },
    /// Gauss-Newton whose steps come from conjugate gradients, without a Jacobian, for many variables.
    GaussNewtonCg {
        /// The most steps.
        iterations: usize,
        /// The step that is small enough to stop.
        tolerance: f64,
        /// The most iterations of conjugate gradients a step.
        inner: usize,
    },
    /// L-BFGS, for robust losses far from their minimum and many variables.
    Lbfgs {
        /// The most steps.
        iterations: usize,
        /// The step that is small enough to stop.
        tolerance: f64,
        /// How many steps the curvature is remembered from.
        history: usize,
    },
    /// Adam, on batches of groups.
    Adam {
        /// How many times all data are seen.
        epochs: usize,
        /// Length of the first steps, in the numbers that the optimiser moves.
        rate: f64,
        /// Frames, crystals, structures and simulations a batch.
        batch: usize,
    },
}

impl Method {
    /// Names in the input, in the order of the variants.
    pub const NAMES: [&'static str; 4] = ["levenberg_marquardt", "gauss_newton_cg", "lbfgs", "adam"];

    /// Its name in the input.
    pub fn name(self) -> &'static str {
        let k = match self {
            Self::LevenbergMarquardt { .. } => 0,
            Self::GaussNewtonCg { .. } => 1,
            Self::Lbfgs { .. } => 2,
            Self::Adam { .. } => 3,
        };
        Self::NAMES[k]
    }
}

/// What the errors of the parameters are made from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorModel {
    /// The curvature of the loss, with all σ scaled by what the residuals turn out to be: σ say how quantities compare.
    Scaled,
    /// The curvature of the loss with the σ as they are given: they are true errors of the data.
    Absolute,
    /// The sandwich of curvature and scatter, which holds where residuals are not equally distributed.
    Sandwich,
}

impl ErrorModel {
    /// Its name in the input.
    pub fn name(self) -> &'static str {
        let k = Self::ALL.iter().position(|m| *m == self);
        k.map_or("", |k| Self::NAMES[k])
    }

    /// Names in the input, in the order of the variants.
    pub const NAMES: [&'static str; 3] = ["scaled", "absolute", "sandwich"];
    /// All of them, in that order.
    pub const ALL: [Self; 3] = [Self::Scaled, Self::Absolute, Self::Sandwich];
}
