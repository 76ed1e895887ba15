//! A fit in a folder of its own.
#![allow(dead_code, reason = "each test program uses its own part")]

use crate::cli_support::Folder;
use serde_json::Value;

/// A fit of copper from the inputs of the repository, in a folder of its own.
pub(crate) const FIT: &str = r#"
title = "Copper"
units = "metal"
[[potential]]
kind = "morse"
cutoff = "8 Angstrom"
mixing = "explicit"
parameters.Cu = { d0 = "0.5 eV", alpha = "1 Angstrom-1", r0 = "3.2 Angstrom" }
[[parameters]]
select = "morse.*"
[[data]]
file = "copper.extxyz"
frames = "::4"
[energy]
sigma = "20 meV"
reference = "fit"
[forces]
sigma = "0.2 eV/Angstrom"
[stress]
sigma = "3 GPa"
[validation]
tags = ["hot"]
[output]
potential = "fitted.toml"
report = "fit.html"
"#;

pub(crate) fn folder(input: &str) -> Folder {
    let data = std::fs::read_to_string("inputs/data/copper_emt.extxyz").unwrap();
    Folder::new().with("copper.extxyz", &data).with("fit.toml", input)
}

pub(crate) fn value<'a>(json: &'a Value, name: &str) -> &'a Value {
    let list = json["parameters"].as_array().unwrap();
    list.iter()
        .find(|p| p["name"] == name)
        .unwrap_or_else(|| panic!("{name}: {json}"))
}
