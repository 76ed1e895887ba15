//! `[[data]]` with a trajectory: its frames, with their energies, and forces and stresses where they are written.

use super::data::{Wanted, chosen};
use super::frame_values::factor;
use super::gathered::{Gathered, tag, weight};
use super::observation::without_effect;
use crate::dynamics::observables::kinetic_tensor;
use crate::fit::DataFrame;
use crate::input::text_file::TextFile;
use crate::input::walker::View;
use crate::io::FrameRange;
use crate::io::h5md::{Frame, Header, Trajectory};
use admd_engine::{Cell, Configuration, Mat3, Vec3};
use admd_potentials::form::units::{Dimension, UnitSystem};

/// Reads the frames; `None` when something is wrong, which is then reported.
pub(super) fn read(
    view: &View<'_>,
    file: &TextFile<'_, '_>,
    range: &FrameRange,
    wanted: Wanted,
    gathered: &mut Gathered,
) -> Option<Vec<DataFrame>> {
    for key in ["units", "energy", "forces", "stress", "virial", "energy_per_atom"] {
        let why = "a trajectory knows its units and where its numbers are";
        without_effect(view, key, why, "remove this key");
    }
    let wrong = |reason: String, help: &str| view.conflict(file.at, reason, "this trajectory", help);
    if !file.path.exists() {
        let help = "paths are relative to the folder of the input file";
        file.unreadable("there is no such file".to_owned(), help);
        return None;
    }
    let trajectory = match Trajectory::open(&file.path) {
        Ok(trajectory) => trajectory,
        Err(error) => {
            wrong(error.to_string(), "give a trajectory that admd wrote, or extended XYZ");
            return None;
        }
    };
    let (header, own) = (trajectory.header(), view.cx.units);
    if header.units.is_reduced() != own.is_reduced() {
        let reason = format!(
            "the trajectory is in units of {}, which cannot be converted to {}",
            header.units.name, own.name
        );
        wrong(
            reason,
            "reduced numbers know no size: give all data in the same kind of units",
        );
        return None;
    }
    let chosen = chosen(view, file, range, trajectory.len())?;
    let names: Vec<String> = header.species.iter().map(|s| s.name.clone()).collect();
    let present: Vec<String> = (0..names.len())
        .filter(|k| header.atoms.contains(&(*k as u16)))
        .map(|k| names[k].clone())
        .collect();
    let global = gathered.indices(view.cx, &present, file.at)?;
    let place = |s: &u16| {
        let k = present.iter().position(|n| *n == names[usize::from(*s)]);
        k.map_or(0, |k| global[k])
    };
    let species: Vec<u16> = header.atoms.iter().map(place).collect();
    let mut out = Vec::new();
    for k in chosen {
        let name = format!("{}, frame {k}", file.name());
        let read = trajectory.frame(k).map_err(|e| e.to_string());
        let frame =
            read.and_then(|frame| data(header, own, wanted, (&species, frame)).map_err(|e| format!("{name}: {e}")));
        let mut frame = match frame {
            Ok(frame) => frame,
            Err(reason) => {
                wrong(
                    reason,
                    "make the trajectory again, or leave the frame out with `frames`",
                );
                return None;
            }
        };
        frame.tag = tag(view);
        frame.weight = weight(view);
        gathered.meet(&name, &frame.configuration);
        frame.name = name;
        if frame.energy.is_some() || frame.forces.is_some() || frame.stress.is_some() {
            out.push(frame);
        }
    }
    if out.is_empty() {
        let reason = format!("no frame of `{}` has what is compared", file.path.display());
        wrong(reason, "let its run write forces = true, or add a section [energy]");
        return None;
    }
    Some(out)
}

/// One frame in coherent units.
fn data(
    header: &Header,
    own: &UnitSystem,
    wanted: Wanted,
    (species, frame): (&[u16], Frame),
) -> Result<DataFrame, String> {
    let units = header.units;
    let length = factor(units, own, Dimension::LENGTH);
    let cell = Cell::new(frame.edges.map(|e| e * length), header.periodic).map_err(|e| e.to_string())?;
    let energy = frame.thermo.potential_energy * factor(units, own, Dimension::ENERGY);
    let force = factor(units, own, Dimension::FORCE);
    let forces: Option<Vec<Vec3>> =
        (wanted.forces && header.forces).then(|| frame.forces.iter().map(|f| f * force).collect());
    let stress = static_stress(header, &frame).filter(|_| wanted.stress);
    let out = DataFrame {
        name: String::new(),
        tag: String::new(),
        weight: 1.0,
        energy: wanted.energy.then_some(energy),
        forces,
        stress: stress.map(|s| s * factor(units, own, Dimension::PRESSURE)),
        configuration: Configuration {
            cell,
            species: species.to_vec(),
            positions: frame.positions.iter().map(|r| r * length).collect(),
        },
        relative_to: None,
    };
    let finite = out.energy.is_none_or(f64::is_finite)
        && out.configuration.positions.iter().flatten().all(|x| x.is_finite())
        && out.forces.iter().flatten().flatten().all(|x| x.is_finite())
        && out.stress.iter().flatten().all(|x| x.is_finite());
    if finite {
        Ok(out)
    } else {
        Err("a number is not finite".to_owned())
    }
}

/// The stress without the part of the motion, in coherent units of the file; `None` where velocities are not written.
fn static_stress(header: &Header, frame: &Frame) -> Option<Mat3> {
    let (units, volume) = (header.units, frame.thermo.volume?);
    let whole = frame.thermo.stress? * units.to_coherent(Dimension::PRESSURE);
    if frame.thermo.kinetic_energy == 0.0 {
        return Some(whole);
    }
    if !header.velocities {
        return None;
    }
    let to_coherent = units.to_coherent(Dimension::VELOCITY);
    let velocities: Vec<Vec3> = frame.velocities.iter().map(|v| v * to_coherent).collect();
    let masses: Vec<f64> = header
        .atoms
        .iter()
        .map(|s| header.species[usize::from(*s)].mass)
        .collect();
    Some(whole + kinetic_tensor(&velocities, &masses) / volume)
}
