//! `[[data]]`: frames of a file, with what is compared of them.

use super::frame_values::Names;
use super::gathered::Gathered;
use super::observation::without_effect;
use super::quantities::Compared;
use super::trajectory;
use crate::fit::DataFrame;
use crate::input::diagnostics::{InputError, Problem};
use crate::input::structure::check;
use crate::input::text_file::TextFile;
use crate::input::walker::View;
use crate::io::FrameRange;
use crate::io::xyz::{self, XyzFrame};
use admd_potentials::form::units::{LJ, METAL, UnitSystem};

/// More faults of one file than these help nobody.
const MOST_FAULTS: usize = 5;

/// Which quantities are asked for.
#[derive(Clone, Copy)]
pub(super) struct Wanted {
    pub(super) energy: bool,
    pub(super) forces: bool,
    pub(super) stress: bool,
}

impl Wanted {
    pub(super) fn of(compared: &Compared<'_>) -> Self {
        Self {
            energy: compared.energy.is_some(),
            forces: compared.forces.is_some(),
            stress: compared.stress.is_some(),
        }
    }

    /// In words: `energy, forces or stress`.
    fn words(self) -> String {
        let all = [
            (self.energy, "energy"),
            (self.forces, "forces"),
            (self.stress, "stress"),
        ];
        let list: Vec<&str> = all.iter().filter(|(has, _)| *has).map(|(_, word)| *word).collect();
        match list.split_last() {
            Some((last, first)) if !first.is_empty() => format!("{} or {last}", first.join(", ")),
            _ => list.concat(),
        }
    }
}

/// Reads the frames of one entry that have something to compare; faults are reported.
pub(super) fn read(view: &View<'_>, wanted: Wanted, gathered: &mut Gathered) -> Vec<DataFrame> {
    keys_without_effect(view, wanted);
    let range = range(view);
    let Some(file) = TextFile::new(view, "file", "the data file") else {
        return Vec::new();
    };
    let Some(range) = range else { return Vec::new() };
    gathered.files.push(file.path.clone());
    let frames = if file.path.extension().is_some_and(|e| e == "h5md") {
        trajectory::read(view, &file, &range, wanted, gathered)
    } else {
        of_xyz(view, &file, &range, wanted, gathered)
    };
    frames.unwrap_or_default()
}

fn range(view: &View<'_>) -> Option<FrameRange> {
    let text = view.text("frames")?;
    match text.value.parse() {
        Ok(range) => Some(range),
        Err(reason) => {
            let (reason, help) = reason.split_once("; ").unwrap_or((&reason, "write A:B:C"));
            let error = InputError::new(Problem::Conflict(reason.to_owned()), text.at).label("no choice of frames");
            view.cx.report(error.help(help));
            None
        }
    }
}

/// The frames that are chosen; none is reported.
pub(super) fn chosen(view: &View<'_>, file: &TextFile<'_, '_>, range: &FrameRange, count: usize) -> Option<Vec<usize>> {
    let list = range.indices(count);
    if list.is_empty() {
        let reason = format!(
            "frames = \"{range}\" chooses none of the {count} frames of `{}`",
            file.path.display()
        );
        let help = "frames count from 0, or from -1 backwards; leave this key out for all";
        view.conflict(view.at("frames"), reason, "chooses none", help);
        return None;
    }
    Some(list)
}

/// Reports keys that name what is not compared.
fn keys_without_effect(view: &View<'_>, wanted: Wanted) {
    let owners = [
        ("energy", "energy", wanted.energy),
        ("energy_per_atom", "energy", wanted.energy),
        ("forces", "forces", wanted.forces),
        ("stress", "stress", wanted.stress),
        ("virial", "stress", wanted.stress),
    ];
    for (key, section, _) in owners.iter().filter(|o| !o.2) {
        let why = format!("there is no section [{section}]");
        let help = format!("add [{section}] with a sigma, or remove this key");
        without_effect(view, key, &why, &help);
    }
    if view.has("stress") && view.has("virial") {
        let reason = "`stress` and `virial` say the same".to_owned();
        view.conflict(view.key_at("virial"), reason, "a second source", "keep one of the two");
    }
}

/// The unit system of the numbers in the file.
fn units_of_file(view: &View<'_>) -> Option<&'static UnitSystem> {
    let own = view.cx.units;
    let Some(name) = view.text("units") else {
        return if view.has("units") {
            None
        } else {
            Some(if own.is_reduced() { &LJ } else { &METAL })
        };
    };
    let units = UnitSystem::named(&name.value)?;
    if units.is_reduced() != own.is_reduced() {
        let reason = format!("units = \"{}\" cannot be converted to \"{}\"", units.name, own.name);
        let help = "reduced numbers know no size: give all data in the same kind of units";
        view.conflict(name.at, reason, "of another kind", help);
        return None;
    }
    Some(units)
}

fn of_xyz(
    view: &View<'_>,
    file: &TextFile<'_, '_>,
    range: &FrameRange,
    wanted: Wanted,
    gathered: &mut Gathered,
) -> Option<Vec<DataFrame>> {
    let units = units_of_file(view);
    let mut all: Vec<Option<XyzFrame>> = match xyz::read_all(&file.path) {
        Ok(frames) => frames.into_iter().map(Some).collect(),
        Err(error) => {
            file.wrong(&error);
            return None;
        }
    };
    let chosen = chosen(view, file, range, all.len())?;
    let names = Names::of(view, units?, wanted);
    let mut out = Vec::new();
    let mut faults = 0;
    let mut seen: Option<XyzFrame> = None;
    for k in chosen {
        let Some(frame) = all[k].take() else { continue };
        let before = view.cx.errors.borrow().len();
        let name = format!("{}, frame {k}", file.name());
        let (configuration, species) = atoms(view, file, &frame, &name)?;
        let values = names.values(file, &frame, configuration.cell.periodic(), configuration.cell.volume());
        if view.cx.errors.borrow().len() > before {
            faults += 1;
            if faults == MOST_FAULTS {
                return None;
            }
            continue;
        }
        let Some(values) = values.filter(|v| v.energy.is_some() || v.forces.is_some() || v.stress.is_some()) else {
            seen.get_or_insert(frame);
            continue;
        };
        let global = gathered.indices(view.cx, &species, file.at)?;
        let mut configuration = configuration;
        for s in &mut configuration.species {
            *s = global[usize::from(*s)];
        }
        gathered.meet(&name, &configuration);
        out.push(DataFrame {
            name,
            tag: values.tag,
            weight: values.weight,
            configuration,
            energy: values.energy,
            forces: values.forces,
            stress: values.stress,
            relative_to: None,
        });
    }
    if faults > 0 {
        return None;
    }
    if let (true, Some(first)) = (out.is_empty(), &seen) {
        nothing(view, file, first, wanted);
        return None;
    }
    names.missing(view, &out, seen.as_ref());
    Some(out)
}

/// The atoms of a frame with the names of its species; faults are reported.
fn atoms(
    view: &View<'_>,
    file: &TextFile<'_, '_>,
    frame: &XyzFrame,
    name: &str,
) -> Option<(admd_engine::Configuration, Vec<String>)> {
    if frame.is_empty() {
        let help = "remove the frame, or choose others with `frames`";
        file.wrong_line(frame.line, |line| 0..line.len(), &format!("{name} has no atoms"), help);
        return None;
    }
    let species = frame.species_names();
    match frame.configuration(&species) {
        Ok(configuration) => {
            check(view, &configuration, Some(frame));
            Some((configuration, species))
        }
        Err(error) => {
            let help = "give Lattice three edges that span a volume";
            file.wrong_line(
                frame.line + 1,
                super::frame_values::word("Lattice"),
                &error.to_string(),
                help,
            );
            None
        }
    }
}

/// Reports a file without anything to compare.
fn nothing(view: &View<'_>, file: &TextFile<'_, '_>, first: &XyzFrame, wanted: Wanted) {
    let reason = format!("no frame of `{}` has {}", file.path.display(), wanted.words());
    let mut keys: Vec<&str> = first.info.keys().map(String::as_str).collect();
    keys.extend(first.forces.is_some().then_some("forces"));
    keys.extend(first.columns.keys().map(String::as_str));
    let found = if keys.is_empty() {
        "its first frame has nothing but atoms".to_owned()
    } else {
        format!("its first frame has {}", keys.join(", "))
    };
    let help = format!("name the keys with `energy`, `forces`, `stress` or `virial`: {found}");
    view.conflict(file.at, reason, "nothing to compare", &help);
}
