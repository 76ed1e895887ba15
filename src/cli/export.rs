//! `admd export`: a trajectory as extended XYZ, for OVITO, ASE and whatever else reads text.

pub use crate::io::FrameRange;
use crate::io::Overwrite;
use crate::io::elements;
use crate::io::h5md::{Frame, H5mdError, Header, Trajectory};
use crate::io::xyz::{Column, Values, XyzError, XyzFrame, XyzProblem, XyzWriter};
use admd_potentials::form::units::{METAL, UnitSystem};
use indicatif::{ProgressBar, ProgressStyle};
use std::path::PathBuf;

/// Write a trajectory as extended XYZ, which OVITO and ASE open.
///
/// Lengths are in angstrom, energies in eV, forces in eV/angstrom and momenta in ASE's units; velocities (velo) are in
/// the units that velo_unit names. Numbers of a run in reduced units stay reduced.
#[derive(Clone, Debug, clap::Args)]
#[command(after_help = "Examples:
  admd export run.h5md run.extxyz
  admd export run.h5md last.extxyz --frames -1
  admd export run.h5md thin.extxyz --frames 100::10 --overwrite")]
pub struct ExportArgs {
    /// The trajectory (.h5md)
    #[arg(value_name = "TRAJ.h5md")]
    pub trajectory: PathBuf,
    /// The file to write; - is standard output
    #[arg(value_name = "OUT.extxyz")]
    pub output: PathBuf,
    /// Frames from A up to but without B, every C-th; negative numbers count from the end, one number is one frame
    #[arg(long, value_name = "A:B:C", default_value = ":", allow_hyphen_values = true)]
    pub frames: FrameRange,
    /// Replace an existing file
    #[arg(long)]
    pub overwrite: bool,
}

/// Why an export failed.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The trajectory cannot be read.
    #[error(transparent)]
    Read(#[from] H5mdError),
    /// The text cannot be written.
    #[error(transparent)]
    Write(#[from] XyzError),
    /// No frame is chosen.
    #[error("--frames {range} chooses none of the {frames} frames; choose some, or leave it out for all")]
    Nothing {
        /// The range.
        range: String,
        /// Number of frames in the file.
        frames: usize,
    },
}

/// Exports, with a progress bar on stderr where that is a terminal; tells how many frames were written.
///
/// # Errors
/// What is wrong with either file.
pub fn run(args: &ExportArgs) -> Result<usize, ExportError> {
    let trajectory = Trajectory::open(&args.trajectory)?;
    let frames = trajectory.len();
    let indices = args.frames.indices(frames);
    if indices.is_empty() {
        return Err(ExportError::Nothing {
            range: args.frames.to_string(),
            frames,
        });
    }
    let same = |a: &PathBuf, b: &PathBuf| Some(a.canonicalize().ok()? == b.canonicalize().ok()?);
    if same(&args.trajectory, &args.output) == Some(true) {
        return Err(ExportError::Write(XyzError {
            file: args.output.display().to_string(),
            line: 0,
            column: 0,
            problem: XyzProblem::IsSource,
        }));
    }
    let mut writer = XyzWriter::create(&args.output, Overwrite::when(args.overwrite))?;
    let style = ProgressStyle::with_template("{bar:40} {pos}/{len} frames, {eta} left");
    let bar = ProgressBar::new(indices.len() as u64).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
    for index in indices {
        writer.write(&to_xyz(trajectory.header(), trajectory.frame(index)?))?;
        bar.inc(1);
    }
    bar.finish_and_clear();
    Ok(writer.finish()?)
}

/// A frame of a trajectory as extended XYZ.
pub fn to_xyz(header: &Header, frame: Frame) -> XyzFrame {
    let units = header.units;
    let to_ev = energy_factor(units);
    let species = header.atoms.iter().filter_map(|s| header.species.get(usize::from(*s)));
    let (names, masses): (Vec<String>, Vec<f64>) = species.map(|s| (s.name.clone(), s.mass)).unzip();
    let mut out = XyzFrame {
        cell: Some(frame.edges),
        periodic: header.periodic,
        positions: frame.positions,
        forces: header.forces.then(|| frame.forces.iter().map(|f| f * to_ev).collect()),
        ..XyzFrame::default()
    };
    // ASE refuses a species that is no element, such as `CT1` or `A`, unless a column Z tells the atomic number.
    let element = |s: &u16| header.species.get(usize::from(*s)).map_or(0, |s| s.atomic_number);
    let numbers: Vec<u8> = header.atoms.iter().map(element).collect();
    if numbers
        .iter()
        .zip(&names)
        .any(|(z, name)| elements::symbol(*z) != Some(name))
    {
        let values = Values::Integer(numbers.into_iter().map(i64::from).collect());
        out.columns.insert("Z".to_owned(), Column { width: 1, values });
    }
    out.species = names;
    if header.velocities {
        out.set_velocities(frame.velocities, masses, units);
    } else {
        out.masses = Some(masses);
    }
    let thermo = &frame.thermo;
    let mut put = |key: &str, value: String| out.info.insert(key.to_owned(), value);
    put("step", frame.step.to_string());
    put("time", format!("{:?}", frame.time));
    put("time_unit", units.time.symbol.to_owned());
    put("energy", format!("{:?}", thermo.potential_energy * to_ev));
    put("kinetic_energy", format!("{:?}", thermo.kinetic_energy * to_ev));
    put("temperature", format!("{:?}", thermo.temperature));
    if let Some(stress) = &thermo.stress {
        // ASE's stress has the sign of ours, and eV/Å³ as its unit.
        let factor = if units.is_reduced() {
            1.0
        } else {
            units.pressure.si / METAL.energy.si * METAL.length.si.powi(3)
        };
        let numbers: Vec<String> = stress.transpose().iter().map(|x| format!("{:?}", x * factor)).collect();
        put("stress", numbers.join(" "));
    }
    out
}

/// From the energy unit of a system to eV; 1 in reduced units.
fn energy_factor(units: &UnitSystem) -> f64 {
    if units.is_reduced() || units.energy == METAL.energy {
        1.0
    } else {
        units.energy.si / METAL.energy.si
    }
}
