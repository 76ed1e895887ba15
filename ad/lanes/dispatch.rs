//! The way from a generic kernel to the instruction set of this machine, chosen at run time.
//!
//! The compiler may use AVX instructions only inside functions that say so. [`dispatch()`] enters such a function and the
//! kernel, inlined into it, is compiled for that instruction set. This holds only while everything is inlined: mark
//! [`Kernel::run`] and what it calls `#[inline(always)]`.

use crate::real::{Element, Lane};
use core::fmt;
use core::str::FromStr;

/// The environment variable that overrides the choice.
const VARIABLE: &str = "ADMD_ISA";

/// An instruction set that kernels are compiled for, from narrow to wide.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Isa {
    /// One number at a time; runs everywhere.
    Scalar,
    /// Four f64 or eight f32: AVX2 and FMA.
    Avx2,
    /// Eight f64 or sixteen f32: AVX-512 F, DQ, VL, BW and VBMI2 (Intel since Ice Lake, AMD since Zen 4).
    Avx512,
}

/// Why an instruction set cannot be had.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IsaError {
    /// The name is none of ours.
    Unknown(String),
    /// This machine lacks it.
    Unsupported {
        /// What was asked for.
        wanted: Isa,
        /// The widest that this machine has.
        best: Isa,
    },
}

impl fmt::Display for IsaError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown(name) => {
                write!(
                    f,
                    "unknown instruction set `{name}`: write scalar, avx2 or avx512, or unset {VARIABLE}"
                )
            }
            Self::Unsupported { wanted, best } => {
                write!(
                    f,
                    "this CPU does not support {wanted}: set {VARIABLE}={best} or less, or unset it"
                )
            }
        }
    }
}

impl std::error::Error for IsaError {}

impl fmt::Display for Isa {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Scalar => "scalar",
            Self::Avx2 => "avx2",
            Self::Avx512 => "avx512",
        })
    }
}

impl FromStr for Isa {
    type Err = IsaError;

    fn from_str(name: &str) -> Result<Self, IsaError> {
        match name.trim().to_ascii_lowercase().as_str() {
            "scalar" => Ok(Self::Scalar),
            "avx2" => Ok(Self::Avx2),
            "avx512" => Ok(Self::Avx512),
            _ => Err(IsaError::Unknown(name.to_owned())),
        }
    }
}

impl Isa {
    /// All of them, from narrow to wide.
    pub const ALL: [Self; 3] = [Self::Scalar, Self::Avx2, Self::Avx512];

    /// The widest instruction set of this CPU.
    #[cfg(target_arch = "x86_64")]
    pub fn best() -> Self {
        macro_rules! has {
            ($($feature:tt),*) => { $(std::arch::is_x86_feature_detected!($feature))&&* };
        }
        static BEST: std::sync::OnceLock<Isa> = std::sync::OnceLock::new();
        // the lists must hold every feature named by `enter_avx2` and `enter_avx512`
        *BEST.get_or_init(|| match has!("avx2", "fma", "bmi1", "bmi2", "popcnt", "lzcnt") {
            false => Isa::Scalar,
            true if has!("avx512f", "avx512dq", "avx512vl", "avx512bw", "avx512vbmi2") => Isa::Avx512,
            true => Isa::Avx2,
        })
    }

    /// The widest instruction set of this CPU.
    #[cfg(not(target_arch = "x86_64"))]
    pub fn best() -> Self {
        Self::Scalar
    }

    /// Does this CPU have it?
    pub fn is_supported(self) -> bool {
        self <= Self::best()
    }

    /// Number of f64 in one lane value.
    pub const fn width(self) -> usize {
        match self {
            Self::Scalar => 1,
            Self::Avx2 => 4,
            Self::Avx512 => 8,
        }
    }

    /// Number of elements in one lane value of the type that [`dispatch()`] chooses on this machine.
    pub const fn width_of<E: Element>(self) -> usize {
        match self {
            Self::Scalar => E::Scalar::WIDTH,
            Self::Avx2 => E::Avx2::WIDTH,
            Self::Avx512 => E::Avx512::WIDTH,
        }
    }

    /// The instruction set to use: what the environment variable `ADMD_ISA` asks for, else [`Isa::best`].
    ///
    /// # Errors
    /// When the variable names no instruction set, or one that this CPU lacks.
    pub fn detect() -> Result<Self, IsaError> {
        match std::env::var_os(VARIABLE) {
            Some(name) if !name.is_empty() => Self::requested(&name.to_string_lossy()),
            _ => Ok(Self::best()),
        }
    }

    /// The instruction set of that name, if this CPU has it.
    ///
    /// # Errors
    /// When the name is unknown, or the CPU lacks the instruction set.
    pub fn requested(name: &str) -> Result<Self, IsaError> {
        let wanted: Self = name.parse()?;
        if wanted.is_supported() {
            Ok(wanted)
        } else {
            Err(IsaError::Unsupported {
                wanted,
                best: Self::best(),
            })
        }
    }
}

/// Work written once over any lane type of one kind of number, `f64` unless said.
///
/// ```
/// use admd_ad::{Isa, Kernel, Lane, dispatch};
///
/// /// Σ x², whole lanes only.
/// struct SumOfSquares<'a>(&'a [f64]);
///
/// impl Kernel for SumOfSquares<'_> {
///     type Output = f64;
///     #[inline(always)]
///     fn run<L: Lane<Element = f64>>(self) -> f64 {
///         let mut sum = L::lit(0.0);
///         for block in self.0.chunks_exact(L::WIDTH) {
///             // SAFETY: the block holds one lane value.
///             let x = unsafe { L::load(block.as_ptr()) };
///             sum = x.mul_add(x, sum);
///         }
///         sum.sum()
///     }
/// }
///
/// assert_eq!(dispatch(Isa::best(), SumOfSquares(&[2.0; 16])), 64.0);
/// ```
pub trait Kernel<E: Element = f64> {
    /// What the kernel returns.
    type Output;
    /// The work. Mark the implementation `#[inline(always)]`: what is not inlined is not compiled for the instruction set.
    fn run<L: Lane<Element = E>>(self) -> Self::Output;
}

/// Runs a kernel with the lanes of an instruction set.
///
/// # Panics
/// When this CPU lacks the instruction set; [`Isa::best`], [`Isa::detect`] and [`Isa::requested`] return only supported
/// ones.
#[inline]
pub fn dispatch<E: Element, K: Kernel<E>>(isa: Isa, kernel: K) -> K::Output {
    assert!(isa.is_supported(), "this CPU does not support {isa}");
    match isa {
        #[cfg(target_arch = "x86_64")]
        // SAFETY: the CPU was checked above.
        Isa::Avx512 => unsafe { enter_avx512(kernel) },
        #[cfg(target_arch = "x86_64")]
        // SAFETY: the CPU was checked above.
        Isa::Avx2 => unsafe { enter_avx2(kernel) },
        _ => kernel.run::<E::Scalar>(),
    }
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512dq,avx512vl,avx512bw,avx512vbmi2,fma,avx2,bmi1,bmi2,popcnt,lzcnt")]
fn enter_avx512<E: Element, K: Kernel<E>>(kernel: K) -> K::Output {
    kernel.run::<E::Avx512>()
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2,fma,bmi1,bmi2,popcnt,lzcnt")]
fn enter_avx2<E: Element, K: Kernel<E>>(kernel: K) -> K::Output {
    kernel.run::<E::Avx2>()
}
