//! From parameters by name to a checked [`PairBinding`]: what the input layer and programs use.

use crate::catalog;
use crate::form::binding::{BindingError, Leaf, Origin, Pair, PairBinding};
use crate::form::mixing::Rule;
use crate::form::pair::Info;
use crate::form::truncation::Truncation;

/// What is said of one pair.
struct Given {
    names: (String, String),
    values: Option<Vec<(String, f64)>>,
    cutoff: Option<f64>,
}

/// Collects what is known of a binding; [`Builder::build`] checks all of it at once.
pub struct Builder {
    label: String,
    info: &'static Info,
    species: Vec<String>,
    cutoff: Option<f64>,
    truncation: Truncation,
    tail: bool,
    rule: Rule,
    others_absent: bool,
    given: Vec<Given>,
}

impl PairBinding {
    /// Starts a binding of a potential to species, in the order of the species indices.
    ///
    /// ```
    /// use admd_potentials::catalog::pair_info;
    /// use admd_potentials::form::binding::PairBinding;
    /// use admd_potentials::form::mixing::Rule;
    /// use admd_potentials::form::truncation::Truncation;
    ///
    /// let binding = PairBinding::builder("lj", pair_info("lj").unwrap(), ["Ar", "Kr"])
    ///     .cutoff(10.0)
    ///     .truncation(Truncation::ForceShifted)
    ///     .mixing(Rule::Arithmetic)
    ///     .like("Ar", [("epsilon", 0.0103), ("sigma", 3.40)])
    ///     .like("Kr", [("epsilon", 0.0141), ("sigma", 3.65)])
    ///     .build()
    ///     .unwrap();
    /// let names: Vec<_> = binding.leaves.iter().map(|leaf| leaf.name.as_str()).collect();
    /// assert_eq!(names, ["lj.Ar-Ar.epsilon", "lj.Ar-Ar.sigma", "lj.Kr-Kr.epsilon", "lj.Kr-Kr.sigma"]);
    /// ```
    pub fn builder<S: Into<String>>(
        label: impl Into<String>,
        info: &'static Info,
        species: impl IntoIterator<Item = S>,
    ) -> Builder {
        Builder {
            label: label.into(),
            info,
            species: species.into_iter().map(Into::into).collect(),
            cutoff: None,
            truncation: Truncation::Cut,
            tail: false,
            rule: Rule::Explicit,
            others_absent: false,
            given: Vec::new(),
        }
    }
}

impl Builder {
    /// The cutoff of every pair without its own \[length\].
    #[must_use]
    pub fn cutoff(mut self, cutoff: f64) -> Self {
        self.cutoff = Some(cutoff);
        self
    }

    /// The truncation of all pairs; a bare cut unless given.
    #[must_use]
    pub fn truncation(mut self, truncation: Truncation) -> Self {
        self.truncation = truncation;
        self
    }

    /// Adds tail corrections.
    #[must_use]
    pub fn tail_corrections(mut self) -> Self {
        self.tail = true;
        self
    }

    /// The mixing rule of pairs of unlike species that are not given; unless one is chosen, every pair must be given.
    #[must_use]
    pub fn mixing(mut self, rule: Rule) -> Self {
        self.rule = rule;
        self
    }

    /// Parameters of a pair of like species, in any order.
    #[must_use]
    pub fn like<S: Into<String>>(self, species: &str, values: impl IntoIterator<Item = (S, f64)>) -> Self {
        self.pair(species, species, values)
    }

    /// Parameters of a pair, in any order.
    #[must_use]
    pub fn pair<S: Into<String>>(self, a: &str, b: &str, values: impl IntoIterator<Item = (S, f64)>) -> Self {
        self.push(
            a,
            b,
            Some(values.into_iter().map(|(name, x)| (name.into(), x)).collect()),
            None,
        )
    }

    /// Parameters of a pair with its own cutoff \[length\].
    #[must_use]
    pub fn pair_within<S: Into<String>>(
        self,
        a: &str,
        b: &str,
        cutoff: f64,
        values: impl IntoIterator<Item = (S, f64)>,
    ) -> Self {
        let values = values.into_iter().map(|(name, x)| (name.into(), x)).collect();
        self.push(a, b, Some(values), Some(cutoff))
    }

    /// Declares that a pair does not interact through this potential.
    #[must_use]
    pub fn absent(self, a: &str, b: &str) -> Self {
        self.push(a, b, None, None)
    }

    /// Declares that pairs neither given nor mixed do not interact through this potential: for one of several potentials
    /// that share the species among them.
    #[must_use]
    pub fn others_absent(mut self) -> Self {
        self.others_absent = true;
        self
    }

    fn push(mut self, a: &str, b: &str, values: Option<Vec<(String, f64)>>, cutoff: Option<f64>) -> Self {
        let names = (a.to_owned(), b.to_owned());
        self.given.push(Given { names, values, cutoff });
        self
    }

    /// The checked binding.
    ///
    /// # Errors
    /// All that is wrong, not only the first; what names and numbers are missing first, then what the potential refuses.
    pub fn build(self) -> Result<PairBinding, Vec<BindingError>> {
        let mut errors = Vec::new();
        for (k, species) in self.species.iter().enumerate() {
            if self.species[..k].contains(species) {
                let species = species.clone();
                errors.push(BindingError::RepeatedSpecies { species });
            }
        }
        let mut binding = PairBinding {
            label: self.label.clone(),
            info: self.info,
            truncation: self.truncation,
            tail: self.tail,
            rule: self.rule,
            species: self.species.clone(),
            leaves: Vec::new(),
            pairs: Vec::new(),
        };
        let given = self.sort(&binding, &mut errors);
        for (a, b) in binding.each_pair() {
            let k = binding.index(a, b);
            let pair = match given[k] {
                Some(Given { values: None, .. }) => ABSENT,
                Some(Given {
                    values: Some(v),
                    cutoff,
                    ..
                }) => {
                    let origin = Origin::Given(binding.leaves.len());
                    self.read(&mut binding, (a, b), v, &mut errors);
                    self.cut(&binding, (a, b), origin, *cutoff, &mut errors)
                }
                None => ABSENT,
            };
            binding.pairs.push(pair);
        }
        for (a, b) in binding.each_pair() {
            let k = binding.index(a, b);
            if given[k].is_none() {
                binding.pairs[k] = self.mixed(&binding, &given, (a, b), &mut errors);
            }
        }
        if errors.is_empty() {
            catalog::check(&binding)?;
            Ok(binding)
        } else {
            Err(errors)
        }
    }

    /// What is said of each pair, at its index.
    fn sort<'a>(&'a self, binding: &PairBinding, errors: &mut Vec<BindingError>) -> Vec<Option<&'a Given>> {
        let mut sorted = vec![None; binding.each_pair().count()];
        for given in &self.given {
            let mut find = |name: &String| {
                let found = self.species.iter().position(|s| s == name);
                if found.is_none() {
                    let unknown = BindingError::UnknownSpecies {
                        species: name.clone(),
                        known: self.species.clone(),
                    };
                    if !errors.contains(&unknown) {
                        errors.push(unknown);
                    }
                }
                found
            };
            let (a, b) = (find(&given.names.0), find(&given.names.1));
            let (Some(a), Some(b)) = (a, b) else { continue };
            if sorted[binding.index(a, b)].replace(given).is_some() {
                let pair = binding.pair_name(a, b);
                errors.push(BindingError::RepeatedPair { pair });
            }
        }
        sorted
    }

    /// Appends the leaves of one pair.
    fn read(
        &self,
        binding: &mut PairBinding,
        (a, b): (usize, usize),
        values: &[(String, f64)],
        errors: &mut Vec<BindingError>,
    ) {
        let pair = binding.pair_name(a, b);
        for (k, (name, _)) in values.iter().enumerate() {
            let (pair, parameter) = (pair.clone(), name.clone());
            if !self.info.parameters.iter().any(|spec| spec.name == name) {
                let known = self.info.parameters.iter().map(|spec| spec.name.to_owned()).collect();
                errors.push(BindingError::UnknownParameter { pair, parameter, known });
            } else if values[..k].iter().any(|(earlier, _)| earlier == name) {
                errors.push(BindingError::RepeatedParameter { pair, parameter });
            }
        }
        for spec in self.info.parameters {
            match values.iter().find(|(name, _)| name == spec.name) {
                Some((_, value)) => binding.leaves.push(Leaf {
                    name: format!("{}.{pair}.{}", self.label, spec.name),
                    spec,
                    value: *value,
                }),
                None => errors.push(BindingError::MissingParameter {
                    pair: pair.clone(),
                    parameter: spec.name,
                    meaning: spec.meaning,
                }),
            }
        }
    }

    /// A pair with its own cutoff or that of the potential.
    fn cut(
        &self,
        binding: &PairBinding,
        (a, b): (usize, usize),
        origin: Origin,
        own: Option<f64>,
        errors: &mut Vec<BindingError>,
    ) -> Pair {
        let cutoff = own.or(self.cutoff).unwrap_or_else(|| {
            let pair = binding.pair_name(a, b);
            errors.push(BindingError::MissingCutoff { pair });
            0.0
        });
        Pair { origin, cutoff }
    }

    /// A pair that is not given: mixed where both like pairs are there and a rule is chosen.
    fn mixed(
        &self,
        binding: &PairBinding,
        given: &[Option<&Given>],
        (a, b): (usize, usize),
        errors: &mut Vec<BindingError>,
    ) -> Pair {
        let like = |s: usize| match binding.pairs[binding.index(s, s)].origin {
            Origin::Given(first) => Some(first),
            _ => None,
        };
        if a != b
            && self.rule != Rule::Explicit
            && let (Some(x), Some(y)) = (like(a), like(b))
        {
            return self.cut(binding, (a, b), Origin::Mixed(x, y), None, errors);
        }
        let mixing = a != b && self.rule != Rule::Explicit;
        let told_already = mixing && [a, b].iter().any(|&s| given[binding.index(s, s)].is_none());
        if !(self.others_absent || told_already) {
            errors.push(BindingError::MissingPair {
                pair: binding.pair_name(a, b),
                remedy: match (a == b, mixing) {
                    (true, _) => "give its parameters",
                    (_, true) => "give its parameters or those of both like pairs",
                    (_, false) => "give its parameters, choose a mixing rule",
                },
            });
        }
        ABSENT
    }
}

const ABSENT: Pair = Pair {
    origin: Origin::Absent,
    cutoff: 0.0,
};
