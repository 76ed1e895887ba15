//! Standard atomic weights of the elements.
//!
//! IUPAC Commission on Isotopic Abundances and Atomic Weights, *Standard atomic weights 2021*, abridged to five figures
//! (T. Prohaska et al., *Pure Appl. Chem.* **94**, 573 (2022), doi:10.1515/pac-2019-0603), with argon 39.95 and lead 207.2.
//! Elements without stable isotopes have none and need a mass in the input.

use crate::io::elements::atomic_number;

/// Weights by atomic number; 0 where there is none.
#[rustfmt::skip]
const WEIGHTS: [f64; 93] = [
    0.0,
    1.008, 4.0026,
    6.94, 9.0122, 10.81, 12.011, 14.007, 15.999, 18.998, 20.180,
    22.990, 24.305, 26.982, 28.085, 30.974, 32.06, 35.45, 39.95,
    39.098, 40.078, 44.956, 47.867, 50.942, 51.996, 54.938, 55.845, 58.933, 58.693, 63.546, 65.38, 69.723, 72.630,
    74.922, 78.971, 79.904, 83.798,
    85.468, 87.62, 88.906, 91.224, 92.906, 95.95, 0.0, 101.07, 102.91, 106.42, 107.87, 112.41, 114.82, 118.71, 121.76,
    127.60, 126.90, 131.29,
    132.91, 137.33, 138.91, 140.12, 140.91, 144.24, 0.0, 150.36, 151.96, 157.25, 158.93, 162.50, 164.93, 167.26, 168.93,
    173.05, 174.97, 178.49, 180.95, 183.84, 186.21, 190.23, 192.22, 195.08, 196.97, 200.59, 204.38, 207.2, 208.98,
    0.0, 0.0, 0.0,
    0.0, 0.0, 0.0, 232.04, 231.04, 238.03,
];

/// The standard atomic weight of an element [g/mol]; `None` for names that are no element's and for elements without one.
///
/// ```
/// use admd::input::elements::standard_weight;
/// assert_eq!(standard_weight("Cu"), Some(63.546));
/// assert_eq!(standard_weight("Tc"), None);
/// ```
pub fn standard_weight(symbol: &str) -> Option<f64> {
    let weight = *WEIGHTS.get(usize::from(atomic_number(symbol)?))?;
    (weight > 0.0).then_some(weight)
}
