//! Constants and polynomial coefficients of [`super::math`], lowest power first.
//!
//! Those named after fdlibm are from FreeBSD's msun (`e_log.c`, `k_sin.c`, `k_cos.c`):
//! Copyright (C) 1993 by Sun Microsystems, Inc. Permission to use, copy, modify, and distribute this software is freely
//! granted, provided that this notice is preserved. The others are printed by `scripts/make_lane_polynomials.py`.

/// log₂ e.
pub(super) const LOG2_E: f64 = core::f64::consts::LOG2_E;
/// ln 2 rounded to f64, and the rest.
pub(super) const LN2: (f64, f64) = (core::f64::consts::LN_2, 2.3190468138462996e-17);
/// ln 2 rounded to f32, and the rest.
pub(super) const LN2_SINGLE: (f64, f64) = (0.693_147_182_464_599_6, -1.904654299957768e-9);
/// 2/π.
pub(super) const TWO_OVER_PI: f64 = core::f64::consts::FRAC_2_PI;
/// π/2 as a sum of three f64.
pub(super) const HALF_PI: (f64, f64, f64) = (
    core::f64::consts::FRAC_PI_2,
    6.123233995736766e-17,
    -1.4973849048591698e-33,
);
/// 2/3 rounded to f64, and the rest.
pub(super) const TWO_THIRDS: (f64, f64) = (2.0 / 3.0, 3.700743415417188e-17);

/// (eʳ − 1 − r)/r² on |r| ≤ ln 2 / 2.
pub(super) const EXP_TAIL: [f64; 11] = [
    0.5,
    0.1666666666666667,
    0.04166666666666667,
    0.008333333333326084,
    0.0013888888888883711,
    0.0001984126987500228,
    2.480158732567746e-05,
    2.755725517000089e-06,
    2.755727347871858e-07,
    2.5105312729622103e-08,
    2.09147553258932e-09,
];

/// The same for f32, with an error of 2⁻²⁶ in eʳ: the Chebyshev interpolant at five points, rounded to f32.
pub(super) const EXP_TAIL_SINGLE: [f64; 5] = [
    0.5,
    0.16666576266288757,
    0.04166655242443085,
    0.00836323294788599,
    0.0013926250394433737,
];

/// (ln((1 + s)/(1 − s)) − 2s − 2s³/3)/s⁵ as a function of t = s², s ≤ 0.1716.
pub(super) const LOG_TAIL: [f64; 8] = [
    0.4,
    0.2857142857142937,
    0.22222222221652765,
    0.18181818336099848,
    0.1538459488700718,
    0.1333480879881234,
    0.11706126464563398,
    0.11724327060846747,
];

/// fdlibm Lg1..Lg7: (ln((1 + s)/(1 − s)) − 2s)/(s·s²) as a function of s², s ≤ 0.1716.
pub(super) const LG: [f64; 7] = [
    0.6666666666666735,
    0.3999999999940942,
    0.2857142874366239,
    0.22222198432149784,
    0.1818357216161805,
    0.15313837699209373,
    0.14798198605116586,
];
/// ln 2 cut to 32 bits, so that a whole multiple is exact, and the rest (fdlibm).
pub(super) const LN2_CUT: (f64, f64) = (0.6931471803691238, 1.9082149292705877e-10);

/// fdlibm S1..S6: (sin r − r)/r³ as a function of r², |r| ≤ π/4.
pub(super) const SIN: [f64; 6] = [
    -0.16666666666666632,
    0.00833333333332249,
    -0.0001984126982985795,
    2.7557313707070068e-06,
    -2.5050760253406863e-08,
    1.58969099521155e-10,
];
/// fdlibm C1..C6: (cos r − 1 + r²/2)/r⁴ as a function of r², |r| ≤ π/4.
pub(super) const COS: [f64; 6] = [
    0.0416666666666666,
    -0.001388888888887411,
    2.480158728947673e-05,
    -2.7557314351390663e-07,
    2.087572321298175e-09,
    -1.1359647557788195e-11,
];

/// (asin s − s)/s³ as a function of s², s ≤ 1/2.
pub(super) const ASIN_TAIL: [f64; 13] = [
    0.16666666666666669,
    0.07499999999998433,
    0.04464285714635543,
    0.030381944138531247,
    0.02237217294214989,
    0.017352392720869973,
    0.013971212973552933,
    0.011479177415184906,
    0.01032281435018578,
    0.005457506718640358,
    0.01740087944269402,
    -0.014851887071247204,
    0.028757851367421566,
];

/// (atan t − t)/t³ as a function of t², |t| ≤ √2 − 1.
pub(super) const ATAN_TAIL: [f64; 12] = [
    -0.3333333333333333,
    0.199999999999998,
    -0.14285714285659326,
    0.11111111105106705,
    -0.09090908751076636,
    0.0769229630497447,
    -0.06666423628069258,
    0.058789145444006215,
    -0.052303478730160745,
    0.04551108126325172,
    -0.034558092551413795,
    0.01627194475162406,
];

/// (1 + 2a/√π) exp(a²) erfc(a) as a function of q = (a − 4)/(a + 4), 0 ≤ a ≤ 28. The form is that of M. M. Shepherd and
/// J. G. Laframboise, Math. Comp. 36, 249 (1981); their first factor is 1 + 2a, ours makes the function flat at a = 0,
/// where q is coarse.
pub(super) const ERFC_SCALED: [f64; 23] = [
    0.7553487931750763,
    -0.19167733398439038,
    0.10399735387055702,
    -0.03316561881958223,
    -0.009517900868927669,
    0.02538004572627625,
    -0.023782446607776175,
    0.01537199965741858,
    -0.007369087652991204,
    0.002490717135812854,
    -0.0004370118045504502,
    -7.799621238879224e-05,
    7.514930920721659e-05,
    -1.4597367397825429e-05,
    -5.049507878754312e-06,
    3.04765238287484e-06,
    4.5879242746390704e-08,
    -4.2903054368170814e-07,
    4.691115367563825e-08,
    5.831910707717147e-08,
    -5.766914272122225e-09,
    -6.941198475991737e-09,
    -8.007022187755991e-10,
];
