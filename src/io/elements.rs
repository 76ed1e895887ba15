//! Symbols of the chemical elements.

/// The symbols, indexed by atomic number; `X` stands for a particle that is no element.
#[rustfmt::skip]
pub const SYMBOLS: [&str; 119] = [
    "X",
    "H", "He",
    "Li", "Be", "B", "C", "N", "O", "F", "Ne",
    "Na", "Mg", "Al", "Si", "P", "S", "Cl", "Ar",
    "K", "Ca", "Sc", "Ti", "V", "Cr", "Mn", "Fe", "Co", "Ni", "Cu", "Zn", "Ga", "Ge", "As", "Se", "Br", "Kr",
    "Rb", "Sr", "Y", "Zr", "Nb", "Mo", "Tc", "Ru", "Rh", "Pd", "Ag", "Cd", "In", "Sn", "Sb", "Te", "I", "Xe",
    "Cs", "Ba", "La", "Ce", "Pr", "Nd", "Pm", "Sm", "Eu", "Gd", "Tb", "Dy", "Ho", "Er", "Tm", "Yb", "Lu",
    "Hf", "Ta", "W", "Re", "Os", "Ir", "Pt", "Au", "Hg", "Tl", "Pb", "Bi", "Po", "At", "Rn",
    "Fr", "Ra", "Ac", "Th", "Pa", "U", "Np", "Pu", "Am", "Cm", "Bk", "Cf", "Es", "Fm", "Md", "No", "Lr",
    "Rf", "Db", "Sg", "Bh", "Hs", "Mt", "Ds", "Rg", "Cn", "Nh", "Fl", "Mc", "Lv", "Ts", "Og",
];

/// The symbol of an element.
///
/// ```
/// use admd::io::elements::{atomic_number, symbol};
/// assert_eq!(symbol(18), Some("Ar"));
/// assert_eq!(atomic_number("Ar"), Some(18));
/// ```
pub fn symbol(atomic_number: u8) -> Option<&'static str> {
    SYMBOLS.get(usize::from(atomic_number)).copied()
}

/// The atomic number of an element; `None` for names that are no element's, `X` included.
pub fn atomic_number(symbol: &str) -> Option<u8> {
    let z = SYMBOLS.iter().position(|s| *s == symbol)?;
    u8::try_from(z).ok().filter(|z| *z > 0)
}
