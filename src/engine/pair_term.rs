//! A bound pair potential behind one object: the only place where the type of a potential meets the engine.

use super::halo::Local;
use super::kernel::{BlockSums, ByDual, ForcePass, PairEvaluator, WithSlopes};
use super::order::{Along, Moved, Order, Value};
use super::sell::Block;
use super::table::Table;
use super::tail::Gas;
use super::{Configuration, Direction, EngineError};
use admd_ad::{Dual, Element, Isa, Real, dispatch};
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
    pub(super) direction: Option<&'a Direction>,
    /// Number of the term's first parameter among those of the force field.
    pub(super) first_parameter: usize,
}

/// Coefficients of one term for one evaluation.
pub(super) struct Tables<'a> {
    /// Without tangents.
    pub(super) value: &'a Table,
    /// With tangents along the direction, where parameters change along it or their gradient is asked for.
    pub(super) along: Option<Table>,
}

/// A pass over one block: what is asked for, and what it reads.
#[derive(Clone, Copy)]
pub(super) struct Pass<'a> {
    pub(super) block: &'a Block,
    pub(super) tables: &'a Tables<'a>,
    pub(super) isa: Isa,
    /// Sum energies and virial, too?
    pub(super) energy: bool,
    /// Sum tangents, too?
    pub(super) tangent: bool,
}

impl Job<'_> {
    /// Change of the term's own k-th parameter along the direction.
    fn change(&self, k: usize) -> f64 {
        let given = self.direction.and_then(|d| d.parameters.get(self.first_parameter + k));
        given.copied().unwrap_or(0.0)
    }
}

/// The scalar of the oracle: derivatives with respect to anything, and their derivatives along a direction.
pub(super) type Nested = Dual<Dual<f64, 1>, 1>;

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
    /// The coefficients of an evaluation.
    fn tables(&self, job: &Job, gradient: bool) -> Tables<'_>;
    /// How many slopes in coefficients [`PairTerm::evaluate`] sums where asked for.
    fn slopes(&self, along: bool) -> usize;
    /// Adds forces, and energies, virial and tangents where asked for, to the sums of a block; with slopes where there is
    /// room for them.
    fn evaluate(&self, pass: Pass, local: &Local<f64>, sums: &mut BlockSums, slopes: &mut [f64]);
    /// The same in single precision, without tangents and slopes.
    fn evaluate_single(&self, pass: Pass, local: &Local<f32>, sums: &mut BlockSums);
    /// Tail corrections: for each part the energy, and the virial on each axis \[energy\].
    fn tail(&self, job: Job) -> [(f64, f64); 2];
    /// dE/dθ of the term's parameters with tail corrections, and its tangent, from the sums of the slopes over all blocks.
    fn gradient(&self, job: Job, slopes: &[f64]) -> Vec<[f64; 2]>;
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
    energy: PhantomData<E>,
}

/// Coefficients of every pair of species over a scalar.
type Rows<E, T> = Vec<PairCoefficients<<E as admd_potentials::form::pair::PairEnergy>::Coef<T>, T>>;

impl<E: Truncated> Bound<E> {
    /// Number of leaves of the coefficients of one pair of species.
    const LEAVES: usize = <E::Coef<f64> as Leaves<f64>>::COUNT;

    /// Coefficients at the present parameters, with their tangents along the direction of the job.
    fn rows<O: Order>(&self, job: &Job) -> Rows<E, O::Scalar<f64>> {
        self.binding.coefficients::<E, _>(&self.theta::<O>(job))
    }

    fn theta<O: Order>(&self, job: &Job) -> Vec<O::Scalar<f64>> {
        let values = self.binding.theta().into_iter().enumerate();
        values.map(|(k, x)| O::build([x, job.change(k)])).collect()
    }

    /// Coefficients for the kernels, with tangents where the order has them.
    fn table<O: Order>(&self, job: &Job) -> Table {
        tabulate::<E, O>(&self.binding, &self.rows::<O>(job)).with_values_of(&self.table)
    }

    fn pass<P, O: Order, L: Element>(
        &self,
        pass: Pass,
        local: &Local<L>,
        table: &Table,
        sums: &mut BlockSums,
        slopes: &mut [f64],
    ) where
        P: PairEvaluator,
    {
        if pass.energy {
            let force_pass = ForcePass::<P, O, L, true>::new(pass.block, local, table, sums, slopes);
            dispatch(pass.isa, force_pass);
        } else {
            let force_pass = ForcePass::<P, O, L, false>::new(pass.block, local, table, sums, slopes);
            dispatch(pass.isa, force_pass);
        }
    }

    fn tail_sum<O: Order>(&self, job: &Job) -> (O::Scalar<f64>, O::Scalar<f64>) {
        let gas = Gas::new::<O>(job.configuration, self.binding.species.len(), job.direction);
        gas.correction(&self.binding, self.rows::<O>(job).iter().map(|row| row.tail))
    }

    fn chain_rule<O: Order>(&self, job: Job, slopes: &[f64]) -> Vec<[f64; 2]> {
        type Outer<O> = Dual<<O as Order>::Scalar<f64>, 1>;
        let (count, pairs) = (Self::LEAVES, self.table.pairs());
        let adjoint = |leaf: usize| O::build([0, O::PARTS - 1].map(|p| slopes[leaf * O::PARTS + p]));
        let adjoints: Vec<_> = (0..pairs * count).map(adjoint).collect();
        let gas =
            Gas::new::<O>(job.configuration, self.binding.species.len(), job.direction).lifted(Outer::<O>::constant);
        let theta: Vec<Outer<O>> = self.theta::<O>(&job).into_iter().map(Dual::constant).collect();
        let slope = |leaf: usize| {
            let mut theta = theta.clone();
            theta[leaf] = Dual::variable(theta[leaf].v, 0);
            let rows = self.binding.coefficients::<E, _>(&theta);
            let mut sum = gas.correction(&self.binding, rows.iter().map(|row| row.tail)).0;
            for (pair, row) in rows.iter().enumerate() {
                for k in 0..count {
                    sum = row
                        .coef
                        .leaf(k)
                        .mul_add(Dual::constant(adjoints[pair * count + k]), sum);
                }
            }
            let slope = if sum.on[0] { sum.d[0] } else { O::build([0.0; 2]) };
            core::array::from_fn(|p| if p < O::PARTS { O::part(slope, p) } else { 0.0 })
        };
        (0..theta.len()).map(slope).collect()
    }
}

fn tabulate<E: Truncated, O: Order>(binding: &PairBinding, rows: &Rows<E, O::Scalar<f64>>) -> Table {
    let rows: Vec<_> = rows.iter().map(|row| (row.cutoff2, row.coef)).collect();
    let species = 0..binding.species.len();
    let index = species
        .clone()
        .flat_map(|a| species.clone().map(move |b| binding.index(a, b) as u32));
    Table::new::<O, _>(&rows, index.collect())
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
        self.table = tabulate::<E, Value>(&self.binding, &self.binding.coefficients::<E, f64>(theta));
        Ok(())
    }

    fn tables(&self, job: &Job, gradient: bool) -> Tables<'_> {
        let changes = (0..self.binding.leaves.len()).any(|k| job.change(k) != 0.0);
        let along = job.direction.is_some() && (changes || gradient);
        Tables {
            value: &self.table,
            along: along.then(|| self.table::<Along>(job)),
        }
    }

    fn slopes(&self, along: bool) -> usize {
        self.table.pairs() * Self::LEAVES * (1 + usize::from(along))
    }

    fn evaluate(&self, pass: Pass, local: &Local<f64>, sums: &mut BlockSums, slopes: &mut [f64]) {
        let value = pass.tables.value;
        match (&pass.tables.along, slopes.is_empty()) {
            _ if value.pairs() == 0 => {}
            (None, true) if pass.tangent => self.pass::<ByDual<E>, Moved, _>(pass, local, value, sums, slopes),
            (None, true) => self.pass::<ByDual<E>, Value, _>(pass, local, value, sums, slopes),
            (None, false) => self.pass::<WithSlopes<E>, Value, _>(pass, local, value, sums, slopes),
            (Some(table), true) => self.pass::<ByDual<E>, Along, _>(pass, local, table, sums, slopes),
            (Some(table), false) => self.pass::<WithSlopes<E>, Along, _>(pass, local, table, sums, slopes),
        }
    }

    fn evaluate_single(&self, pass: Pass, local: &Local<f32>, sums: &mut BlockSums) {
        if self.table.pairs() > 0 {
            self.pass::<ByDual<E>, Value, _>(pass, local, pass.tables.value, sums, &mut []);
        }
    }

    fn tail(&self, job: Job) -> [(f64, f64); 2] {
        if !self.binding.tail {
            return [(0.0, 0.0); 2];
        }
        let (energy, virial) = self.tail_sum::<Along>(&job);
        [0, 1].map(|p| (Along::part(energy, p), Along::part(virial, p)))
    }

    fn gradient(&self, job: Job, slopes: &[f64]) -> Vec<[f64; 2]> {
        if self.table.pairs() == 0 {
            vec![[0.0; 2]; self.binding.leaves.len()]
        } else if job.direction.is_some() {
            self.chain_rule::<Along>(job, slopes)
        } else {
            self.chain_rule::<Value>(job, slopes)
        }
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
