//! Which velocities a frame means: the column `velo` with its unit, or ASE's `momenta`.

use super::{XyzFrame, XyzProblem};
use admd_engine::Vec3;
use admd_potentials::form::units::{METAL, UnitSystem};

/// The key that names the unit of the column `velo`.
const VELOCITY_UNIT: &str = "velo_unit";

/// The name of a unit system's velocity unit, such as `Angstrom/ps`.
fn velocity_unit(units: &UnitSystem) -> String {
    format!("{}/{}", units.length.symbol, units.time.symbol)
}

impl XyzFrame {
    /// Velocities in the velocity unit of `units` (Å/ps in `metal`, Å/fs in `real`), for atoms of these masses \[mass\];
    /// `None` when the file has neither `velo` nor `momenta`.
    ///
    /// The column `velo` comes first; without the key `velo_unit` it is taken to be in the unit of `units` already.
    /// `momenta` is v = p / m with p in √(u eV), hence v in Å / (Å √(u/eV)).
    ///
    /// ```
    /// use admd::io::xyz::XyzReader;
    /// use admd_potentials::form::units::{METAL, REAL};
    /// let text = "1\nProperties=species:S:1:pos:R:3:velo:R:3 velo_unit=Angstrom/ps\nAr 0 0 0 2.0 0 0\n";
    /// let frame = XyzReader::new(text.as_bytes(), "text").next().unwrap().unwrap();
    /// assert_eq!(frame.velocities_in(&METAL, &[39.948]).unwrap().unwrap()[0].x, 2.0);
    /// assert_eq!(frame.velocities_in(&REAL, &[39.948]).unwrap().unwrap()[0].x, 0.002);
    /// ```
    ///
    /// # Errors
    /// An unknown unit, a unit of another kind of system, or a wrong number of masses.
    pub fn velocities_in(&self, units: &UnitSystem, masses: &[f64]) -> Result<Option<Vec<Vec3>>, XyzProblem> {
        if let Some(velocities) = &self.velocities {
            let factor = match self.info.get(VELOCITY_UNIT) {
                None => 1.0,
                Some(unit) => conversion(unit, units)?,
            };
            return Ok(Some(velocities.iter().map(|v| v * factor).collect()));
        }
        let Some(momenta) = &self.momenta else {
            return Ok(None);
        };
        if masses.len() != momenta.len() {
            return Err(XyzProblem::Length {
                what: "the list of masses".to_owned(),
                found: masses.len(),
                atoms: momenta.len(),
            });
        }
        let factor = 1.0 / ase_time(units);
        Ok(Some(
            momenta.iter().zip(masses).map(|(p, m)| p * (factor / m)).collect(),
        ))
    }

    /// Sets `velo`, `momenta` and `masses` from velocities in the velocity unit of `units` and masses \[mass\].
    pub fn set_velocities(&mut self, velocities: Vec<Vec3>, masses: Vec<f64>, units: &UnitSystem) {
        let time = ase_time(units);
        let momenta = velocities.iter().zip(&masses).map(|(v, m)| v * (m * time));
        self.momenta = Some(momenta.collect());
        self.info.insert(VELOCITY_UNIT.to_owned(), velocity_unit(units));
        self.velocities = Some(velocities);
        self.masses = Some(masses);
    }
}

/// ASE's unit of time, Å √(u/eV), in the time unit of `units`; 1 in reduced units.
fn ase_time(units: &UnitSystem) -> f64 {
    if units.is_reduced() {
        1.0
    } else {
        METAL.coherent_time() * METAL.time.si / units.time.si
    }
}

fn conversion(unit: &str, units: &UnitSystem) -> Result<f64, XyzProblem> {
    if unit == velocity_unit(units) {
        return Ok(1.0);
    }
    // 1 Å/fs = 1000 Å/ps; dividing keeps 2.0 Å/ps = 0.002 Å/fs exact to the last bit.
    match (unit, units.is_reduced()) {
        ("Angstrom/ps" | "Angstrom/fs" | "sigma/tau", true) | ("sigma/tau", false) => Err(XyzProblem::VelocitySystem {
            found: unit.to_owned(),
            units: units.name,
        }),
        ("Angstrom/ps", false) => Ok(1.0 / (1e-12 / units.time.si).round()),
        ("Angstrom/fs", false) => Ok((units.time.si / 1e-15).round()),
        _ => Err(XyzProblem::VelocityUnit { found: unit.to_owned() }),
    }
}
