//! How a fit is done.

/// What a residual r costs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Robust {
    /// r²/2.
    Square,
    /// r²/2 up to δ, δ(|r| − δ/2) beyond: outliers pull with a constant force (P. J. Huber, *Ann. Math. Stat.* **35**, 73
    /// (1964), doi:10.1214/aoms/1177703732).
    Huber(f64),
}

/// How the least loss is found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Method {
    /// Gauss-Newton steps with a dense Jacobian, damped where they go too far.
    LevenbergMarquardt {
        /// The most steps.
        iterations: usize,
        /// A fit has converged when no variable would move by more than this, relative to itself.
        tolerance: f64,
    },
    /// The same steps by conjugate gradients on products with the Jacobian and its transpose, for many variables.
    GaussNewtonCg {
        /// The most steps.
        iterations: usize,
        /// As above.
        tolerance: f64,
        /// The most iterations of conjugate gradients a step.
        inner: usize,
    },
    /// Quasi-Newton steps from gradients alone.
    Lbfgs {
        /// The most steps.
        iterations: usize,
        /// As above.
        tolerance: f64,
        /// Pairs of steps and gradients that are kept.
        history: usize,
    },
    /// Adaptive steps along gradients of a few groups at a time.
    Adam {
        /// Passes through the data.
        epochs: usize,
        /// Length of a step, relative to the variables.
        rate: f64,
        /// Groups a step.
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

/// What standard errors are made from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorModel {
    /// σ of the data say how numbers compare with each other; how large they are is taken from the residuals.
    Scaled,
    /// σ of the data are what they say.
    Absolute,
    /// From the residuals of each group, however they are correlated within it.
    Sandwich,
}
