//! The container: magic, version, lengths, padding, checksum. Damage of any kind is refused.

use trunkline_shared::model::{MAX_IMAGE_BYTES, MIN_IMAGE_BYTES, ModelError, VERSION, image_len, validate};
use trunkline_tests::artifact::parts::{Parts, join, repair_checksum};
use trunkline_tests::artifact::random::Size;
use trunkline_tests::artifact::{random, sample};

fn small() -> Vec<u8> {
    sample::small_image().to_vec()
}

/// A model of the size of real ones, without host part so that most bits matter to the device.
fn real_size() -> Vec<u8> {
    let size = Size { samples: 400, width: 100, tasks: 7 };
    (0..)
        .map(|seed| random::model(seed, size).build().expect("valid"))
        .find(|image| (20_000..24_000).contains(&image.len()))
        .expect("one of them has this size")
}

/// The error of the small artifact after `change` and a repair of the checksum.
fn refused(change: impl FnOnce(&mut Vec<u8>)) -> ModelError {
    let mut image = small();
    change(&mut image);
    repair_checksum(&mut image);
    validate(&image).expect_err("the change breaks a rule")
}

fn put(image: &mut [u8], at: usize, value: u32) {
    image[at..at + 4].copy_from_slice(&value.to_le_bytes());
}

#[test]
fn any_single_flipped_bit_of_a_real_size_artifact_is_refused() {
    let mut image = real_size();
    assert!(validate(&image).is_ok());
    for bit in 0..image.len() * 8 {
        image[bit / 8] ^= 1 << (bit % 8);
        assert!(validate(&image).is_err(), "bit {bit} of {} bytes", image.len());
        image[bit / 8] ^= 1 << (bit % 8);
    }
    assert!(validate(&image).is_ok());
}

#[test]
fn every_truncation_and_every_extension_is_refused() {
    let image = real_size();
    for len in 0..image.len() {
        assert!(validate(&image[..len]).is_err(), "cut to {len}");
        assert!(image_len(&image[..len]).is_err(), "region of {len}");
    }
    let mut longer = image.clone();
    for _ in 0..64 {
        longer.push(0);
        let (expected, found) = (image.len() as u32, longer.len() as u32);
        assert_eq!(validate(&longer).err(), Some(ModelError::Length { expected, found }));
        assert_eq!(image_len(&longer), Ok(image.len()), "a region may be longer");
    }
}

#[test]
fn another_magic_is_refused() {
    assert_eq!(refused(|image| image[3] = b'2'), ModelError::Magic { found: *b"TLM2" });
    assert_eq!(validate(&[0xff; 64]).err(), Some(ModelError::Magic { found: [0xff; 4] }), "erased flash");
}

#[test]
fn another_version_is_refused() {
    for found in [0, VERSION - 1, VERSION + 1] {
        assert_eq!(refused(|image| image[4] = found as u8), ModelError::Version { expected: VERSION, found });
    }
}

#[test]
fn unknown_flags_are_refused() {
    assert_eq!(refused(|image| image[7] = 0x80), ModelError::Flags { found: 0x8000 });
}

#[test]
fn an_impossible_total_length_is_refused() {
    let (low, high) = (MIN_IMAGE_BYTES, MAX_IMAGE_BYTES);
    for found in [0, low - 1, high + 1, u32::MAX] {
        assert_eq!(refused(|image| put(image, 8, found)), ModelError::TotalLength { low, high, found });
    }
}

#[test]
fn a_total_length_other_than_the_bytes_is_refused() {
    let found = small().len() as u32;
    for expected in [found - 4, found + 4] {
        assert_eq!(refused(|image| put(image, 8, expected)), ModelError::Length { expected, found });
    }
}

#[test]
fn a_region_that_is_cut_off_is_refused() {
    let image = small();
    let needed = image.len() as u32;
    assert_eq!(image_len(&image[..100]), Err(ModelError::RegionTooShort { needed, found: 100 }));
    assert_eq!(image_len(&image[..23]), Err(ModelError::RegionTooShort { needed: 24, found: 23 }));
    assert_eq!(image_len(&[]), Err(ModelError::RegionTooShort { needed: 24, found: 0 }));
}

#[test]
fn another_checksum_is_refused() {
    let mut image = small();
    let last = image.len() - 1;
    image[last] ^= 1;
    assert!(matches!(validate(&image), Err(ModelError::Checksum { expected, found }) if expected ^ found == 1 << 24));
}

#[test]
fn sections_that_do_not_add_up_are_refused() {
    let expected = small().len() as u32;
    for (at, by) in [(12, 4i64), (12, -4), (16, 4), (20, 4), (20, -4)] {
        let error = refused(|image| {
            let field = u32::from_le_bytes(image[at..at + 4].try_into().expect("four bytes"));
            put(image, at, (i64::from(field) + by) as u32);
        });
        assert_eq!(error, ModelError::Sections { expected, found: (i64::from(expected) + by) as u32 });
    }
    for at in [12, 16, 20] {
        let error = refused(|image| put(image, at, u32::MAX));
        assert_eq!(error, ModelError::Sections { expected, found: u32::MAX }, "the sum overflows");
    }
}

#[test]
fn a_weight_section_of_a_broken_word_is_refused() {
    let image = small();
    let parts = Parts::of(&image);
    let image = join(&[], &parts.host_part, &[0; 7]);
    assert!(matches!(validate(&image), Err(ModelError::Sections { .. })));
}

#[test]
fn padding_other_than_zero_is_refused() {
    let image = small();
    let mut parts = Parts::of(&image);
    while validate(&parts.encode()).is_ok() {
        let mut image = parts.encode();
        let used =
            24 + u32::from_le_bytes(image[12..16].try_into().expect("four bytes")) as usize + parts.host_part.len();
        let padding = used..used.next_multiple_of(4);
        if padding.len() == 3 {
            for at in padding {
                image[at] = 1;
                repair_checksum(&mut image);
                assert_eq!(validate(&image).err(), Some(ModelError::Padding));
                image[at] = 0;
            }
            return;
        }
        parts.host_part.push(0);
    }
}

#[test]
fn an_artifact_off_its_alignment_is_refused() {
    let image = small();
    let mut shifted = vec![0; image.len() + 4];
    let base = shifted.as_ptr().align_offset(4);
    for shift in 1..4 {
        let range = base + shift..base + shift + image.len();
        // A shift of up to 3 leaves room unless the allocation itself was off.
        if let Some(slot) = shifted.get_mut(range.clone()) {
            slot.copy_from_slice(&image);
            assert_eq!(validate(&shifted[range]).err(), Some(ModelError::Misaligned));
        }
    }
}

#[test]
fn a_header_that_does_not_decode_is_refused() {
    let image = small();
    let parts = Parts::of(&image);
    assert_eq!(validate(&join(&[], &[], &parts.weights)).err(), Some(ModelError::Header));
    assert_eq!(validate(&join(&[1, 0xff], &[], &parts.weights)).err(), Some(ModelError::Header), "a name of no UTF-8");
}

#[test]
fn bytes_after_the_header_are_refused() {
    let image = small();
    let parts = Parts::of(&image);
    let bytes = u32::from_le_bytes(image[12..16].try_into().expect("four bytes")) as usize;
    let mut header = image[24..24 + bytes].to_vec();
    header.extend([0, 0]);
    let image = join(&header, &parts.host_part, &parts.weights);
    assert_eq!(validate(&image).err(), Some(ModelError::HeaderTrail { found: 2 }));
}
