//! Elementary functions and their derivatives against a table of correctly rounded numbers, in every lane type.

mod lanes_common;
use lanes_common::{Function, Jet, jets, on_every_isa, ulps};

/// Relative error allowed for a derivative, as for the products of a few correctly rounded factors.
const SLOPE_TOLERANCE: f64 = 1e-14;
/// Derivatives that are subnormal numbers may be off by some of the smallest ones.
const SUBNORMAL_FLOOR: f64 = 20e-324;

struct Row {
    function: Function,
    point: (f64, f64),
    want: Jet,
}

fn table() -> Vec<Row> {
    let rows = include_str!("data/elementary.csv").lines().skip(1);
    rows.map(|line| {
        let (name, numbers) = line.split_once(',').expect("a row is a name and numbers");
        let x: Vec<f64> = numbers.split(',').map(|x| x.parse().expect("a number")).collect();
        let function = match name {
            "sq" => Function::Sq,
            "recip" => Function::Recip,
            "sqrt" => Function::Sqrt,
            "exp" => Function::Exp,
            "ln" => Function::Ln,
            "powi" => Function::Powi(x[1] as i32),
            "powf" => Function::Powf,
            "sin" => Function::Sin,
            "cos" => Function::Cos,
            "tanh" => Function::Tanh,
            "erfc" => Function::Erfc,
            "acos" => Function::Acos,
            "atan2" => Function::Atan2,
            "abs" => Function::Abs,
            _ => panic!("unknown function {name}"),
        };
        Row {
            function,
            point: (x[0], x[1]),
            want: [x[2], x[3], x[4]],
        }
    })
    .collect()
}

/// Error that the form of the derivative in `elementary.rs` makes where it is ill-conditioned, in units of the slope.
fn conditioning(row: &Row) -> f64 {
    let x = row.point.0;
    let extra = match row.function {
        // an exponent rounded after subtracting 1
        Function::Powf => x.ln().abs(),
        _ => 0.0,
    };
    extra * f64::EPSILON
}

#[test]
fn values_are_within_their_bound_of_the_exact_ones() {
    on_every_isa(|isa| {
        let mut worst = std::collections::BTreeMap::new();
        for row in table() {
            let got = jets(isa, row.function, &[row.point])[0][0];
            let error = ulps(got, row.want[0]);
            let bound = row.function.ulp_bound();
            assert!(
                error <= bound,
                "{isa} {:?} {:?}: {got:e}, not {:e}",
                row.function,
                row.point,
                row.want[0]
            );
            let name = format!("{:?}", row.function);
            let entry = worst
                .entry(name.split('(').next().unwrap_or_default().to_owned())
                .or_insert(0.0_f64);
            *entry = entry.max(error);
        }
        println!("{isa}: largest errors {worst:.2?} ulp");
    });
}

#[test]
fn derivatives_are_within_1e_14_of_the_exact_ones() {
    on_every_isa(|isa| {
        for row in table() {
            let got = jets(isa, row.function, &[row.point])[0];
            let relative = SLOPE_TOLERANCE + conditioning(&row);
            for k in [1, 2] {
                let (got, want) = (got[k], row.want[k]);
                let close = got == want || (got - want).abs() <= relative * want.abs() + SUBNORMAL_FLOOR;
                assert!(
                    close,
                    "{isa} {:?} {:?} slope {k}: {got:e}, not {want:e}",
                    row.function, row.point
                );
            }
        }
    });
}

#[test]
fn the_table_has_fifty_points_for_each_function() {
    let rows = table();
    let count = |is: fn(&Function) -> bool| rows.iter().filter(|row| is(&row.function)).count();
    assert!(count(|f| matches!(f, Function::Powi(_))) >= 50);
    for function in [
        Function::Sq,
        Function::Recip,
        Function::Sqrt,
        Function::Exp,
        Function::Ln,
        Function::Powf,
        Function::Sin,
        Function::Cos,
        Function::Tanh,
        Function::Erfc,
        Function::Acos,
        Function::Atan2,
        Function::Abs,
    ] {
        assert!(
            rows.iter().filter(|row| row.function == function).count() >= 50,
            "{function:?}"
        );
    }
}
