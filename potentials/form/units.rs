//! Dimensions of quantities and the three unit systems: `metal`, `real`, `lj`.
//!
//! Inside the engine every number is in the *coherent* units of the chosen system: energy E, length L and mass M are the
//! system's own, and time is τ = L √(M/E), so that no conversion constant stands in the equations of motion. Times,
//! velocities and pressures are converted where they enter and leave (ps or fs, bar or atm).

/// Powers of the base quantities. Energy is kept apart from mass, length and time because parameters are read and printed
/// that way (`eV Angstrom6`); [`Dimension::reduced`] compares physically.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dimension {
    /// Power of energy.
    pub energy: i8,
    /// Power of length.
    pub length: i8,
    /// Power of mass.
    pub mass: i8,
    /// Power of time.
    pub time: i8,
    /// Power of temperature.
    pub temperature: i8,
    /// Power of charge.
    pub charge: i8,
}

impl Dimension {
    /// A pure number.
    pub const NUMBER: Self = Self {
        energy: 0,
        length: 0,
        mass: 0,
        time: 0,
        temperature: 0,
        charge: 0,
    };
    /// Energy.
    pub const ENERGY: Self = Self {
        energy: 1,
        ..Self::NUMBER
    };
    /// Length.
    pub const LENGTH: Self = Self {
        length: 1,
        ..Self::NUMBER
    };
    /// Mass.
    pub const MASS: Self = Self {
        mass: 1,
        ..Self::NUMBER
    };
    /// Time.
    pub const TIME: Self = Self {
        time: 1,
        ..Self::NUMBER
    };
    /// Temperature.
    pub const TEMPERATURE: Self = Self {
        temperature: 1,
        ..Self::NUMBER
    };
    /// Charge.
    pub const CHARGE: Self = Self {
        charge: 1,
        ..Self::NUMBER
    };
    /// Length⁻¹.
    pub const INVERSE_LENGTH: Self = Self::LENGTH.power(-1);
    /// Velocity.
    pub const VELOCITY: Self = Self {
        length: 1,
        time: -1,
        ..Self::NUMBER
    };
    /// Force.
    pub const FORCE: Self = Self {
        energy: 1,
        length: -1,
        ..Self::NUMBER
    };
    /// Pressure.
    pub const PRESSURE: Self = Self {
        energy: 1,
        length: -3,
        ..Self::NUMBER
    };
    /// Mass density.
    pub const MASS_DENSITY: Self = Self {
        mass: 1,
        length: -3,
        ..Self::NUMBER
    };
    /// Number density.
    pub const NUMBER_DENSITY: Self = Self::LENGTH.power(-3);

    /// Dimension of a product.
    pub const fn times(self, o: Self) -> Self {
        Self {
            energy: self.energy + o.energy,
            length: self.length + o.length,
            mass: self.mass + o.mass,
            time: self.time + o.time,
            temperature: self.temperature + o.temperature,
            charge: self.charge + o.charge,
        }
    }

    /// Dimension of the n-th power.
    pub const fn power(self, n: i8) -> Self {
        Self {
            energy: self.energy * n,
            length: self.length * n,
            mass: self.mass * n,
            time: self.time * n,
            temperature: self.temperature * n,
            charge: self.charge * n,
        }
    }

    /// The same dimension with energy written as mass · length² / time², for comparison.
    pub const fn reduced(self) -> Self {
        Self {
            energy: 0,
            length: self.length + 2 * self.energy,
            mass: self.mass + self.energy,
            time: self.time - 2 * self.energy,
            ..self
        }
    }
}

/// A unit with its name and its size in SI units.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Unit {
    /// The name, as written in input and output.
    pub symbol: &'static str,
    /// Size in SI units; 1 in the reduced system.
    pub si: f64,
}

/// Joules in an electronvolt (exact, SI 2019).
pub const ELECTRONVOLT: f64 = 1.602_176_634e-19;
/// Avogadro's number (exact, SI 2019).
pub const AVOGADRO: f64 = 6.022_140_76e23;
/// Boltzmann's constant in J/K (exact, SI 2019).
pub const BOLTZMANN: f64 = 1.380_649e-23;
/// Kilograms in an atomic mass unit (CODATA 2018).
pub const ATOMIC_MASS: f64 = 1.660_539_066_60e-27;

/// A system of units.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct UnitSystem {
    /// `metal`, `real` or `lj`.
    pub name: &'static str,
    /// Unit of energy, also internally.
    pub energy: Unit,
    /// Unit of length, also internally.
    pub length: Unit,
    /// Unit of mass, also internally.
    pub mass: Unit,
    /// Unit of time in input and output; internally it is [`UnitSystem::coherent_time`].
    pub time: Unit,
    /// Unit of temperature.
    pub temperature: Unit,
    /// Unit of charge.
    pub charge: Unit,
    /// Unit of pressure in input and output; internally it is energy / length³.
    pub pressure: Unit,
    /// Boltzmann's constant \[energy/temperature\].
    pub boltzmann: f64,
}

/// eV, Å, g/mol, ps, K, e, bar.
pub const METAL: UnitSystem = UnitSystem {
    name: "metal",
    energy: Unit {
        symbol: "eV",
        si: ELECTRONVOLT,
    },
    length: Unit {
        symbol: "Angstrom",
        si: 1e-10,
    },
    mass: Unit {
        symbol: "u",
        si: ATOMIC_MASS,
    },
    time: Unit {
        symbol: "ps",
        si: 1e-12,
    },
    temperature: Unit { symbol: "K", si: 1.0 },
    charge: Unit {
        symbol: "e",
        si: ELECTRONVOLT,
    },
    pressure: Unit { symbol: "bar", si: 1e5 },
    boltzmann: BOLTZMANN / ELECTRONVOLT,
};

/// kcal/mol, Å, g/mol, fs, K, e, atm.
pub const REAL: UnitSystem = UnitSystem {
    name: "real",
    energy: Unit {
        symbol: "kcal/mol",
        si: 4184.0 / AVOGADRO,
    },
    length: Unit {
        symbol: "Angstrom",
        si: 1e-10,
    },
    mass: Unit {
        symbol: "u",
        si: ATOMIC_MASS,
    },
    time: Unit {
        symbol: "fs",
        si: 1e-15,
    },
    temperature: Unit { symbol: "K", si: 1.0 },
    charge: Unit {
        symbol: "e",
        si: ELECTRONVOLT,
    },
    pressure: Unit {
        symbol: "atm",
        si: 101_325.0,
    },
    boltzmann: BOLTZMANN / (4184.0 / AVOGADRO),
};

/// Reduced units: ε, σ, m, τ = σ√(m/ε), ε/k, ε/σ³.
pub const LJ: UnitSystem = UnitSystem {
    name: "lj",
    energy: Unit {
        symbol: "epsilon",
        si: 1.0,
    },
    length: Unit {
        symbol: "sigma",
        si: 1.0,
    },
    mass: Unit { symbol: "m", si: 1.0 },
    time: Unit { symbol: "tau", si: 1.0 },
    temperature: Unit {
        symbol: "epsilon/k",
        si: 1.0,
    },
    charge: Unit { symbol: "q", si: 1.0 },
    pressure: Unit {
        symbol: "epsilon/sigma3",
        si: 1.0,
    },
    boltzmann: 1.0,
};

impl UnitSystem {
    /// All systems, for listing.
    pub const ALL: [&'static Self; 3] = [&METAL, &REAL, &LJ];

    /// The system of that name.
    pub fn named(name: &str) -> Option<&'static Self> {
        Self::ALL.into_iter().find(|u| u.name == name)
    }

    /// Do the numbers carry no unit?
    pub fn is_reduced(&self) -> bool {
        self.name == LJ.name
    }

    /// The internal unit of time, τ = L √(M/E), in units of [`UnitSystem::time`]: 0.0101805 ps in `metal`, 1 in `lj`.
    pub fn coherent_time(&self) -> f64 {
        self.length.si * (self.mass.si / self.energy.si).sqrt() / self.time.si
    }

    /// The internal unit of pressure, E/L³, in units of [`UnitSystem::pressure`]: 1602176.634 bar in `metal`, 1 in `lj`.
    pub fn coherent_pressure(&self) -> f64 {
        if self.is_reduced() {
            1.0
        } else {
            self.energy.si / self.length.si.powi(3) / self.pressure.si
        }
    }

    /// SI size of the coherent unit of a dimension.
    pub fn coherent_si(&self, d: Dimension) -> f64 {
        let time = self.coherent_time() * self.time.si;
        self.energy.si.powi(d.energy.into())
            * self.length.si.powi(d.length.into())
            * self.mass.si.powi(d.mass.into())
            * time.powi(d.time.into())
            * self.temperature.si.powi(d.temperature.into())
            * self.charge.si.powi(d.charge.into())
    }

    /// The factor from a number in this system's input and output units to coherent units: 1 unless time or pressure is
    /// in it.
    ///
    /// ```
    /// use admd_potentials::form::units::{Dimension, METAL};
    /// assert_eq!(METAL.to_coherent(Dimension::ENERGY), 1.0);
    /// let fs = 0.001 * METAL.to_coherent(Dimension::TIME);
    /// assert!((fs - 0.0982269).abs() < 1e-7);
    /// ```
    pub fn to_coherent(&self, d: Dimension) -> f64 {
        if d == Dimension::PRESSURE {
            1.0 / self.coherent_pressure()
        } else {
            self.coherent_time().powi(-i32::from(d.time))
        }
    }

    /// The name of a dimension's unit, such as `eV Angstrom6`; empty for a pure number.
    pub fn symbol(&self, d: Dimension) -> String {
        if d == Dimension::PRESSURE {
            return self.pressure.symbol.to_owned();
        }
        let powers = [
            (self.energy, d.energy),
            (self.length, d.length),
            (self.mass, d.mass),
            (self.time, d.time),
            (self.temperature, d.temperature),
            (self.charge, d.charge),
        ];
        let words: Vec<String> = powers
            .iter()
            .filter(|(_, n)| *n != 0)
            .map(|(u, n)| {
                if *n == 1 {
                    u.symbol.to_owned()
                } else {
                    format!("{}{n}", u.symbol)
                }
            })
            .collect();
        words.join(" ")
    }
}
