//! A bound pair potential behind one object: the only place where the type of a potential meets the engine.

use super::halo::Local;
use super::kernel::{ANY, ByDual, ForcePass, PairEvaluator};
use super::order::{self, InAll, InDistance, Order, Plain, Slopes, WithSlopes};
use super::sell::Block;
use super::sums::{BlockSums, MOST_DIRECTIONS, Parts};
use super::table::Table;
use super::tail::Gas;
use super::{Configuration, Direction, EngineError, Request};
use admd_ad::{Dual, Element, F32x1, Isa, Lane, Real, dispatch};
use admd_potentials::catalog::{self, PairVisitor};
use admd_potentials::form::binding::{Leaf, PairBinding, PairCoefficients};
use admd_potentials::form::parameters::Leaves;
use admd_potentials::form::tail::Tail;
use admd_potentials::form::truncation::Truncated;
use core::marker::PhantomData;

/// What an evaluation of one term works on, besides the list.
#[derive(Clone, Copy)]
pub(super) struct Job<'a> {
    pub(super) configuration: &'a Configuration,
    pub(super) request: Request<'a>,
    /// Number of the term's first parameter among those of the force field.
    pub(super) first_parameter: usize,
}

/// Coefficients of one term for one evaluation.
pub(super) struct Tables<'a> {
    /// Without tangents.
    value: &'a Table,
    /// For the directions, which take their turns in groups.
    groups: Vec<Group>,
}

/// Directions of one pass.
struct Group {
    parts: Parts,
    /// Coefficients with their tangents, where a parameter changes along one of the directions.
    table: Option<Table>,
}

/// A pass over one block: what is asked for, and what it reads.
#[derive(Clone, Copy)]
pub(super) struct Pass<'a> {
    pub(super) block: &'a Block,
    pub(super) tables: &'a Tables<'a>,
    pub(super) isa: Isa,
    /// Sum energies and virial, too?
    pub(super) energy: bool,
}

impl<'a> Job<'a> {
    /// Change of the term's own k-th parameter along a direction.
    fn change(&self, direction: Option<&Direction>, k: usize) -> f64 {
        let given = direction.and_then(|d| d.parameters.get(self.first_parameter + k));
        given.copied().unwrap_or(0.0)
    }

    /// Number of parts of the answer: the values, and their tangents along each direction.
    fn parts(&self) -> usize {
        1 + self.request.tangents.len()
    }

    /// Each direction; where there is none, one along which nothing changes.
    fn directions(&self) -> impl Iterator<Item = Option<&'a Direction>> {
        let nothing = self.request.tangents.is_empty().then_some(None);
        self.request.tangents.iter().map(Some).chain(nothing)
    }
}

/// The scalar of the oracle: derivatives with respect to anything, and their derivatives along a direction.
pub(super) type Nested = Dual<Dual<f64, 1>, 1>;

/// A number with its derivative along a direction.
pub(super) type Directed = Dual<f64, 1>;

/// Its derivative; zero where it has none.
pub(super) fn tangent(x: Directed) -> f64 {
    if x.on[0] { x.d[0] } else { 0.0 }
}

/// Energy of a pair of species at a squared distance \[length²\].
pub(super) type EnergyOf<'a> = dyn Fn(usize, usize, Nested) -> Option<Nested> + 'a;

/// A pair potential at given parameters, for the reference evaluator.
pub(super) struct Oracle<'a> {
    /// Energy of a pair of species at a squared distance; `None` beyond the cutoff.
    pub(super) pair: Box<EnergyOf<'a>>,
    /// Tail integrals of each pair of species.
    pub(super) tails: Vec<Option<Tail<Nested>>>,
}

/// What the engine asks of a pair potential.
pub(super) trait PairTerm: Send + Sync {
    /// Species, parameters and cutoffs.
    fn binding(&self) -> &PairBinding;
    /// Takes new values of the leaves.
    fn set_parameters(&mut self, theta: &[f64]) -> Result<(), EngineError>;
    /// Can it be evaluated in single precision?
    fn is_single(&self) -> bool;
    /// The coefficients of an evaluation.
    fn tables(&self, job: &Job) -> Tables<'_>;
    /// How many slopes in coefficients [`PairTerm::evaluate`] sums where asked for, with so many parts.
    fn slopes(&self, parts: usize) -> usize;
    /// Adds forces, and energies, virial and tangents where asked for, to the sums of a block; with slopes where there is
    /// room for them.
    fn evaluate(&self, pass: Pass, local: &Local<f64>, sums: &mut BlockSums, slopes: &mut [f64]);
    /// The same in single precision, without tangents and slopes.
    fn evaluate_single(&self, pass: Pass, local: &Local<f32>, sums: &mut BlockSums);
    /// Tail corrections: for each part the energy, and the virial on each axis \[energy\].
    fn tail(&self, job: Job) -> Vec<(f64, f64)>;
    /// dE/dθ of the term's parameters with tail corrections, for each part, from the sums of the slopes over all blocks.
    fn gradient(&self, job: Job, slopes: &[f64]) -> Vec<Vec<f64>>;
    /// Energy of one pair and its slope in r²; `None` beyond the cutoff.
    fn pair(&self, a: usize, b: usize, r2: f64) -> Option<(f64, f64)> {
        let constant = |x| Dual::constant(Dual::constant(x));
        let theta: Vec<Nested> = self.binding().theta().into_iter().map(constant).collect();
        let u = (self.oracle(&theta).pair)(a, b, Dual::variable(Dual::constant(r2), 0))?;
        Some((u.v.v, u.d[0].v))
    }
    /// The potential at any parameters.
    fn oracle(&self, theta: &[Nested]) -> Oracle<'_>;
}

struct Bound<E: Truncated> {
    binding: PairBinding,
    /// Coefficients without tangents.
    table: Table,
    /// Does f32 hold the coefficients, squared distances, energies and slopes?
    single: bool,
    energy: PhantomData<E>,
}

/// Squared cutoffs that leave f32 room for those of close pairs, and for what is beyond the cutoff \[length²\].
const SINGLE_SQUARES: core::ops::Range<f64> = 1e-30..1e30;
/// By how much an energy may differ in f32, relative to the largest of a few.
const SINGLE_DIGITS: f64 = 1e-4;

/// Coefficients of every pair of species over a scalar.
type Rows<E, T> = Vec<PairCoefficients<<E as admd_potentials::form::pair::PairEnergy>::Coef<T>, T>>;

impl<E: Truncated> Bound<E> {
    /// Number of leaves of the coefficients of one pair of species.
    const LEAVES: usize = <E::Coef<f64> as Leaves<f64>>::COUNT;

    /// Coefficients at the present parameters, with their tangents along a direction.
    fn rows(&self, job: &Job, direction: Option<&Direction>) -> Rows<E, Directed> {
        self.binding.coefficients::<E, _>(&self.theta(job, direction))
    }

    fn theta(&self, job: &Job, direction: Option<&Direction>) -> Vec<Directed> {
        let values = self.binding.theta().into_iter().enumerate();
        let along = |(k, x)| Dual::with_tangents(x, [job.change(direction, k)]);
        values.map(along).collect()
    }

    /// The tangents of the coefficients along some directions, if there are any.
    fn inclined(&self, job: &Job, directions: &[Direction]) -> Option<Table> {
        let changes = |d: &Direction| (0..self.binding.leaves.len()).any(|k| job.change(Some(d), k) != 0.0);
        directions.iter().any(changes).then(|| {
            let along = |d| self.rows(job, Some(d)).iter().map(|row| row.coef).collect();
            self.table
                .inclined::<E::Coef<Directed>>(&directions.iter().map(along).collect::<Vec<_>>())
        })
    }

    fn pass<O: Order, L: Element, const K: usize>(
        &self,
        pass: Pass,
        (local, table): (&Local<L>, &Table),
        parts: Parts,
        sums: &mut BlockSums,
        slopes: &mut [f64],
    ) {
        if pass.energy {
            self.pass_over::<O, L, K, true>(pass, (local, table), parts, sums, slopes);
        } else {
            self.pass_over::<O, L, K, false>(pass, (local, table), parts, sums, slopes);
        }
    }

    /// A pass with or without energies.
    fn pass_over<O: Order, L: Element, const K: usize, const ENERGY: bool>(
        &self,
        pass: Pass,
        (local, table): (&Local<L>, &Table),
        parts: Parts,
        sums: &mut BlockSums,
        slopes: &mut [f64],
    ) {
        let force_pass = ForcePass::<ByDual<E>, O, L, K, ENERGY>::new(pass.block, local, table, parts, sums, slopes);
        dispatch(pass.isa, force_pass);
    }

    /// dE/dθ and its tangent along a direction, from the adjoints of the coefficients of each pair of species.
    fn chain_rule(&self, job: Job, direction: Option<&Direction>, adjoints: &[Directed]) -> Vec<Directed> {
        type Outer = Dual<Directed, 1>;
        let count = Self::LEAVES;
        let gas = Gas::new(job.configuration, self.binding.species.len(), direction).lifted(Outer::constant);
        let mut theta: Vec<Outer> = self.theta(&job, direction).into_iter().map(Dual::constant).collect();
        let mut slopes = vec![Dual::lit(0.0); theta.len()];
        // only the pairs that read a leaf: hundreds of leaves times all pairs would cost more than the evaluation
        for (pair, species) in self.binding.each_pair().enumerate() {
            for leaf in self.binding.leaves_of(pair) {
                let constant = theta[leaf];
                theta[leaf] = Dual::variable(constant.v, 0);
                if let Some(row) = self.binding.coefficients_of::<E, _>(pair, &theta) {
                    let tail = row.tail.map(|tail| gas.correction_of(species, tail).0);
                    let mut sum = tail.unwrap_or(Dual::lit(0.0));
                    for (k, adjoint) in adjoints[pair * count..][..count].iter().enumerate() {
                        sum = row.coef.leaf(k).mul_add(Dual::constant(*adjoint), sum);
                    }
                    slopes[leaf] = slopes[leaf] + if sum.on[0] { sum.d[0] } else { Dual::lit(0.0) };
                }
                theta[leaf] = constant;
            }
        }
        slopes
    }
}

/// Does f32 give energies and slopes of a pair, from 0.4 of its cutoff on? Where lengths or energies are far from 1 in the
/// units of the input, powers of them leave its range.
fn is_single<E: Truncated>(cutoff2: f64, coef: &E::Coef<f64>) -> bool {
    if cutoff2 == 0.0 {
        return true;
    }
    let narrow = <E::Coef<F32x1>>::from_fn(|k| F32x1::lit(coef.leaf(k)));
    let pairs = (2..=4).map(|k| {
        let r2 = cutoff2 * (0.2 * f64::from(k)).powi(2);
        let (u, g) = ByDual::<E>::evaluate(r2, coef);
        let (v, h) = ByDual::<E>::evaluate(F32x1::lit(r2), &narrow);
        [[u, v.extract(0)], [g * cutoff2, h.extract(0) * cutoff2]]
    });
    let values: Vec<_> = pairs.flatten().collect();
    let largest = values.iter().map(|[x, _]| x.abs()).fold(0.0, f64::max);
    let squares = (SINGLE_SQUARES).contains(&cutoff2);
    // not a number is no such value
    squares && values.iter().all(|[x, y]| (x - y).abs() <= SINGLE_DIGITS * largest)
}

impl<E: Truncated> PairTerm for Bound<E> {
    fn binding(&self) -> &PairBinding {
        &self.binding
    }

    fn set_parameters(&mut self, theta: &[f64]) -> Result<(), EngineError> {
        let old = self.binding.theta();
        let set = |leaves: &mut [Leaf], theta: &[f64]| {
            for (leaf, value) in leaves.iter_mut().zip(theta) {
                leaf.value = *value;
            }
        };
        set(&mut self.binding.leaves, theta);
        if let Err(mut errors) = self.binding.check::<E>() {
            set(&mut self.binding.leaves, &old);
            return Err(errors.swap_remove(0).into());
        }
        let rows = self.binding.coefficients::<E, f64>(theta);
        let rows: Vec<_> = rows.iter().map(|row| (row.cutoff2, row.coef)).collect();
        let species = 0..self.binding.species.len();
        let pairs = species.clone().flat_map(|a| species.clone().map(move |b| (a, b)));
        let index = pairs.map(|(a, b)| self.binding.index(a, b) as u32);
        self.table = Table::new(&rows, index.collect());
        self.single = rows.iter().all(|(cutoff2, coef)| is_single::<E>(*cutoff2, coef));
        Ok(())
    }

    fn is_single(&self) -> bool {
        self.single
    }

    fn tables(&self, job: &Job) -> Tables<'_> {
        let tangents = job.request.tangents;
        // slopes in coefficients come with one direction at a time
        let most = if job.request.gradient { 1 } else { MOST_DIRECTIONS };
        let group = |(k, of): (usize, &[Direction])| Group {
            parts: Parts {
                values: k == 0,
                first: k * most,
                directions: of.len(),
                all: job.parts(),
            },
            table: self.inclined(job, of),
        };
        let groups = tangents.chunks(most).enumerate().map(group).collect();
        Tables {
            value: &self.table,
            groups,
        }
    }

    fn slopes(&self, parts: usize) -> usize {
        self.table.pairs() * Self::LEAVES * parts
    }

    fn evaluate(&self, pass: Pass, local: &Local<f64>, sums: &mut BlockSums, slopes: &mut [f64]) {
        let Tables { value, groups } = pass.tables;
        if value.pairs() == 0 {
            return;
        }
        if groups.is_empty() {
            let over = (local, *value);
            if slopes.is_empty() {
                self.pass::<Plain, _, 0>(pass, over, Parts::VALUES, sums, slopes);
            } else {
                self.pass::<Slopes, _, 0>(pass, over, Parts::VALUES, sums, slopes);
            }
        }
        for group in groups {
            let parts = group.parts;
            let over = (local, group.table.as_ref().unwrap_or(value));
            match (&group.table, slopes.is_empty()) {
                (None, true) if parts.directions == 1 && !pass.energy => {
                    self.pass_over::<InDistance, _, 1, false>(pass, over, parts, sums, slopes);
                }
                (_, true) => self.pass::<InAll, _, ANY>(pass, over, parts, sums, slopes),
                (None, false) if !pass.energy => {
                    self.pass_over::<WithSlopes, _, 1, false>(pass, over, parts, sums, slopes);
                }
                // everything at once is asked for rarely, and costs what it costs
                (_, false) => self.pass_over::<order::Nested, _, 1, true>(pass, over, parts, sums, slopes),
            }
        }
    }

    fn evaluate_single(&self, pass: Pass, local: &Local<f32>, sums: &mut BlockSums) {
        if self.table.pairs() > 0 {
            let over = (local, pass.tables.value);
            self.pass::<Plain, _, 0>(pass, over, Parts::VALUES, sums, &mut []);
        }
    }

    fn tail(&self, job: Job) -> Vec<(f64, f64)> {
        if !self.binding.tail {
            return vec![(0.0, 0.0); job.parts()];
        }
        let species = self.binding.species.len();
        let along = |direction| {
            let gas = Gas::new(job.configuration, species, direction);
            gas.correction(&self.binding, self.rows(&job, direction).iter().map(|row| row.tail))
        };
        let sums: Vec<_> = job.directions().map(along).collect();
        let values = sums.iter().take(1).map(|(u, w)| (u.v, w.v));
        let tangents = sums.iter().map(|(u, w)| (tangent(*u), tangent(*w)));
        values.chain(tangents).take(job.parts()).collect()
    }

    fn gradient(&self, job: Job, slopes: &[f64]) -> Vec<Vec<f64>> {
        let all = job.parts();
        if self.table.pairs() == 0 {
            return vec![vec![0.0; self.binding.leaves.len()]; all];
        }
        let along = |(k, direction)| {
            let of_slope = |parts: &[f64]| Dual::with_tangents(parts[0], [parts.get(1 + k).copied().unwrap_or(0.0)]);
            let adjoints: Vec<Directed> = slopes.chunks_exact(all).map(of_slope).collect();
            self.chain_rule(job, direction, &adjoints)
        };
        let sums: Vec<_> = job.directions().enumerate().map(along).collect();
        let values = sums.iter().take(1).map(|of| of.iter().map(|x| x.v).collect());
        let tangents = sums.iter().map(|of| of.iter().map(|x| tangent(*x)).collect());
        values.chain(tangents).take(all).collect()
    }

    fn oracle(&self, theta: &[Nested]) -> Oracle<'_> {
        let rows = self.binding.coefficients::<E, Nested>(theta);
        let tails = rows.iter().map(|row| row.tail).collect();
        let pair = move |a, b, r2: Nested| {
            let row = rows.get(self.binding.index(a, b))?;
            (r2.v.v < row.cutoff2).then(|| E::energy(r2, &row.coef))
        };
        Oracle {
            pair: Box::new(pair),
            tails,
        }
    }
}

struct Binder(PairBinding);

impl PairVisitor for Binder {
    type Output = Result<Box<dyn PairTerm>, EngineError>;
    fn visit<E: Truncated>(self) -> Self::Output {
        let theta = self.0.theta();
        let mut term = Bound::<E> {
            binding: self.0,
            table: Table::default(),
            single: false,
            energy: PhantomData,
        };
        term.set_parameters(&theta)?;
        Ok(Box::new(term))
    }
}

/// Binds the potential that the binding names.
pub(super) fn bind(binding: PairBinding) -> Result<Box<dyn PairTerm>, EngineError> {
    let (name, truncation) = (binding.info.name, binding.truncation);
    catalog::visit_pair(name, truncation, Binder(binding))
        .unwrap_or_else(|| unreachable!("{name} describes itself but is not in the catalogue"))
}
