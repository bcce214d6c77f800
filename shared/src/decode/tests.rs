//! The reader gives what postcard's own gives, for every type of the header and all bytes.

use proptest::prelude::*;
use serde::{Deserialize, Serialize};

use super::{Cursor, Decode};
use crate::features::{Feature, FeatureGroup, Source};
use crate::model::{Channel, DeviceHeader, Golden, GoldenWindow, Layout, RawView, Task, TaskKind, TaskRole, View};
use crate::quant::{ChannelCode, Transform};
use crate::seq::Seq;

/// Longer than any value of the tests.
const BYTES: usize = 512;

/// A value as its bytes, which tell NaNs apart, and what is left behind it.
type Read = Option<(Vec<u8>, usize)>;

fn encoded(value: &impl Serialize) -> Vec<u8> {
    postcard::to_slice(value, &mut [0; BYTES]).expect("fits").to_vec()
}

fn by_cursor<'a, T: Decode<'a> + Serialize>(bytes: &'a [u8]) -> Read {
    let mut cursor = Cursor::new(bytes);
    let value: T = cursor.take()?;
    Some((encoded(&value), cursor.rest()?.len()))
}

fn by_postcard<'a, T: Deserialize<'a> + Serialize>(bytes: &'a [u8]) -> Read {
    let (value, rest): (T, _) = postcard::take_from_bytes(bytes).ok()?;
    Some((encoded(&value), rest.len()))
}

macro_rules! assert_alike {
    ($bytes:expr, $($value:ty),*) => {$(
        let bytes: &[u8] = $bytes;
        assert_eq!(by_cursor::<$value>(bytes), by_postcard::<$value>(bytes), "{} of {bytes:02x?}", stringify!($value));
    )*};
}

fn assert_all_alike(bytes: &[u8]) {
    assert_alike!(
        bytes,
        DeviceHeader<'_>,
        Channel<'_>,
        ChannelCode<'_>,
        Transform<'_>,
        FeatureGroup<'_>,
        Source,
        Feature
    );
    assert_alike!(
        bytes,
        Layout,
        View,
        Task<'_>,
        TaskRole,
        TaskKind,
        Golden<'_>,
        GoldenWindow<'_>,
        Seq<'_, f32>,
        &str,
        f32
    );
}

/// Bytes as they stand in headers: small numbers, text, long varints, anything.
fn bytes(most: usize) -> impl Strategy<Value = Vec<u8>> {
    let byte = prop_oneof![4 => 0u8..20, 1 => Just(0x80), 1 => Just(0xff), 1 => b'a'..=b'z', 2 => any::<u8>()];
    prop::collection::vec(byte, 0..most)
}

/// One value of each type, encoded.
fn values() -> Vec<Vec<u8>> {
    let knots: Vec<u8> = [0.0f32, -1.5, f32::NAN].iter().flat_map(|knot| knot.to_le_bytes()).collect();
    let code = ChannelCode { transform: Transform::Rank(Seq::from_parts(3, &knots)), scale: 1e-3, offset: -0.0 };
    let channel = Channel { name: "ünder", unit: "°C", rate_mhz: 1_000_000, samples: 65_535, code, optional: true };
    let channels = [encoded(&channel), encoded(&channel)].concat();
    let features =
        encoded(&[Feature::Last, Feature::BandEnergy { first_bin: 1, end_bin: 300 }, Feature::MissingIndicator]);
    let group = FeatureGroup {
        source: Source::Magnitude([0, 200, 1]),
        fft_size: 1024,
        features: Seq::from_parts(3, &features),
    };
    let groups = encoded(&group);
    let view = encoded(&View { tensor: 255, first: 128, fraction_bits: 14 });
    let raw_view = encoded(&RawView { tensor: 0, channel: 7, mean: -300, multiplier: i32::MIN });
    let classes = [encoded(&"ok"), encoded(&"")].concat();
    let task = Task {
        name: "wear",
        role: TaskRole::Other,
        kind: TaskKind::MultiClass,
        unit: "",
        classes: Seq::from_parts(2, &classes),
        output: 3,
        scale: f32::INFINITY,
        offset: 0.5,
        threshold: i16::MIN,
        period: 300,
    };
    let tasks = encoded(&task);
    let recorded = Golden { window: GoldenWindow::Recorded(&[1, 2, 3]), features: &[4; 130], outputs: &[] };
    let golden =
        [encoded(&recorded), encoded(&Golden { window: GoldenWindow::Generated { seed: u32::MAX }, ..recorded })];
    let golden = golden.concat();
    let header = DeviceHeader {
        name: "small",
        window_ms: u32::MAX,
        channels: Seq::from_parts(2, &channels),
        plan: Seq::from_parts(1, &groups),
        feature_count: 16_384,
        mean_offset: 128,
        gain_offset: 127,
        layout: Layout::M0,
        tensor_count: 4,
        tensor_offset: 1 << 21,
        layer_count: 0,
        layer_offset: 1 << 28,
        views: Seq::from_parts(1, &view),
        raw_views: Seq::from_parts(1, &raw_view),
        tasks: Seq::from_parts(1, &tasks),
        golden: Seq::from_parts(2, &golden),
        arena_bytes: 4096,
    };
    vec![encoded(&header), channels, groups, features, view, tasks, golden, encoded(&code), raw_view]
}

#[test]
fn what_postcard_writes_is_read_back() {
    let values = values();
    let read: Vec<Read> = vec![
        by_cursor::<DeviceHeader<'_>>(&values[0]),
        by_cursor::<(Channel<'_>, Channel<'_>)>(&values[1]),
        by_cursor::<FeatureGroup<'_>>(&values[2]),
        by_cursor::<(Feature, (Feature, Feature))>(&values[3]),
        by_cursor::<View>(&values[4]),
        by_cursor::<Task<'_>>(&values[5]),
        by_cursor::<(Golden<'_>, Golden<'_>)>(&values[6]),
        by_cursor::<ChannelCode<'_>>(&values[7]),
        by_cursor::<RawView>(&values[8]),
    ];
    for (value, read) in values.into_iter().zip(read) {
        assert_eq!(read, Some((value, 0)));
    }
}

#[test]
fn a_length_of_more_than_five_bytes_is_refused_on_every_target() {
    // postcard takes up to ten where a pointer has 64 bits.
    let bytes = [0x81, 0x80, 0x80, 0x80, 0x80, 0x00, b'a'];
    assert_eq!(by_cursor::<&str>(&bytes), None);
    assert_eq!(by_cursor::<&str>(&[0x81, 0x80, 0x80, 0x80, 0x00, b'a']), Some((vec![1, b'a'], 0)));
}

#[test]
fn a_failed_cursor_gives_nothing_more() {
    let mut cursor = Cursor::new(&[2, 1]);
    assert_eq!((cursor.bool(), cursor.byte(), cursor.u32(), cursor.str()), (false, 0, 0, ""));
    assert_eq!((cursor.rest(), cursor.take::<f32>()), (None, None));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(5_000))]

    #[test]
    fn any_bytes_are_read_as_by_postcard(bytes in bytes(60)) {
        assert_all_alike(&bytes);
    }

    #[test]
    fn changed_values_are_read_as_by_postcard(
        which: prop::sample::Index,
        changes in prop::collection::vec((any::<prop::sample::Index>(), bytes(2)), 0..4),
        cut in 0usize..40,
    ) {
        let mut bytes = values().swap_remove(which.index(9));
        for (place, other) in changes {
            let place = place.index(bytes.len());
            bytes.splice(place..(place + 1).min(bytes.len()), other);
        }
        bytes.truncate(bytes.len().saturating_sub(cut.saturating_sub(20)).max(1));
        assert_all_alike(&bytes);
    }
}
