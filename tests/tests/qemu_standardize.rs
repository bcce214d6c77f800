//! Raw samples are standardised on every core as the rule of `shared` has it, to the bit: all counts there are, in QEMU.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use trunkline_shared::quant::quantize_count;
use trunkline_tests::kernels::standardize;
use trunkline_tests::qemu::Target;

#[test]
fn every_count_is_standardised_as_by_the_rule() {
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let counts: Vec<i16> = (i16::MIN..=i16::MAX).collect();
    let mut cases =
        vec![(i16::MIN, i32::MAX, 15), (i16::MAX, i32::MAX, 1), (0, 0, 8), (0, 1 << 18, 15), (0, 1 << 17, 15)];
    for range_bits in 1..=15 {
        // From a share of the range to many times it.
        let multiplier = rng.random_range(0..=i32::MAX) >> rng.random_range(0..31);
        cases.push((rng.random(), multiplier, range_bits));
        cases.push((rng.random_range(-500..500), rng.random_range(1 << 10..1 << 19), range_bits));
    }
    for target in Target::ALL {
        // One fewer in every second case, so that the last is half a word.
        for (index, &(mean, multiplier, range_bits)) in cases.iter().enumerate() {
            let counts = &counts[index % 2..];
            let expected = counts.iter().map(|&count| quantize_count(count, mean, multiplier, range_bits));
            let found = standardize(target, counts, mean, multiplier, range_bits);
            assert!(
                found.into_iter().eq(expected),
                "{target:?}: mean {mean}, multiplier {multiplier}, {range_bits} bits"
            );
        }
    }
}
