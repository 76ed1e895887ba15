//! Lanes of f64 and f32 against memory and against each other: loads, stores, gathers, sums, masks.

mod lanes_common;
use admd_ad::{Element, Isa, Kernel, Lane, Mask, dispatch};
use lanes_common::on_every_isa;

/// The ends of the range of an element.
trait Range: Element {
    const SMALLEST: Self;
    const LARGEST: Self;
}

impl Range for f64 {
    const SMALLEST: f64 = 5e-324;
    const LARGEST: f64 = f64::MAX;
}

impl Range for f32 {
    const SMALLEST: f32 = 1e-45;
    const LARGEST: f32 = f32::MAX;
}

/// One check, run inside a kernel for the lane types of an element.
macro_rules! kernel {
    ($name:ident, $element:ident, $lane:ident, $body:block) => {
        #[derive(Clone, Copy)]
        struct $name;
        impl<$element: Range> Kernel<$element> for $name {
            type Output = ();
            #[inline(always)]
            fn run<$lane: Lane<Element = $element>>(self) $body
        }
    };
}

/// Runs a check on each instruction set for both elements.
fn check(kernel: impl Kernel<f64> + Kernel<f32> + Copy) {
    on_every_isa(|isa| {
        dispatch::<f64, _>(isa, kernel);
        dispatch::<f32, _>(isa, kernel);
    });
}

/// All sets of `width` lanes; for sixteen lanes in the slow debug builds every 37th, which has each lane in and out.
fn masks(width: usize) -> impl Iterator<Item = u32> {
    let step = if cfg!(debug_assertions) && width > 8 { 37 } else { 1 };
    (0..1_u32 << width).step_by(step)
}

/// Unaligned on purpose: one value into an array.
const OFFSET: usize = 1;

kernel!(LoadStore, E, L, {
    let data: Vec<E> = (0..L::WIDTH + OFFSET).map(|k| E::narrow(k as f64 + 0.5)).collect();
    let mut copy = vec![E::narrow(-1.0); L::WIDTH + 2 * OFFSET];
    // SAFETY: OFFSET + WIDTH values are there on both sides.
    unsafe { L::load(data.as_ptr().add(OFFSET)).store(copy.as_mut_ptr().add(OFFSET)) };
    assert_eq!(copy[OFFSET..OFFSET + L::WIDTH], data[OFFSET..]);
    assert_eq!((copy[0].widen(), copy[L::WIDTH + OFFSET].widen()), (-1.0, -1.0));
});

kernel!(Gather, E, L, {
    let table: Vec<E> = (0..1000).map(|k| E::narrow(f64::from(k) * 0.25)).collect();
    let index: Vec<u32> = (0..L::WIDTH as u32).map(|k| (k * 377 + 999) % 1000).collect();
    // SAFETY: WIDTH indices below the length of the table.
    let x = unsafe { L::gather(table.as_ptr(), index.as_ptr()) };
    for k in 0..L::WIDTH {
        assert_eq!(x.extract(k), f64::from(index[k]) * 0.25);
    }
});

kernel!(Columns, E, L, {
    let table: Vec<E> = (0..400).map(|k| E::narrow(f64::from(k) * 0.5)).collect();
    let index: Vec<u16> = (0..L::WIDTH as u16).map(|k| (k * 37 + 99) % 100).collect();
    // SAFETY: WIDTH indices of rows of the table.
    let columns = unsafe { L::columns(table.as_ptr(), index.as_ptr()) };
    for k in 0..L::WIDTH {
        for (c, column) in columns.iter().enumerate() {
            assert_eq!(column.extract(k), table[4 * index[k] as usize + c].widen());
        }
    }
});

kernel!(KeepAndPack, E, L, {
    // beyond 2¹⁵, where a signed comparison or a saturating conversion would show
    let index: Vec<u16> = (0..L::WIDTH as u16).map(|k| 65_000 + 3 * k).collect();
    let values = L::from_fn(|k| 0.5 * k as f64);
    for bits in masks(L::WIDTH) {
        let mask = L::lit(0.5).lt(L::from_fn(|k| f64::from((bits >> k) & 1)));
        let lanes = || (0..L::WIDTH).filter(|k| bits >> k & 1 == 1);
        let mut out = vec![0; L::WIDTH];
        // SAFETY: WIDTH values are there on both sides.
        let kept = unsafe { L::keep(mask, index.as_ptr(), out.as_mut_ptr()) };
        let wanted: Vec<u16> = lanes().map(|k| index[k]).collect();
        assert_eq!(out[..kept], wanted);
        let mut out = vec![E::narrow(-1.0); L::WIDTH];
        // SAFETY: WIDTH values are there.
        unsafe { values.pack(mask, out.as_mut_ptr()) };
        let wanted: Vec<E> = lanes().map(|k| E::narrow(0.5 * k as f64)).collect();
        assert_eq!(out[..wanted.len()], wanted);
    }
});

kernel!(LeastAndMost, E, L, {
    for shift in 0..L::WIDTH {
        let x = L::from_fn(|k| ((k + shift) % L::WIDTH) as f64 - 1.5);
        assert_eq!((x.least(), x.most()), (-1.5, L::WIDTH as f64 - 2.5));
    }
});

kernel!(StoreSingle, E, L, {
    let mut out = vec![-1.0_f32; L::WIDTH + 2];
    // SAFETY: WIDTH values are there from the second on.
    unsafe { L::from_fn(|k| 0.1 * k as f64).store_single(out.as_mut_ptr().add(1)) };
    assert!((0..L::WIDTH).all(|k| out[k + 1] == (0.1 * k as f64) as f32));
    assert_eq!((out[0], out[L::WIDTH + 1]), (-1.0, -1.0));
});

kernel!(AddTo, E, L, {
    let mut sums: Vec<f64> = (0..L::WIDTH + 2).map(|k| k as f64).collect();
    // SAFETY: WIDTH values are there from the second on.
    unsafe { L::from_fn(|k| 0.25 * k as f64).add_to(sums.as_mut_ptr().add(1)) };
    let wanted = |k: usize| {
        k as f64
            + if (1..=L::WIDTH).contains(&k) {
                0.25 * (k - 1) as f64
            } else {
                0.0
            }
    };
    assert!((0..L::WIDTH + 2).all(|k| sums[k] == wanted(k)));
});

kernel!(SumAndExtract, E, L, {
    let power = |k: usize| f64::from(1_u32 << k);
    let x = L::from_fn(power);
    assert_eq!(x.sum(), power(L::WIDTH) - 1.0);
    for k in 0..L::WIDTH {
        assert_eq!(x.extract(k), power(k));
    }
});

/// Σ xₖ of 2ⁿ lanes as they say they add: each lane of the lower half and its like in the upper half first.
fn folded(x: &[f64]) -> f64 {
    match x {
        [x] => *x,
        _ => {
            let (low, high) = x.split_at(x.len() / 2);
            folded(&low.iter().zip(high).map(|(low, high)| low + high).collect::<Vec<_>>())
        }
    }
}

kernel!(OrderOfSum, E, L, {
    // terms whose sum depends on the order in f64, and would lose more in f32
    let x = L::from_fn(|k| E::LARGEST.widen() * (0.7 - k as f64 / 16.0) * if k % 3 == 1 { -1e-20 } else { 1.0 / 16.0 });
    let lanes: Vec<f64> = (0..L::WIDTH).map(|k| x.extract(k)).collect();
    assert_eq!(x.sum().to_bits(), folded(&lanes).to_bits());
    // where huge terms cancel first, the small ones survive
    let half = L::WIDTH / 2;
    let y = L::from_fn(|k| match (half, k) {
        (0, _) => 1.0,
        (_, 0) => E::LARGEST.widen(),
        (half, k) if k == half => -E::LARGEST.widen(),
        _ => 1.0,
    });
    assert_eq!(y.sum(), if half == 0 { 1.0 } else { (L::WIDTH - 2) as f64 });
});

kernel!(Masks, E, L, {
    let all = (1u32 << L::WIDTH) - 1;
    let lanes = |bits: u32| L::from_fn(|k| f64::from((bits >> k) & 1));
    let mask = |bits: u32| L::lit(0.5).lt(lanes(bits));
    let bits = |m: L::Mask| {
        let x = L::select(m, L::lit(1.0), L::lit(0.0));
        (0..L::WIDTH).map(|k| (x.extract(k) as u32) << k).sum::<u32>()
    };
    assert_eq!((bits(L::Mask::splat(true)), bits(L::Mask::splat(false))), (all, 0));
    for a in masks(L::WIDTH).chain([all]) {
        let b = (a * 37 + 11) & all;
        assert_eq!(bits(mask(a)), a);
        assert_eq!(bits(!mask(a)), !a & all);
        assert_eq!(bits(mask(a) & mask(b)), a & b);
        assert_eq!(bits(mask(a) | mask(b)), a | b);
        assert_eq!((mask(a).any(), mask(a).all()), (a != 0, a == all));
        assert_eq!(((!mask(a)).any(), (!mask(a)).all()), (a != all, a == 0));
    }
});

kernel!(Comparison, E, L, {
    let lt = |a: f64, b: f64| {
        let m = L::lit(a).lt(L::lit(b));
        assert_eq!(m.any(), m.all());
        m.all()
    };
    let (smallest, largest) = (E::SMALLEST.widen(), E::LARGEST.widen());
    assert!(lt(1.0, 2.0) && lt(f64::NEG_INFINITY, -largest) && lt(0.0, smallest) && lt(-smallest, 0.0));
    assert!(!lt(2.0, 1.0) && !lt(1.0, 1.0) && !lt(-0.0, 0.0) && !lt(0.0, -0.0));
    assert!(!lt(f64::NAN, 1.0) && !lt(1.0, f64::NAN) && !lt(f64::NAN, f64::NAN));
});

kernel!(ConstantsAndNames, E, L, {
    for k in 0..L::WIDTH {
        assert_eq!(L::lit(0.1).extract(k), E::narrow(0.1).widen());
        assert_eq!(L::lift(L::lit(0.1)).primal().extract(k), E::narrow(0.1).widen());
    }
    let isa: Isa = L::ISA
        .parse()
        .expect("the name of the lane type is that of an instruction set");
    assert_eq!((isa.width_of::<E>(), isa.to_string()), (L::WIDTH, L::ISA.to_owned()));
    assert_eq!(E::WIDEST % L::WIDTH, 0);
    // arrays of lanes are arrays of numbers
    assert_eq!(size_of::<L>(), L::WIDTH * size_of::<E>());
});

kernel!(Subnormal, E, L, {
    let smallest = L::lit(E::SMALLEST.widen());
    let all = |x: L, wanted: f64| assert!((0..L::WIDTH).all(|k| x.extract(k) == wanted));
    all(smallest, E::SMALLEST.widen());
    all(smallest + smallest, 2.0 * E::SMALLEST.widen());
    all(smallest * 3.0 - smallest, 2.0 * E::SMALLEST.widen());
    all(smallest.mul_add(L::lit(4.0), smallest), 5.0 * E::SMALLEST.widen());
    assert!(L::lit(0.0).lt(smallest).all());
});

#[test]
fn loads_and_stores_need_no_alignment_and_touch_nothing_else() {
    check(LoadStore);
}

#[test]
fn gather_reads_the_indexed_values() {
    check(Gather);
}

#[test]
fn columns_transpose_the_indexed_rows() {
    check(Columns);
}

#[test]
fn keep_and_pack_put_the_masked_lanes_side_by_side() {
    check(KeepAndPack);
}

#[test]
fn least_and_most_are_found_in_every_lane() {
    check(LeastAndMost);
}

#[test]
fn stores_in_single_precision_round_to_nearest() {
    check(StoreSingle);
}

#[test]
fn add_to_adds_in_memory_and_touches_nothing_else() {
    check(AddTo);
}

#[test]
fn sum_adds_all_lanes() {
    check(SumAndExtract);
}

#[test]
fn sum_adds_in_f64_in_a_fixed_order() {
    check(OrderOfSum);
}

#[test]
fn numbers_below_the_normal_range_are_kept() {
    check(Subnormal);
}

#[test]
fn masks_obey_boolean_algebra_in_every_lane() {
    check(Masks);
}

#[test]
fn comparison_is_strict_and_false_for_nan() {
    check(Comparison);
}

#[test]
fn constants_fill_all_lanes_and_names_match() {
    check(ConstantsAndNames);
}
