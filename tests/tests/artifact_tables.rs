//! Tables, channels, plan, tasks and golden windows: each rule broken alone is refused by its own error.

use trunkline_shared::features::{Feature, PlanError, Source};
use trunkline_shared::model::{
    Block, GoldenPart, GoldenWindow, MAX_CHANNELS, MAX_CLASSES, MAX_GOLDEN, MAX_GROUPS, MAX_LAYERS, MAX_RECORDED_BYTES,
    MAX_SAMPLE_VISITS, MAX_TASKS, MAX_TENSORS, ModelError, Table, TaskField, validate,
};
use trunkline_shared::quant::{CodeError, Transform};
use trunkline_shared::seq::Seq;
use trunkline_tests::artifact::parts::{Parts, bytes, expect_refusal};
use trunkline_tests::artifact::sample;

#[test]
fn a_table_without_items_is_refused() {
    let empty = |table, high| ModelError::Count { table, low: 1, high, found: 0 };
    expect_refusal(empty(Table::Channels, MAX_CHANNELS), |parts| parts.channels.clear());
    expect_refusal(empty(Table::Tensors, MAX_TENSORS as u16), |parts| parts.tensors.clear());
    expect_refusal(empty(Table::Views, MAX_TENSORS as u16), |parts| parts.views.clear());
    expect_refusal(empty(Table::Layers, MAX_LAYERS), |parts| parts.layers.clear());
    expect_refusal(empty(Table::Tasks, MAX_TASKS), |parts| parts.tasks.clear());
    expect_refusal(empty(Table::Golden, MAX_GOLDEN), |parts| parts.golden.clear());
}

#[test]
fn a_table_of_too_many_items_is_refused() {
    fn fill<T: Copy>(items: &mut Vec<T>, count: u16) {
        items.resize(usize::from(count), items[0]);
    }
    let full = |table, high| ModelError::Count { table, low: 1, high, found: high + 1 };
    let free = |table, high| ModelError::Count { table, low: 0, high, found: high + 1 };
    let tensors = MAX_TENSORS as u16;
    expect_refusal(full(Table::Channels, MAX_CHANNELS), |parts| fill(&mut parts.channels, MAX_CHANNELS + 1));
    expect_refusal(free(Table::Plan, MAX_GROUPS), |parts| fill(&mut parts.plan, MAX_GROUPS + 1));
    expect_refusal(full(Table::Tensors, tensors), |parts| fill(&mut parts.tensors, tensors + 1));
    expect_refusal(full(Table::Views, tensors), |parts| fill(&mut parts.views, tensors + 1));
    expect_refusal(full(Table::Layers, MAX_LAYERS), |parts| fill(&mut parts.layers, MAX_LAYERS + 1));
    expect_refusal(full(Table::Tasks, MAX_TASKS), |parts| fill(&mut parts.tasks, MAX_TASKS + 1));
    expect_refusal(full(Table::Golden, MAX_GOLDEN), |parts| fill(&mut parts.golden, MAX_GOLDEN + 1));
    let names: Vec<String> = (0..=MAX_CLASSES).map(|class| class.to_string()).collect();
    let classes = bytes(&names);
    let error = ModelError::Count { table: Table::Classes, low: 0, high: MAX_CLASSES, found: MAX_CLASSES + 1 };
    expect_refusal(error, |parts| parts.tasks[0].classes = Seq::from_parts(MAX_CLASSES + 1, &classes));
}

#[test]
fn a_table_whose_bytes_do_not_hold_its_items_is_refused() {
    let image = sample::small_image();
    let parts = Parts::of(image);
    let check = |table, encoded: Vec<u8>| assert_eq!(validate(&encoded).err(), Some(ModelError::Items { table }));
    let views = bytes(&parts.views);
    let count = parts.views.len() as u16;
    let wrong = [
        (count + 1, views.clone()),
        (count - 1, views.clone()),
        (count, [views.as_slice(), &[0]].concat()),
        (count, views[..views.len() - 1].to_vec()),
    ];
    for (count, bytes) in wrong {
        check(Table::Views, parts.encode_with_table(Table::Views, count, &bytes));
    }
    let junk = [0xff; 40];
    check(Table::Channels, parts.encode_with_table(Table::Channels, 5, &junk));
    check(Table::Plan, parts.encode_with_table(Table::Plan, 4, &junk));
    check(Table::Views, parts.encode_with_table(Table::Views, 2, &junk));
    check(Table::Tasks, parts.encode_with_table(Table::Tasks, 3, &junk));
    check(Table::Golden, parts.encode_with_table(Table::Golden, 3, &junk));
    expect_refusal(ModelError::Items { table: Table::Classes }, |parts| {
        parts.tasks[0].classes = Seq::from_parts(3, b"\x01a")
    });
}

#[test]
fn an_empty_name_is_refused() {
    let empty = |table, index| ModelError::NameEmpty { table, index };
    expect_refusal(empty(Table::Channels, 4), |parts| parts.channels[4].name = "");
    expect_refusal(empty(Table::Tasks, 0), |parts| parts.tasks[0].name = "");
    expect_refusal(empty(Table::Classes, 1), |parts| parts.tasks[1].classes = Seq::from_parts(2, b"\x01a\x00"));
}

#[test]
fn a_repeated_name_is_refused() {
    let repeated = |table, index| ModelError::NameRepeated { table, index };
    expect_refusal(repeated(Table::Channels, 2), |parts| parts.channels[2].name = "x");
    expect_refusal(repeated(Table::Tasks, 2), |parts| parts.tasks[2].name = "fault");
    expect_refusal(repeated(Table::Classes, 1), |parts| parts.tasks[1].classes = Seq::from_parts(2, b"\x01a\x01a"));
}

#[test]
fn a_channel_without_samples_is_refused() {
    expect_refusal(ModelError::ChannelEmpty { channel: 4 }, |parts| parts.channels[4].samples = 0);
}

#[test]
fn an_unusable_channel_code_is_refused() {
    expect_refusal(ModelError::Code { channel: 1, error: CodeError::Scale(0.0) }, |parts| {
        parts.channels[1].code.scale = 0.0
    });
    expect_refusal(ModelError::Code { channel: 3, error: CodeError::KnotBytes }, |parts| {
        parts.channels[3].code.transform = Transform::Rank(Seq::from_parts(2, &[0; 7]));
    });
}

#[test]
fn an_unusable_plan_is_refused() {
    expect_refusal(ModelError::Plan { group: 1, error: PlanError::NoSuchChannel(5) }, |parts| {
        parts.plan[1].source = Source::Channel(5);
    });
    expect_refusal(ModelError::Plan { group: 0, error: PlanError::FftSize(48) }, |parts| parts.plan[0].fft_size = 48);
    let features = bytes(&[Feature::Mean]);
    expect_refusal(ModelError::Plan { group: 2, error: PlanError::FeatureBytes }, |parts| {
        parts.plan[2].features = Seq::from_parts(2, &features);
    });
}

#[test]
fn a_plan_that_would_keep_a_device_busy_is_refused() {
    let features = bytes(&[Feature::Mean; 513]);
    let error = ModelError::Work { high: MAX_SAMPLE_VISITS, found: 513 * 32_768 };
    expect_refusal(error, |parts| {
        parts.channels[0].samples = 32_768;
        let group = &mut parts.plan[0];
        (group.source, group.fft_size, group.features) = (Source::Channel(0), 0, Seq::from_parts(513, &features));
    });
}

#[test]
fn a_feature_count_other_than_the_plans_is_refused() {
    for found in [11, 13] {
        expect_refusal(ModelError::FeatureCount { expected: 12, found }, |parts| parts.header.feature_count = found);
    }
}

#[test]
fn means_and_gains_off_their_place_are_refused() {
    expect_refusal(ModelError::BlockAlignment { block: Block::Means, found: 2 }, |parts| parts.header.mean_offset = 2);
    expect_refusal(ModelError::BlockAlignment { block: Block::Gains, found: 1 }, |parts| parts.header.gain_offset = 1);
    for from_end in [0i64, 44, -4, -1_000_000] {
        let image = sample::small_image();
        let section = Parts::of(image).weights.len() as u32;
        let offset = (i64::from(section) - from_end) as u32;
        let bounds = |block| ModelError::BlockBounds { block, section, offset };
        expect_refusal(bounds(Block::Means), |parts| parts.header.mean_offset = offset);
        expect_refusal(bounds(Block::Gains), |parts| parts.header.gain_offset = offset);
    }
}

#[test]
fn a_mean_or_gain_that_is_not_finite_is_refused() {
    for number in [f32::NAN, f32::INFINITY, -f32::INFINITY] {
        expect_refusal(ModelError::NotFinite { block: Block::Means, index: 11 }, |parts| {
            let at = parts.header.mean_offset as usize + 44;
            parts.weights[at..at + 4].copy_from_slice(&number.to_le_bytes());
        });
        expect_refusal(ModelError::NotFinite { block: Block::Gains, index: 0 }, |parts| {
            let at = parts.header.gain_offset as usize;
            parts.weights[at..at + 4].copy_from_slice(&number.to_le_bytes());
        });
    }
}

#[test]
fn a_task_field_that_does_not_suit_its_kind_is_refused() {
    let wrong = |task, field| ModelError::Task { task, field };
    expect_refusal(wrong(0, TaskField::Classes), |parts| parts.tasks[0].classes = Seq::from_parts(1, b"\x01a"));
    expect_refusal(wrong(0, TaskField::Elements), |parts| parts.tasks[0].classes = Seq::from_parts(2, b"\x01a\x01b"));
    expect_refusal(wrong(1, TaskField::Classes), |parts| parts.tasks[1].classes = Seq::from_parts(1, b"\x01a"));
    expect_refusal(wrong(1, TaskField::Classes), |parts| {
        parts.tasks[1].classes = Seq::from_parts(3, b"\x01a\x01b\x01c")
    });
    expect_refusal(wrong(2, TaskField::Classes), |parts| parts.tasks[2].classes = Seq::from_parts(1, b"\x01a"));
    expect_refusal(wrong(1, TaskField::Unit), |parts| parts.tasks[1].unit = "V");
    expect_refusal(wrong(0, TaskField::Output), |parts| parts.tasks[0].output = 4);
    expect_refusal(wrong(0, TaskField::Output), |parts| parts.tasks[0].output = 255);
    expect_refusal(wrong(1, TaskField::Output), |parts| parts.tasks[1].output = 7);
    for scale in [0.0, -1.0, f32::NAN, f32::INFINITY] {
        expect_refusal(wrong(2, TaskField::Scale), |parts| parts.tasks[2].scale = scale);
    }
    expect_refusal(wrong(2, TaskField::Offset), |parts| parts.tasks[2].offset = f32::NAN);
    expect_refusal(wrong(0, TaskField::Offset), |parts| parts.tasks[0].offset = 1.0);
    expect_refusal(wrong(0, TaskField::Threshold), |parts| parts.tasks[0].threshold = 1);
    expect_refusal(wrong(2, TaskField::Threshold), |parts| parts.tasks[2].threshold = -1);
    expect_refusal(wrong(1, TaskField::Period), |parts| parts.tasks[1].period = 0);
}

#[test]
fn a_golden_array_of_another_length_is_refused() {
    let bytes = [0; 500];
    let wrong = |golden, part, expected: u32, found| ModelError::GoldenLength { golden, part, expected, found };
    for found in [0, 393, 392, 396] {
        let window = GoldenWindow::Recorded(&bytes[..found]);
        expect_refusal(wrong(0, GoldenPart::Window, 394, found as u32), |parts| parts.golden[0].window = window);
    }
    expect_refusal(wrong(1, GoldenPart::Features, 48, 47), |parts| parts.golden[1].features = &bytes[..47]);
    expect_refusal(wrong(2, GoldenPart::Outputs, 10, 12), |parts| parts.golden[2].outputs = &bytes[..12]);
}

#[test]
fn recorded_golden_windows_beyond_their_share_are_refused() {
    let most = MAX_RECORDED_BYTES as usize / 394;
    let error = ModelError::GoldenRecorded { limit: MAX_RECORDED_BYTES, found: (394 * (most + 1)) as u32 };
    expect_refusal(error, |parts| parts.golden = vec![parts.golden[0]; most + 1]);
    let image = sample::small_image();
    let mut parts = Parts::of(image);
    parts.golden.resize(3, parts.golden[1]);
    parts.golden.resize(most, parts.golden[0]);
    assert!(validate(&parts.encode()).is_ok(), "generated ones do not count");
}

#[test]
fn an_arena_size_other_than_the_computed_one_is_refused() {
    let image = sample::small_image();
    let expected = validate(image).expect("valid").arena_bytes();
    for found in [0, expected - 4, expected + 4, u32::MAX] {
        expect_refusal(ModelError::ArenaBytes { expected, found }, |parts| parts.header.arena_bytes = found);
    }
}
