//! What can be wrong with a binding; every message ends with what to do.

/// One thing that is wrong with a binding.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum BindingError {
    /// A species that is not in the list.
    #[error("there is no species `{species}`{}", did_you_mean(species, known))]
    UnknownSpecies {
        /// The name.
        species: String,
        /// All names.
        known: Vec<String>,
    },
    /// A species twice in the list.
    #[error("the species `{species}` is listed twice; give each species its own name")]
    RepeatedSpecies {
        /// The name.
        species: String,
    },
    /// A parameter that the potential does not have.
    #[error("{pair}: there is no parameter `{parameter}`{}", did_you_mean(parameter, known))]
    UnknownParameter {
        /// The pair of species.
        pair: String,
        /// The name.
        parameter: String,
        /// All names.
        known: Vec<String>,
    },
    /// A parameter without a value.
    #[error("{pair}: the parameter `{parameter}` is missing ({}); give its value", meaning.to_lowercase())]
    MissingParameter {
        /// The pair of species.
        pair: String,
        /// The parameter.
        parameter: &'static str,
        /// Its meaning.
        meaning: &'static str,
    },
    /// A parameter with two values.
    #[error("{pair}: the parameter `{parameter}` is given twice; remove one")]
    RepeatedParameter {
        /// The pair of species.
        pair: String,
        /// The parameter.
        parameter: String,
    },
    /// A pair given twice, perhaps in two orders.
    #[error("the pair {pair} is given twice (A-B and B-A are one pair); remove one")]
    RepeatedPair {
        /// The pair of species.
        pair: String,
    },
    /// A pair of which nothing is said.
    #[error("nothing is said of the pair {pair}: {remedy}, or declare it absent")]
    MissingPair {
        /// The pair of species.
        pair: String,
        /// What would do.
        remedy: &'static str,
    },
    /// No cutoff for a pair.
    #[error("{pair} has no cutoff; give one to the potential or to the pair")]
    MissingCutoff {
        /// The pair of species.
        pair: String,
    },
    /// A parameter outside its bounds.
    #[error("{name} = {value} must be {bounds}")]
    OutOfBounds {
        /// The leaf.
        name: String,
        /// Its value.
        value: f64,
        /// The bounds in words.
        bounds: &'static str,
    },
    /// Parameters that do not fit each other.
    #[error("{pair}: {reason}")]
    Inconsistent {
        /// The pair of species.
        pair: String,
        /// What is wrong.
        reason: String,
    },
    /// Mixing where the potential has no rule.
    #[error("{potential} has no mixing rule for `{parameter}`; give the pair {pair} explicitly")]
    NoMixingRule {
        /// The potential.
        potential: &'static str,
        /// The parameter.
        parameter: &'static str,
        /// The pair of species.
        pair: String,
    },
    /// A cutoff that is not a positive number.
    #[error("the cutoff of {pair} is {cutoff}; it must be positive and finite")]
    BadCutoff {
        /// The pair of species.
        pair: String,
        /// The value.
        cutoff: f64,
    },
    /// A switch that does not start inside the cutoff.
    #[error("the switch begins at {onset} of the cutoff; it must begin at 0 or later and before 1")]
    BadOnset {
        /// The fraction.
        onset: f64,
    },
    /// Tail corrections of a shifted energy.
    #[error(
        "tail corrections are defined for the truncations `cut` and `switched`, not for `{truncation}`; change one"
    )]
    TailOfShifted {
        /// The truncation.
        truncation: &'static str,
    },
    /// Tail corrections of a switch that begins among near neighbours.
    #[error("the switch begins at {onset} of the cutoff; with tail corrections it must begin at {earliest} or later")]
    TailOfEarlySwitch {
        /// The fraction.
        onset: f64,
        /// The smallest fraction allowed.
        earliest: f64,
    },
    /// A tail integral that does not exist.
    #[error("{pair} falls off too slowly for a tail correction; set tail = false")]
    TailDiverges {
        /// The pair of species.
        pair: String,
    },
}

/// The end of a message about an unknown name: the nearest known ones, or all if they are few.
pub(super) fn did_you_mean(name: &str, known: &[String]) -> String {
    const SHOWN: usize = 5;
    let mut near: Vec<&String> = known.iter().collect();
    near.sort_by_key(|k| strsim::damerau_levenshtein(&name.to_lowercase(), &k.to_lowercase()));
    let shown: Vec<String> = near.iter().take(SHOWN).map(|k| format!("`{k}`")).collect();
    let shown = shown.join(", ");
    match near.len() {
        0 => "; none is defined".to_owned(),
        1 => format!("; did you mean {shown}?"),
        n if n <= SHOWN => format!("; choose one of {shown}"),
        n => format!("; did you mean one of {shown}? ({n} in all)"),
    }
}
