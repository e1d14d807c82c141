//! Whatever comes in, nothing panics; and what is accepted runs.

use crate::{Artifact, example};
use golf_ternary::Image;
use proptest::prelude::*;

/// Reads a file, and if it is accepted, everything that can be asked of it.
fn exercise(file: &[u8]) -> Result<(), TestCaseError> {
    match Artifact::read(file) {
        Ok(artifact) => {
            artifact.parameters();
            artifact.vocabulary();
            if artifact.model().engine() == "ternary" {
                let image = artifact.image();
                prop_assert!(image.is_ok(), "accepted, but without an image: {:?}", image.err());
                prop_assert!(Image::new(&image.unwrap_or_default()).is_ok());
            }
        }
        Err(faults) => {
            prop_assert!(!faults.is_empty());
            for fault in faults {
                prop_assert!(!fault.to_string().contains(char::is_control));
            }
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        exercise(&bytes)?;
    }

    #[test]
    fn an_arbitrary_header_never_panics(header in any::<String>(), body in prop::collection::vec(any::<u8>(), 0..20)) {
        let header = format!("{{{header}");
        exercise(&[&(header.len() as u64).to_le_bytes(), header.as_bytes(), &body].concat())?;
    }

    #[test]
    fn a_changed_byte_never_panics(
        place in any::<prop::sample::Index>(),
        byte in any::<u8>(),
        in_header in any::<bool>(),
    ) {
        let mut file = example::tiny(3);
        let header = Artifact::read(&file).map_or(8, |artifact| artifact.header_bytes());
        let reach = if in_header { header } else { file.len() };
        let place = place.index(reach);
        file[place] = byte;
        exercise(&file)?;
    }

    #[test]
    fn changes_cuts_and_copies_never_panic(
        edits in prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>(), 0u8..4), 1..6)
    ) {
        let mut file = example::tiny(4);
        for (first, second, kind) in edits {
            let (first, second) = (first.index(file.len().max(1)), second.index(file.len().max(1)));
            let (low, high) = (first.min(second), first.max(second).min(first.min(second) + 64));
            match kind {
                0 => file.truncate(high.max(8)),
                1 => drop(file.drain(low..high)),
                2 => file.extend_from_within(low..high),
                _ => file[low..high].reverse(),
            }
        }
        exercise(&file)?;
    }

    /// Numbers in the header are where sizes overflow.
    #[test]
    fn a_changed_number_never_panics(which in any::<prop::sample::Index>(), number in prop_oneof![
        any::<u64>().prop_map(|n| n.to_string()),
        (0u64..300).prop_map(|n| n.to_string()),
        (0u32..64).prop_map(|bit| (1u64 << bit).to_string()),
        any::<f64>().prop_map(|n| n.to_string()),
    ]) {
        let file = super::with_header(&example::tiny(5), |header| {
            let starts: Vec<usize> = header
                .match_indices(|c: char| c.is_ascii_digit())
                .filter(|&(at, _)| !header.as_bytes()[at - 1].is_ascii_digit())
                .map(|(at, _)| at)
                .collect();
            let start = starts[which.index(starts.len())];
            let end = start + header[start..].find(|c: char| !c.is_ascii_digit()).unwrap_or(0);
            format!("{}{number}{}", &header[..start], &header[end..])
        });
        exercise(&file)?;
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// Sizes of all kinds, widths that no codec fills included.
    #[test]
    fn examples_of_any_shape_are_artifacts(
        (dim, kv_heads, group, head_dim) in (1usize..40, 1usize..3, 1usize..3, 1usize..8),
        (hidden, gated, extra, depth) in (1usize..40, any::<bool>(), 0usize..300, 1u8..4),
        seed in any::<u64>(),
    ) {
        let config = crate::TernaryConfig {
            dim, kv_heads, heads: kv_heads * group, head_dim: 2 * head_dim, hidden, gated,
            rope_frequencies: vec![1; head_dim],
            depth: (0..depth).chain([0]).collect(),
            ..example::config()
        };
        let file = example::build(&config, 256 + extra, seed);
        prop_assert_eq!(super::faults(&file), Vec::<String>::new());
        exercise(&file)?;
    }
}
