//! B8: a tape is used again without growing, dropped early without harm, and long without recursion. B9: threads with
//! tapes of their own do not disturb each other. And the limits of the tapes, which are errors that say what to do.

mod support;

use admd_ad::explicit::{gradient, hessian_vector};
use admd_ad::tape::{checkpoint, custom};
use admd_ad::{Dual, Gradient, Real, Rev, StackTape, Tape, Var, reverse};
use std::sync::Barrier;
use std::thread;
use support::functions::{ALL, POINT, features};
use support::moved;

#[test]
fn a_cleared_tape_does_not_grow() {
    let mut tape = Tape::new();
    let mut slopes = Gradient::new();
    let mut run = |step: usize| {
        tape.clear();
        let x = tape.variables(&moved(&POINT, 1e-3 * step as f64, &[1.0; 12]));
        let y = ALL.iter().fold(Var::lit(0.0), |sum, f| sum + f.eval(&x));
        let z = checkpoint(|x| features(x), &x)[0];
        tape.gradient_into(y + z, &mut slopes);
        assert!(slopes[x[0]].is_finite());
        (tape.bytes(), tape.len())
    };
    let first = run(0);
    for step in 1..1000 {
        assert_eq!(run(step), first, "step {step}");
    }
    assert!(first.0 > 0);
}

#[test]
fn results_on_a_used_tape_are_those_on_a_new_one() {
    let mut tape = Tape::new();
    for step in 0..5 {
        tape.clear();
        let at = moved(
            &POINT,
            0.01 * f64::from(step),
            &[1.0, -1.0, 0.5, 0.0, 1.0, 0.2, 0.1, 0.3, 0.4, 0.5, 0.6, 0.7],
        );
        let x = tape.variables(&at);
        // Something else first, of another length each time, so that indices and flags of the last step are wrong now.
        let _other = (0..step).fold(x[0], |y, _| y.sin());
        let y = ALL[1].eval(&x);
        assert_eq!((y.value(), tape.gradient(y).of(&x)), gradient(|x| ALL[1].eval(x), &at));
    }
}

#[test]
fn several_outputs_of_one_tape_have_their_own_gradients() {
    let tape = Tape::new();
    let [x, y] = [tape.variable(2.0), tape.variable(5.0)];
    let product = x * y;
    let before = tape.gradient(product);
    let square = product.sq();
    assert_eq!((before[x], before[y], before[square]), (5.0, 2.0, 0.0));
    let after = tape.gradient(square);
    assert_eq!((after[x], after[y], after[product]), (100.0, 40.0, 20.0));
    assert_eq!(tape.gradient(product).of(&[x, y, Var::lit(3.0)]), [5.0, 2.0, 0.0]);
    assert_eq!(
        tape.pullback(&[product, square, x], &[1.0, 0.5, 7.0]).of(&[x, y]),
        [62.0, 22.0]
    );
    let constant = Var::lit(1.0) * 2.0;
    assert_eq!(tape.gradient(constant).of(&[x]), [0.0]);
}

#[test]
fn constants_take_no_nodes() {
    let tape = Tape::new();
    let x = tape.variable(2.0);
    let c: Var<'_> = Var::lit(3.0);
    let _constants = [
        c.exp() * c - c.sq(),
        Var::dot(&[c], &[c]),
        Var::total(&[c, c]),
        c.powf(c).mul_add(c, c),
    ];
    let _shifted = (x + 1.0) - 2.0;
    assert_eq!(tape.len(), 1);
    let mut layer = [c; 4];
    Var::dense(&[c; 8], &[c, c], &mut layer);
    assert!(layer.iter().all(|y| y.is_constant()) && tape.len() == 1);
    let _one_node_each = [
        x.mul_add(c, x),
        Var::dot(&[c; 100], &[x; 100]),
        Var::total(&[x; 100]),
        c.powf(x),
    ];
    assert_eq!(tape.len(), 5);
    let taken = Var::select(true, x, c);
    assert_eq!((tape.len(), tape.gradient(taken)[x]), (5, 1.0));

    let stack = StackTape::<f64, 4>::new();
    let x = stack.variable(2.0);
    let c = Rev::lit(3.0);
    let y = (c.exp() * c + x.mul_add(c, x)) - 1.0;
    assert_eq!(stack.len(), 3);
    assert!(c.sqrt().is_constant() && !y.is_constant());
}

#[test]
fn a_tape_dropped_early_drops_its_closures() {
    let owned = std::sync::Arc::new(());
    let tape = Tape::new();
    let x = tape.variable(1.0);
    let held = owned.clone();
    let _y = custom(&[x], &[1.0], move |_, _| {
        assert!(std::sync::Arc::strong_count(&held) > 1)
    });
    assert_eq!(std::sync::Arc::strong_count(&owned), 2);
    drop(tape);
    assert_eq!(std::sync::Arc::strong_count(&owned), 1);
}

/// Nodes of the long tape.
const MANY: usize = 10_000_000;
/// A recursion over so many nodes, even over a hundredth of them, overflows a stack of this size.
const SMALL_STACK: usize = 128 << 10;

#[test]
fn ten_million_nodes_fit_without_recursion() {
    let long = || {
        let tape = Tape::new();
        let x = tape.variable(1.0);
        let mut y = x;
        for _ in 0..MANY / 2 {
            y = y * 2.0 * 0.5;
        }
        // 16 bytes a node as documented, and at most twice that by growth.
        assert_eq!(tape.len(), MANY + 1);
        assert!(tape.bytes() >= 16 * MANY && tape.bytes() <= 2 * 16 * (MANY + 1));
        assert_eq!((y.value(), tape.gradient(y)[x]), (1.0, 1.0));

        let z = tape.variables(&vec![3.0; MANY / 10]);
        let sum = z.iter().fold(Var::lit(0.0), |sum, z| sum + z.sq());
        let slopes = tape.gradient(sum).of(&z);
        assert!(slopes.iter().all(|s| *s == 6.0));
    };
    thread::Builder::new()
        .stack_size(SMALL_STACK)
        .spawn(long)
        .unwrap()
        .join()
        .unwrap();
}

/// Some steps of a pendulum, (angle, velocity).
fn pendulum<T: Real>(x: &[T]) -> Vec<T> {
    (0..200).fold(vec![x[0], x[1]], |y, _| {
        let angle = y[0] + y[1] * 0.05;
        vec![angle, y[1] - angle.sin() * 0.05]
    })
}

#[test]
fn checkpoints_trade_memory_for_a_second_evaluation() {
    const SEGMENTS: usize = 20;
    let (stored, tape) = (Tape::new(), Tape::new());
    let (x, same) = (stored.variables(&[0.3, 0.8]), tape.variables(&[0.3, 0.8]));
    let (mut y, mut z) = (x.clone(), same.clone());
    for _ in 0..SEGMENTS {
        y = pendulum(&y);
        z = checkpoint(|z| pendulum(z), &z);
    }
    let expected = stored.gradient(y[0]).of(&x);
    assert_eq!(tape.gradient(z[0]).of(&same), expected);
    assert!(
        tape.len() == 2 + 2 * SEGMENTS && stored.len() > 100 * tape.len(),
        "{stored:?} {tape:?}"
    );
    assert!(expected.iter().all(|g| g.abs() > 1e-3));
}

#[test]
fn unused_outputs_of_a_block_are_not_pulled_back() {
    let tape = Tape::new();
    let x = tape.variable(1.0);
    let _unused = custom(&[x], &[f64::NAN], |_, into| into[0] = f64::NAN);
    let two = custom(&[x, Var::lit(2.0)], &[3.0, 4.0], |out, into| {
        into[0] += 10.0 * out[0] + 100.0 * out[1];
        into[1] = f64::NAN; // a constant: nobody asks
    });
    assert_eq!(tape.gradient(two[0])[x], 10.0);
    assert_eq!(tape.gradient(two[1])[x], 100.0);
    assert_eq!(tape.gradient(two[1] + x * 5.0)[x], 105.0);
}

#[test]
fn threads_with_their_own_tapes_do_not_disturb_each_other() {
    const THREADS: usize = 16;
    let at = |k: usize| moved(&POINT, 1e-2 * k as f64, &[0.3; 12]);
    let run = |k: usize| {
        let f = &ALL[k % ALL.len()];
        let v = [1.0, 0.5, -0.5, 0.2, 0.1, 0.9, -0.3, 0.4, 0.6, -0.8, 0.7, 1.1];
        let small = reverse::<64, 12, _>(|x| x.iter().fold(Rev::lit(1.0), |y, x| y * x.sin()), POINT);
        (
            gradient(|x| f.eval(x), &at(k)),
            hessian_vector(|x| f.eval(x), &at(k), &v),
            small,
        )
    };
    let alone: Vec<_> = (0..THREADS).map(run).collect();
    let start = Barrier::new(THREADS);
    let work = |k: usize| {
        start.wait();
        (0..50).map(|_| run(k)).collect::<Vec<_>>()
    };
    thread::scope(|scope| {
        let handles: Vec<_> = (0..THREADS).map(|k| scope.spawn(move || work(k))).collect();
        for (handle, alone) in handles.into_iter().zip(&alone) {
            assert!(handle.join().unwrap().iter().all(|result| result == alone));
        }
    });
}

#[test]
fn tapes_can_be_sent_to_other_threads() {
    fn is_send<T: Send>() {}
    is_send::<Tape>();
    is_send::<Tape<Dual<f64, 2>>>();
    is_send::<StackTape<f64, 8>>();
    is_send::<Gradient>();
}

#[test]
#[should_panic(expected = "this function needs more than 4 nodes")]
fn a_stack_tape_that_is_too_small_says_so() {
    let _ = reverse::<4, 2, _>(|[x, y]| (x * y).sin().exp(), [1.0, 2.0]);
}

#[test]
#[should_panic(expected = "two numbers of different tapes meet")]
fn numbers_of_different_tapes_do_not_mix() {
    let (one, other) = (Tape::new(), Tape::new());
    let _ = one.variable(1.0) + other.variable(2.0);
}

#[test]
#[should_panic(expected = "the output is on another tape")]
fn a_gradient_is_asked_of_the_tape_of_its_output() {
    let (one, other) = (Tape::new(), Tape::new());
    let x = one.variable(1.0);
    let _ = other.gradient(x);
}

#[test]
#[should_panic(expected = "this gradient belongs to another tape")]
fn a_gradient_is_not_read_at_numbers_of_another_tape() {
    let (one, other) = (Tape::new(), Tape::new());
    let (x, y) = (one.variable(1.0), other.variable(1.0));
    let _ = one.gradient(x.sq())[y];
}

#[test]
#[should_panic(expected = "one weight for each output and input")]
fn dense_layers_check_their_shape() {
    let tape = Tape::new();
    let x = tape.variables(&[1.0, 2.0]);
    let mut y = [Var::lit(0.0); 2];
    Var::dense(&[Var::lit(1.0); 3], &x, &mut y);
}
