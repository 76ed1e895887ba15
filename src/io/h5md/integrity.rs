//! The group `/parameters/integrity`: whether the file was finished, and a checksum of the header.
//!
//! `finished` is 0 until the writer has closed the file: then every series that can be checked carries a SHA-256 (see
//! [`crate::io::h5`]), and all series are equally long. A writer that is to append sets it back to 0 first.
//! `header_sha256` covers what [`Header`] holds, whose texts have no checksum of their own in HDF5.

use super::Header;
use super::provenance::{Constant, DOUBLE};
use crate::io::h5::{H5Error, Node, Sealed};
use sha2::{Digest, Sha256};

type Result<T> = std::result::Result<T, H5Error>;

const GROUP: &str = "parameters/integrity";
const FINISHED: &str = "finished";
const HEADER: &str = "header_sha256";

/// Makes the group, with the checksum of the header and no mark.
pub(super) fn create(root: &Node, header: &Header, constants: &[Constant], version: &str) -> Result<()> {
    let group = root.create_group(GROUP)?;
    group.set_number(FINISHED, 0i32)?;
    group.set_numbers(HEADER, &digest(header, constants, version))
}

/// Marks the file as finished.
pub(super) fn finish(root: &Node) -> Result<()> {
    root.group(GROUP)?.change_number(FINISHED, 1i32)
}

/// Was the file finished?
pub(super) fn sealed(root: &Node) -> Result<Sealed> {
    match root.group(GROUP)?.number_attribute::<i32>(FINISHED)? {
        0 => Ok(Sealed::No),
        1 => Ok(Sealed::Yes),
        other => Err(H5Error(format!("the mark `{FINISHED}` is {other}"))),
    }
}

/// Compares the header with its checksum.
pub(super) fn check(root: &Node, header: &Header, constants: &[Constant], version: &str) -> Result<()> {
    let recorded = root.group(GROUP)?.numbers_attribute::<u8>(HEADER)?;
    if recorded == digest(header, constants, version) {
        return Ok(());
    }
    Err(H5Error("its SHA-256 is not the one recorded in the file".to_owned()))
}

/// SHA-256 of everything in the header, each part with its length in front.
fn digest(header: &Header, constants: &[Constant], version: &str) -> [u8; 32] {
    let mut sum = Sha256::new();
    let mut part = |bytes: &[u8]| {
        sum.update((bytes.len() as u64).to_le_bytes());
        sum.update(bytes);
    };
    // As the file can hold them: see `Node::set_text`.
    let stored = |text: &str| text.replace('\0', "\u{2400}").into_bytes();
    let provenance = &header.provenance;
    let path = provenance.input_path.as_ref().map(|p| p.to_string_lossy().into_owned());
    for text in [&header.title, &path] {
        part(&[u8::from(text.is_some())]);
        part(&stored(text.as_deref().unwrap_or_default()));
    }
    for text in [
        version,
        header.units.name,
        &header.isa,
        &provenance.input_text,
        &provenance.resolved_text,
    ] {
        part(&stored(text));
    }
    part(&header.seed.to_le_bytes());
    part(&(header.threads as u64).to_le_bytes());
    part(&header.periodic.map(u8::from));
    part(&[u8::from(header.velocities), u8::from(header.forces)]);
    part(&(provenance.arguments.len() as u64).to_le_bytes());
    for argument in &provenance.arguments {
        part(&stored(argument));
    }
    for constant in constants {
        part(&stored(&constant.name));
        part(&stored(&constant.symbol));
        part(&constant.value.to_le_bytes());
    }
    for species in &header.species {
        part(&stored(&species.name));
        part(&species.mass.to_le_bytes());
        part(&species.atomic_number.to_le_bytes());
    }
    for (name, unit, value) in &header.parameters {
        part(&stored(name));
        part(&stored(unit));
        part(&value.to_le_bytes());
    }
    let atoms: Vec<u8> = header.atoms.iter().flat_map(|s| s.to_le_bytes()).collect();
    part(&atoms);
    // Files from before there was a choice have a checksum without it.
    if header.precision != DOUBLE {
        part(&stored(&header.precision));
    }
    sum.finalize().into()
}
