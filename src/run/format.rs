//! Numbers for people.

/// A number of things, with the plural of their name.
///
/// ```
/// use admd::run::format::counted;
/// assert_eq!([0, 1, 2].map(|n| counted(n, "frame")), ["0 frames", "1 frame", "2 frames"]);
/// ```
pub fn counted(n: u64, thing: &str) -> String {
    let s = if n == 1 { "" } else { "s" };
    format!("{n} {thing}{s}")
}

/// A number with a count of significant digits, in positional notation where that is readable.
///
/// ```
/// use admd::run::format::significant;
/// assert_eq!(significant(-3593.794901, 9), "-3593.79490");
/// assert_eq!(significant(0.002, 3), "0.00200");
/// assert_eq!(significant(1.25e-9, 3), "1.25e-9");
/// assert_eq!(significant(0.0, 3), "0.00");
/// ```
pub fn significant(x: f64, digits: usize) -> String {
    let digits = digits.max(1);
    if !x.is_finite() {
        return x.to_string();
    }
    let magnitude = if x == 0.0 { 0 } else { x.abs().log10().floor() as i32 };
    if !(-4..15).contains(&magnitude) {
        return format!("{x:.*e}", digits - 1);
    }
    let decimals = (digits as i32 - 1 - magnitude).max(0);
    format!("{x:.*}", decimals as usize)
}

/// A number of at most seven significant digits, without zeros at the end: for what people chose themselves.
///
/// ```
/// use admd::run::format::short;
/// assert_eq!(short(0.002), "0.002");
/// assert_eq!(short(2.0 / 3.0), "0.6666667");
/// ```
pub fn short(x: f64) -> String {
    format!("{x:.6e}")
        .parse()
        .map_or_else(|_| x.to_string(), |rounded: f64| rounded.to_string())
}

/// A rate with k, M or G.
///
/// ```
/// assert_eq!(admd::run::format::si(8.125e6), "8.12 M");
/// assert_eq!(admd::run::format::si(12.0), "12");
/// ```
pub fn si(x: f64) -> String {
    match x {
        x if x >= 1e9 => format!("{:.2} G", x / 1e9),
        x if x >= 1e6 => format!("{:.2} M", x / 1e6),
        x if x >= 1e3 => format!("{:.2} k", x / 1e3),
        x => format!("{x:.0}"),
    }
}

/// A span of time.
///
/// ```
/// use admd::run::format::duration;
/// assert_eq!(duration(0.0123), "12.3 ms");
/// assert_eq!(duration(75.0), "1 min 15 s");
/// assert_eq!(duration(7384.0), "2 h 03 min");
/// ```
pub fn duration(seconds: f64) -> String {
    let whole = seconds.round() as u64;
    match seconds {
        s if s < 1.0 => format!("{:.1} ms", s * 1e3),
        s if s < 59.95 => format!("{s:.1} s"),
        s if s < 3599.5 => format!("{} min {:02} s", whole / 60, whole % 60),
        _ => format!("{} h {:02} min", whole / 3600, whole % 3600 / 60),
    }
}

/// A number of bytes in the decimal unit that suits it.
///
/// ```
/// use admd::run::format::bytes;
/// assert_eq!([bytes(12.0), bytes(430_100_000.0)], ["12 B", "430.1 MB"]);
/// ```
pub fn bytes(n: f64) -> String {
    let units = ["B", "kB", "MB", "GB", "TB", "PB"];
    let k = (n.max(1.0).log10() / 3.0).floor().clamp(0.0, 5.0);
    let digits = if k == 0.0 { 0 } else { 1 };
    format!("{:.digits$} {}", n / 1000_f64.powf(k), units[k as usize])
}
