//! The choice of instructions.

/// Which instructions the engines use. The logits don't depend on it: sums of integers don't depend on their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kernel(Kind);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Scalar,
    #[cfg(all(feature = "std", target_arch = "x86_64"))]
    Avx2,
    #[cfg(all(feature = "std", target_arch = "x86_64"))]
    Avx512,
    #[cfg(all(feature = "std", target_arch = "x86_64", target_os = "linux"))]
    Amx,
    #[cfg(all(feature = "alloc", target_arch = "aarch64"))]
    Neon,
    #[cfg(all(feature = "alloc", target_arch = "aarch64"))]
    Dotprod,
    #[cfg(all(feature = "alloc", target_arch = "wasm32", target_feature = "simd128"))]
    Simd128,
}

impl Kernel {
    /// The oracle, which runs everywhere: [`crate::Engine`], from the image as it is.
    pub const SCALAR: Kernel = Kernel(Kind::Scalar);

    /// All that this machine can run, slowest first.
    pub fn available() -> impl DoubleEndedIterator<Item = Kernel> {
        const ALL: &[Kind] = &[
            Kind::Scalar,
            #[cfg(all(feature = "std", target_arch = "x86_64"))]
            Kind::Avx2,
            #[cfg(all(feature = "std", target_arch = "x86_64"))]
            Kind::Avx512,
            #[cfg(all(feature = "std", target_arch = "x86_64", target_os = "linux"))]
            Kind::Amx,
            #[cfg(all(feature = "alloc", target_arch = "aarch64"))]
            Kind::Neon,
            #[cfg(all(feature = "alloc", target_arch = "aarch64"))]
            Kind::Dotprod,
            #[cfg(all(feature = "alloc", target_arch = "wasm32", target_feature = "simd128"))]
            Kind::Simd128,
        ];
        ALL.iter().copied().filter(|kind| kind.runs_here()).map(Kernel)
    }

    /// The fastest that this machine can run.
    pub fn best() -> Kernel {
        Kernel::available().next_back().unwrap_or(Kernel::SCALAR)
    }

    /// Its name, such as `avx2`.
    pub fn name(self) -> &'static str {
        match self.0 {
            Kind::Scalar => "scalar",
            #[cfg(all(feature = "std", target_arch = "x86_64"))]
            Kind::Avx2 => "avx2",
            #[cfg(all(feature = "std", target_arch = "x86_64"))]
            Kind::Avx512 => "avx512",
            #[cfg(all(feature = "std", target_arch = "x86_64", target_os = "linux"))]
            Kind::Amx => "amx",
            #[cfg(all(feature = "alloc", target_arch = "aarch64"))]
            Kind::Neon => "neon",
            #[cfg(all(feature = "alloc", target_arch = "aarch64"))]
            Kind::Dotprod => "dotprod",
            #[cfg(all(feature = "alloc", target_arch = "wasm32", target_feature = "simd128"))]
            Kind::Simd128 => {
                if cfg!(target_feature = "relaxed-simd") {
                    "relaxed"
                } else {
                    "simd128"
                }
            }
        }
    }

    /// What the fast engine runs on; none for the scalar kernel.
    #[cfg(feature = "alloc")]
    pub(crate) fn ops(self) -> Option<&'static crate::fast::ops::Ops> {
        match self.0 {
            Kind::Scalar => None,
            #[cfg(all(feature = "std", target_arch = "x86_64"))]
            Kind::Avx2 => Some(&crate::fast::avx2::OPS),
            #[cfg(all(feature = "std", target_arch = "x86_64"))]
            Kind::Avx512 => Some(&crate::fast::avx512::OPS),
            #[cfg(all(feature = "std", target_arch = "x86_64", target_os = "linux"))]
            Kind::Amx => Some(&crate::fast::amx::OPS),
            #[cfg(all(feature = "alloc", target_arch = "aarch64"))]
            Kind::Neon => Some(&crate::fast::neon::OPS),
            #[cfg(all(feature = "alloc", target_arch = "aarch64"))]
            Kind::Dotprod => Some(&crate::fast::neon::DOTPROD),
            #[cfg(all(feature = "alloc", target_arch = "wasm32", target_feature = "simd128"))]
            Kind::Simd128 => Some(crate::fast::wasm::ops()),
        }
    }
}

impl Kind {
    fn runs_here(self) -> bool {
        match self {
            Kind::Scalar => true,
            #[cfg(all(feature = "alloc", target_arch = "aarch64"))]
            Kind::Neon => true,
            #[cfg(all(feature = "std", target_arch = "aarch64"))]
            Kind::Dotprod => std::arch::is_aarch64_feature_detected!("dotprod"),
            // Without the standard library it is known only to whoever compiles.
            #[cfg(all(feature = "alloc", not(feature = "std"), target_arch = "aarch64"))]
            Kind::Dotprod => cfg!(target_feature = "dotprod"),
            // A module with such instructions isn't loaded where they are missing.
            #[cfg(all(feature = "alloc", target_arch = "wasm32", target_feature = "simd128"))]
            Kind::Simd128 => true,
            #[cfg(all(feature = "std", target_arch = "x86_64"))]
            Kind::Avx2 => std::is_x86_feature_detected!("avx2"),
            #[cfg(all(feature = "std", target_arch = "x86_64"))]
            Kind::Avx512 => {
                Kind::Avx2.runs_here()
                    && std::is_x86_feature_detected!("avx512f")
                    && std::is_x86_feature_detected!("avx512bw")
                    && std::is_x86_feature_detected!("avx512dq")
                    && std::is_x86_feature_detected!("avx512vl")
                    && std::is_x86_feature_detected!("avx512vnni")
            }
            #[cfg(all(feature = "std", target_arch = "x86_64", target_os = "linux"))]
            Kind::Amx => Kind::Avx512.runs_here() && crate::fast::amx::granted(),
        }
    }
}
