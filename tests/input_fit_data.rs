//! The data of a fit: keys, units, stresses, trajectories, distributions, and which species meet.

mod input_fit_support;
mod io_sample;

use admd::engine::Mat3;
use admd::fit::Observation;
use admd::io::h5md::{TrajectoryWriter, WriterOptions};
use admd::potentials::form::units::{Dimension, METAL, REAL};
use input_fit_support::*;

#[test]
fn stresses_of_nine_and_six_numbers_and_virials_agree() {
    let folder = Folder::new();
    let expected = Mat3::new(0.01, 0.002, 0.003, 0.002, 0.04, 0.005, 0.003, 0.005, 0.06);
    let plan = folder.plan(COPPER);
    assert_eq!(plan.data[0].stress, Some(expected));
    assert_eq!(plan.data[1].stress, Some(expected));
    assert_eq!(plan.data[2].stress, None);
    // the virial of GAP is -volume * stress
    let volume = 3.6_f64.powi(3);
    let virial: Vec<String> = expected.iter().map(|x| format!("{:?}", -x * volume)).collect();
    let text = frame(3.6, &format!("energy=-14 virial=\"{}\"", virial.join(" ")), true);
    folder.write("copper.extxyz", &text.repeat(6));
    let plan = folder.plan(COPPER);
    assert!((plan.data[0].stress.unwrap() - expected).amax() < 1e-16);
    // a stress that is zero but for rounding is one
    let zero = "energy=-14 stress=\"1e-17 2e-17 0 -3e-17 0 0 0 0 0\"";
    folder.write("copper.extxyz", &frame(3.6, zero, true).repeat(6));
    assert!(folder.plan(COPPER).data[0].stress.unwrap().amax() < 1e-16);
    // where both are there one is to be chosen
    let both = format!("energy=-14 virial=\"{}\" stress=\"1 1 1 0 0 0\"", virial.join(" "));
    folder.write("copper.extxyz", &frame(3.6, &both, true).repeat(6));
    assert!(
        folder
            .parse(COPPER)
            .unwrap_err()
            .to_string()
            .contains("both a stress and a virial")
    );
    let virial = folder.plan(&with(COPPER, "frames = \":\"", "virial = \"virial\""));
    assert!((virial.data[0].stress.unwrap() - expected).amax() < 1e-16);
    let stress = folder.plan(&with(COPPER, "frames = \":\"", "stress = \"stress\""));
    assert_eq!(stress.data[0].stress, Some(Mat3::identity()));
}

#[test]
fn numbers_of_ase_are_converted_to_the_units_of_the_input() {
    let folder = Folder::new();
    let real = with(COPPER, "\"metal\"", "\"real\"");
    let (metal, real) = (folder.plan(COPPER), folder.plan(&real));
    let ev = METAL.energy.si / REAL.energy.si;
    assert!(close(ev, 23.060_547_830_619_026));
    let (a, b) = (&metal.data[0], &real.data[0]);
    assert_eq!(a.configuration, b.configuration);
    assert!(close(b.energy.unwrap(), a.energy.unwrap() * ev));
    for (f, g) in a.forces.as_ref().unwrap().iter().zip(b.forces.as_ref().unwrap()) {
        assert!((f * ev - g).amax() < 1e-14);
    }
    assert!((a.stress.unwrap() * ev - b.stress.unwrap()).amax() < 1e-14);
    // so are the numbers of the input itself
    assert!(close(
        real.quantities.stress.unwrap(),
        metal.quantities.stress.unwrap() * ev
    ));
    assert!(close(real.simulations[0].kt, metal.simulations[0].kt * ev));
    assert!(close(real.references[0].value, -ev));
    // and a file in kcal/mol says so
    let said = with(COPPER, "frames = \":\"", "units = \"real\"");
    assert!(close(folder.plan(&said).data[0].energy.unwrap(), -14.0 / ev));
}

#[test]
fn names_of_keys_and_energies_an_atom_are_as_the_input_says() {
    let folder = Folder::new();
    let text = frames()
        .replace("energy=", "REF_energy=")
        .replace("forces:R:3", "REF_forces:R:3");
    folder.write("copper.extxyz", &text);
    let named = with(
        COPPER,
        "frames = \":\"",
        "energy = \"REF_energy\"\nforces = \"REF_forces\"\nenergy_per_atom = true\ntag = \"mine\"\nframes = \"1:\"",
    );
    let plan = folder.plan(&named);
    assert_eq!(plan.data[0].energy, Some(4.0 * -14.1));
    assert_eq!(plan.data[0].forces.as_ref().unwrap()[1].x, 0.01);
    assert!(plan.data.iter().all(|f| f.tag == "mine"));
    assert_eq!(plan.data[0].name, "copper.extxyz, frame 1");
}

#[test]
fn trajectories_give_energies_forces_and_stresses_without_motion() {
    let folder = Folder::new();
    let header = io_sample::header(&METAL, 8);
    let frames: Vec<_> = [0, 10, 20].map(|step| io_sample::frame(&header, step)).into();
    let mut writer =
        TrajectoryWriter::create(folder.path("run.h5md"), header.clone(), WriterOptions::default()).unwrap();
    for frame in &frames {
        writer.frame(frame.clone()).unwrap();
        writer.thermo(frame.thermo.clone()).unwrap();
    }
    writer.finish().unwrap();
    let text = r#"
units = "real"
[[potential]]
kind = "lj"
cutoff = "6 Angstrom"
parameters.Ar = { epsilon = 0.24, sigma = 3.4 }
parameters.Kr_w = { epsilon = 0.3, sigma = 3.6 }
[species.Kr_w]
mass = 83.8
[[data]]
file = "run.h5md"
frames = "1:"
tag = "hot"
[energy]
sigma = 0.1
[forces]
sigma = 1.0
[stress]
sigma = 100
[[parameters]]
select = "*"
[output]
potential = "out.toml"
"#;
    let plan = folder.plan(text);
    assert_eq!((plan.data.len(), plan.data[0].name.as_str()), (2, "run.h5md, frame 1"));
    assert_eq!(plan.data[0].tag, "hot");
    let ev = METAL.energy.si / REAL.energy.si;
    assert!(close(
        plan.data[0].energy.unwrap(),
        frames[1].thermo.potential_energy * ev
    ));
    let f = plan.data[1].forces.as_ref().unwrap();
    assert!(
        f.iter()
            .zip(&frames[2].forces)
            .all(|(a, b)| (a - b * ev).amax() < 1e-12)
    );
    let motion = frames[1]
        .velocities
        .iter()
        .zip(&header.atoms)
        .fold(Mat3::zeros(), |sum, (v, s)| {
            let v = v * METAL.to_coherent(Dimension::VELOCITY);
            sum + v * v.transpose() * header.species[usize::from(*s)].mass
        });
    let whole = frames[1].thermo.stress.unwrap() * METAL.to_coherent(Dimension::PRESSURE);
    let expected = (whole + motion / frames[1].thermo.volume.unwrap()) * ev;
    assert!((plan.data[0].stress.unwrap() - expected).amax() < 1e-12 * expected.amax());
}

#[test]
fn a_distribution_may_have_errors_of_its_own_and_a_pair() {
    let folder = Folder::new();
    folder.write("rdf.csv", "0.05 0.0 0.1\n0.15 1.0 0.2\n");
    let text = with(COPPER, "rdf_sigma = 0.02", "rdf_pair = [\"Cu\", \"Cu\"]");
    let plan = folder.plan(&text);
    let (rdf, g) = plan.simulations[0].rdf.as_ref().unwrap();
    assert!(close(rdf.range(), 0.2) && rdf.counts(0, 0) && !rdf.counts(0, 1));
    assert_eq!(g[1], Observation { value: 1.0, sigma: 0.2 });
}

#[test]
fn pairs_that_never_meet_need_no_potential() {
    let folder = Folder::new();
    let zinc = frame(3.9, "energy=-8", true).replace("Cu ", "Zn ");
    folder.write("zinc.extxyz", &zinc);
    let text = with(COPPER, "[energy]", "[[data]]\nfile = \"zinc.extxyz\"\n[energy]");
    let text = with(
        &text,
        "[[data]]",
        "[potential.parameters.Zn]\nd0 = 0.2\nalpha = 1.5\nr0 = 2.9\n[[data]]",
    );
    let text = with(
        &text,
        "cutoff = \"6 Angstrom\"",
        "cutoff = \"6 Angstrom\"\nmixing = \"explicit\"",
    );
    let plan = folder.plan(&text);
    assert_eq!(
        plan.species.iter().map(|s| s.name.as_str()).collect::<Vec<_>>(),
        ["Cu", "Zn"]
    );
    assert_eq!(plan.variables.theta.len(), 8);
    // and where they meet the frame is named
    let alloy = zinc.replacen("Zn ", "Cu ", 1);
    folder.write("zinc.extxyz", &alloy);
    let shown = folder.parse(&text).unwrap_err().to_string();
    assert!(shown.contains("no potential covers the pair Cu-Zn"), "{shown}");
    assert!(shown.contains("it is in zinc.extxyz, frame 0"), "{shown}");
}
