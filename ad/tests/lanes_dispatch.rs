//! The choice of the instruction set: names, the environment variable, errors instead of panics.

use admd_ad::{Isa, IsaError, Kernel, Lane, dispatch};

struct Name;

impl Kernel for Name {
    type Output = (&'static str, usize);
    #[inline(always)]
    fn run<L: Lane>(self) -> Self::Output {
        (L::ISA, L::WIDTH)
    }
}

#[test]
fn names_are_read_as_they_are_written() {
    for isa in Isa::ALL {
        assert_eq!(isa.to_string().parse(), Ok(isa));
    }
    assert_eq!("AVX".parse::<Isa>(), Err(IsaError::Unknown("AVX".to_owned())));
}

#[test]
fn the_kernel_runs_with_the_lanes_asked_for() {
    for isa in Isa::ALL.into_iter().filter(|isa| isa.is_supported()) {
        assert_eq!(dispatch(isa, Name), (isa.to_string().as_str(), isa.width()));
    }
}

#[test]
fn what_this_cpu_has_is_granted_and_the_rest_is_an_error() {
    assert!(Isa::Scalar.is_supported() && Isa::best().is_supported());
    for isa in Isa::ALL {
        let answer = Isa::requested(&isa.to_string());
        if isa <= Isa::best() {
            assert_eq!(answer, Ok(isa));
        } else {
            assert_eq!(
                answer,
                Err(IsaError::Unsupported {
                    wanted: isa,
                    best: Isa::best()
                })
            );
        }
    }
}

#[test]
fn errors_say_what_to_do() {
    let unknown = Isa::requested("sse9").expect_err("there is no such name").to_string();
    assert!(unknown.contains("sse9") && unknown.contains("scalar, avx2 or avx512") && unknown.contains("ADMD_ISA"));
    let unsupported = IsaError::Unsupported {
        wanted: Isa::Avx512,
        best: Isa::Avx2,
    }
    .to_string();
    assert!(unsupported.contains("avx512") && unsupported.contains("ADMD_ISA=avx2"));
}

/// What `detect` answers in a process with the variable set: this test runs itself again.
#[test]
fn the_environment_variable_overrides_the_choice() {
    const CHILD: &str = "ADMD_TEST_CHILD";
    if std::env::var_os(CHILD).is_some() {
        println!("detected {:?}", Isa::detect());
        return;
    }
    let detected = |value: Option<&str>| {
        let mut child = std::process::Command::new(std::env::current_exe().expect("a test knows its own path"));
        child
            .args([
                "--exact",
                "the_environment_variable_overrides_the_choice",
                "--nocapture",
            ])
            .env(CHILD, "1");
        match value {
            Some(value) => child.env("ADMD_ISA", value),
            None => child.env_remove("ADMD_ISA"),
        };
        let output = child.output().expect("the test starts again");
        assert!(output.status.success());
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    let says = |answer: Result<Isa, IsaError>| format!("detected {answer:?}");
    assert!(detected(None).contains(&says(Ok(Isa::best()))));
    assert!(detected(Some("scalar")).contains(&says(Ok(Isa::Scalar))));
    assert!(detected(Some("fast")).contains(&says(Err(IsaError::Unknown("fast".to_owned())))));
}
