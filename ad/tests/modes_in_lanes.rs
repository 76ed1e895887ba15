//! B2 in lanes: duals, stack tape and tape over SIMD registers give in each lane what they give for that lane alone, also
//! where the lanes take different branches.

mod lanes_common;
mod support;

use admd_ad::{Dual, Element, Isa, Kernel, Lane, Real, Tape, dispatch, reverse, safe};
use lanes_common::on_a_large_stack;
use support::{Random, assert_close};

/// The lanes have their own elementary functions, good to a few ulp each; some ten of them in sequence.
const TOLERANCE: f64 = 1e-13;
/// The same number of ulp in f32.
const SINGLE_TOLERANCE: f64 = TOLERANCE / f64::EPSILON * f32::EPSILON as f64;

const INPUTS: usize = 3;

/// A function with a branch, a kink, a length that is 0 in some lanes, and powers of 0.
fn piecewise<T: Real>([x, y, z]: [T; INPUTS]) -> T {
    let above = y.lt(x);
    let root = T::select(above, T::select(above, x - y, T::lit(1.0)).sqrt(), (y - x).sq());
    let length = safe::norm(&[z, z * 2.0]);
    root * y.exp() + length * x + z.powf(T::lit(2.5)) + (x * y).abs().min(y.sq()) - safe::angle([x, y, z], [z, x, y])
}

/// Values, slopes and slopes of the slopes along (1, 2, 3), by all modes, lane by lane.
struct AllModes<'a> {
    points: &'a [[f64; INPUTS]],
}

/// The value, the gradient, and the Hessian times (1, 2, 3).
type Jet = [f64; 1 + 2 * INPUTS];

impl<E: Element> Kernel<E> for AllModes<'_> {
    type Output = Vec<[Jet; 3]>;

    #[inline(always)]
    fn run<L: Lane<Element = E>>(self) -> Self::Output {
        let mut results = Vec::new();
        for points in self.points.chunks_exact(L::WIDTH) {
            let x: [L; INPUTS] = [0, 1, 2].map(|k| L::from_fn(|lane| points[lane][k]));
            let along = [0, 1, 2].map(|k| Dual::with_tangents(x[k], [L::lit(1.0 + k as f64)]));

            let y = piecewise::<Dual<Dual<L, 1>, INPUTS>>([0, 1, 2].map(|k| Dual::variable(along[k], k)));
            let dual = (y.v, y.d);

            let stack = reverse::<64, INPUTS, _>(|x| piecewise(x), along);

            let recorder = Tape::new();
            let inputs = along.map(|x| recorder.variable(x));
            let output = piecewise(inputs);
            let slopes = recorder.gradient(output);
            let tape = (output.value(), inputs.map(|x| slopes[x]));

            results.extend((0..L::WIDTH).map(|lane| {
                [dual, stack, tape].map(|(value, slopes)| {
                    let at = |x: L| x.extract(lane);
                    let [a, b, c] = slopes;
                    [value.v, a.v, b.v, c.v, a.d[0], b.d[0], c.d[0]].map(at)
                })
            }));
        }
        results
    }
}

fn each_lane_is_on_its_own<E: Element>(tolerance: f64) {
    let mut random = Random(8);
    let mut points: Vec<[f64; INPUTS]> = (0..800)
        .map(|_| {
            [
                random.uniform(-1.0, 1.0),
                random.uniform(-1.0, 1.0),
                random.uniform(0.1, 1.5),
            ]
        })
        .collect();
    for point in points.iter_mut().step_by(3) {
        point[2] = 0.0;
    }
    for isa in Isa::ALL.into_iter().filter(|isa| isa.is_supported()) {
        let all = on_a_large_stack(|| dispatch::<E, _>(isa, AllModes { points: &points }));
        for (point, modes) in points.iter().zip(all) {
            let [alone, ..] = dispatch::<E, _>(Isa::Scalar, AllModes { points: &[*point] })[0];
            for (mode, jet) in ["dual", "stack tape", "tape"].iter().zip(modes) {
                assert_close(format!("{mode} on {isa} at {point:?}"), &jet, &alone, tolerance);
            }
        }
    }
}

#[test]
fn each_lane_has_the_derivatives_of_its_own_point() {
    each_lane_is_on_its_own::<f64>(TOLERANCE);
}

#[test]
fn each_lane_of_f32_has_the_derivatives_of_its_own_point() {
    each_lane_is_on_its_own::<f32>(SINGLE_TOLERANCE);
}
