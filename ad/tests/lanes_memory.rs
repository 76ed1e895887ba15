//! Lanes against memory and against each other: loads, stores, gathers, sums, masks.

mod lanes_common;
use admd_ad::{Isa, Kernel, Lane, Mask, dispatch};
use lanes_common::on_every_isa;

/// One check, run inside a kernel for a lane type.
macro_rules! kernel {
    ($name:ident, $lane:ident, $body:block) => {
        struct $name;
        impl Kernel for $name {
            type Output = ();
            #[inline(always)]
            fn run<$lane: Lane<Element = f64>>(self) $body
        }
    };
}

/// Unaligned on purpose: one value past an array of 64-bit numbers.
const OFFSET: usize = 1;

kernel!(LoadStore, L, {
    let data: Vec<f64> = (0..L::WIDTH + OFFSET).map(|k| k as f64 + 0.5).collect();
    let mut copy = vec![-1.0; L::WIDTH + 2 * OFFSET];
    // SAFETY: OFFSET + WIDTH values are there on both sides.
    unsafe { L::load(data.as_ptr().add(OFFSET)).store(copy.as_mut_ptr().add(OFFSET)) };
    assert_eq!(copy[OFFSET..OFFSET + L::WIDTH], data[OFFSET..]);
    assert_eq!((copy[0], copy[L::WIDTH + OFFSET]), (-1.0, -1.0));
});

kernel!(Gather, L, {
    let table: Vec<f64> = (0..1000).map(|k| f64::from(k) * 0.25).collect();
    let index: Vec<u32> = (0..L::WIDTH as u32).map(|k| (k * 377 + 999) % 1000).collect();
    // SAFETY: WIDTH indices below the length of the table.
    let x = unsafe { L::gather(table.as_ptr(), index.as_ptr()) };
    for k in 0..L::WIDTH {
        assert_eq!(x.extract(k), f64::from(index[k]) * 0.25);
    }
});

kernel!(Columns, L, {
    let table: Vec<f64> = (0..400).map(|k| f64::from(k) * 0.5).collect();
    let index: Vec<u16> = (0..L::WIDTH as u16).map(|k| (k * 37 + 99) % 100).collect();
    // SAFETY: WIDTH indices of rows of the table.
    let columns = unsafe { L::columns(table.as_ptr(), index.as_ptr()) };
    for k in 0..L::WIDTH {
        for (c, column) in columns.iter().enumerate() {
            assert_eq!(column.extract(k), table[4 * index[k] as usize + c]);
        }
    }
});

kernel!(KeepAndPack, L, {
    // beyond 2¹⁵, where a signed comparison or a saturating conversion would show
    let index: Vec<u16> = (0..L::WIDTH as u16).map(|k| 65_000 + 3 * k).collect();
    let values = L::from_fn(|k| 0.5 * k as f64);
    for bits in 0..1_u32 << L::WIDTH {
        let mask = L::lit(0.5).lt(L::from_fn(|k| f64::from((bits >> k) & 1)));
        let lanes = || (0..L::WIDTH).filter(|k| bits >> k & 1 == 1);
        for except in [0, 65_000, 65_000 + 3 * (L::WIDTH as u16 - 1)] {
            let mut out = vec![0; L::WIDTH];
            // SAFETY: WIDTH values are there on both sides.
            let kept = unsafe { L::keep(mask, index.as_ptr(), except, out.as_mut_ptr()) };
            let wanted: Vec<u16> = lanes().map(|k| index[k]).filter(|x| *x != except).collect();
            assert_eq!(out[..kept], wanted);
        }
        let mut out = vec![-1.0; L::WIDTH];
        // SAFETY: WIDTH values are there.
        unsafe { values.pack(mask, out.as_mut_ptr()) };
        let wanted: Vec<f64> = lanes().map(|k| 0.5 * k as f64).collect();
        assert_eq!(out[..wanted.len()], wanted);
    }
});

kernel!(AddTo, L, {
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

kernel!(SumAndExtract, L, {
    let x = L::from_fn(|k| f64::from(1 << (3 * k)));
    let exact: i32 = (0..L::WIDTH).map(|k| 1 << (3 * k)).sum();
    assert_eq!(x.sum(), f64::from(exact));
    for k in 0..L::WIDTH {
        assert_eq!(x.extract(k), f64::from(1 << (3 * k)));
    }
    // the order is fixed: neighbours at half the width first, where huge terms cancel
    let half = L::WIDTH / 2;
    let y = L::from_fn(|k| {
        if half == 0 || k % half != 0 {
            1.0
        } else {
            1e300 * if k == 0 { 1.0 } else { -1.0 }
        }
    });
    assert_eq!(y.sum(), if half == 0 { 1.0 } else { (L::WIDTH - 2) as f64 });
});

kernel!(Masks, L, {
    let all = (1u32 << L::WIDTH) - 1;
    let lanes = |bits: u32| L::from_fn(|k| f64::from((bits >> k) & 1));
    let mask = |bits: u32| L::lit(0.5).lt(lanes(bits));
    let bits = |m: L::Mask| {
        let x = L::select(m, L::lit(1.0), L::lit(0.0));
        (0..L::WIDTH).map(|k| (x.extract(k) as u32) << k).sum::<u32>()
    };
    assert_eq!((bits(L::Mask::splat(true)), bits(L::Mask::splat(false))), (all, 0));
    for a in 0..=all {
        let b = (a * 37 + 11) & all;
        assert_eq!(bits(mask(a)), a);
        assert_eq!(bits(!mask(a)), !a & all);
        assert_eq!(bits(mask(a) & mask(b)), a & b);
        assert_eq!(bits(mask(a) | mask(b)), a | b);
        assert_eq!((mask(a).any(), mask(a).all()), (a != 0, a == all));
        assert_eq!(((!mask(a)).any(), (!mask(a)).all()), (a != all, a == 0));
    }
});

kernel!(Comparison, L, {
    let lt = |a: f64, b: f64| {
        let m = L::lit(a).lt(L::lit(b));
        assert_eq!(m.any(), m.all());
        m.all()
    };
    assert!(lt(1.0, 2.0) && lt(f64::NEG_INFINITY, -1e300) && lt(0.0, 5e-324));
    assert!(!lt(2.0, 1.0) && !lt(1.0, 1.0) && !lt(-0.0, 0.0) && !lt(0.0, -0.0));
    assert!(!lt(f64::NAN, 1.0) && !lt(1.0, f64::NAN) && !lt(f64::NAN, f64::NAN));
});

kernel!(ConstantsAndNames, L, {
    for k in 0..L::WIDTH {
        assert_eq!(L::lit(0.1).extract(k), 0.1);
        assert_eq!(L::lift(L::lit(0.1)).primal().extract(k), 0.1);
    }
    let isa: Isa = L::ISA
        .parse()
        .expect("the name of the lane type is that of an instruction set");
    assert_eq!((isa.width(), isa.to_string()), (L::WIDTH, L::ISA.to_owned()));
});

#[test]
fn loads_and_stores_need_no_alignment_and_touch_nothing_else() {
    on_every_isa(|isa| dispatch(isa, LoadStore));
}

#[test]
fn gather_reads_the_indexed_values() {
    on_every_isa(|isa| dispatch(isa, Gather));
}

#[test]
fn columns_transpose_the_indexed_rows() {
    on_every_isa(|isa| dispatch(isa, Columns));
}

#[test]
fn keep_and_pack_put_the_masked_lanes_side_by_side() {
    on_every_isa(|isa| dispatch(isa, KeepAndPack));
}

#[test]
fn add_to_adds_in_memory_and_touches_nothing_else() {
    on_every_isa(|isa| dispatch(isa, AddTo));
}

#[test]
fn sum_adds_all_lanes_in_a_fixed_order() {
    on_every_isa(|isa| dispatch(isa, SumAndExtract));
}

#[test]
fn masks_obey_boolean_algebra_in_every_lane() {
    on_every_isa(|isa| dispatch(isa, Masks));
}

#[test]
fn comparison_is_strict_and_false_for_nan() {
    on_every_isa(|isa| dispatch(isa, Comparison));
}

#[test]
fn constants_fill_all_lanes_and_names_match() {
    on_every_isa(|isa| dispatch(isa, ConstantsAndNames));
}
