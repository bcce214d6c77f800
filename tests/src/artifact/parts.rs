//! An artifact taken apart and put together again, independently of the writer, so that one rule at a time can be broken.

use serde::Serialize;
use trunkline_shared::features::FeatureGroup;
use trunkline_shared::model::{
    Channel, DeviceHeader, Golden, Layer, MAGIC, Model, ModelError, RawView, Table, Task, TensorSpan, VERSION, View,
    validate,
};
use trunkline_shared::seq::Seq;

use super::sample;

/// An artifact's contents, each table a list.
#[derive(Debug, Clone)]
pub struct Parts<'a> {
    /// The fields that are no tables; the tables in it are ignored.
    pub header: DeviceHeader<'a>,
    /// The channels.
    pub channels: Vec<Channel<'a>>,
    /// The feature plan.
    pub plan: Vec<FeatureGroup<'a>>,
    /// The tensors.
    pub tensors: Vec<TensorSpan>,
    /// The views.
    pub views: Vec<View>,
    /// The raw views.
    pub raw_views: Vec<RawView>,
    /// The layers.
    pub layers: Vec<Layer>,
    /// The tasks.
    pub tasks: Vec<Task<'a>>,
    /// The golden windows.
    pub golden: Vec<Golden<'a>>,
    /// The host part.
    pub host_part: Vec<u8>,
    /// The weight section.
    pub weights: Vec<u8>,
    /// Word and bit of the first layer's record that are turned over.
    pub spoiled: Option<(usize, u32)>,
}

impl<'a> Parts<'a> {
    /// Takes a valid artifact apart.
    pub fn of(image: &'a [u8]) -> Self {
        let model: Model<'a> = validate(image).expect("a valid artifact");
        let header = *model.header();
        Self {
            channels: header.channels.iter().collect(),
            plan: header.plan.iter().collect(),
            tensors: model.tensors().collect(),
            views: header.views.iter().collect(),
            raw_views: header.raw_views.iter().collect(),
            layers: model.layers().map(|(layer, _)| layer).collect(),
            tasks: header.tasks.iter().collect(),
            golden: header.golden.iter().collect(),
            host_part: model.host_part().to_vec(),
            weights: model.weights().to_vec(),
            spoiled: None,
            header,
        }
    }

    /// The artifact's bytes, checksum included.
    pub fn encode(&self) -> Vec<u8> {
        self.encode_replacing(None)
    }

    /// The artifact's bytes, where `table` states `len` items and holds `bytes`, whatever they are.
    pub fn encode_with_table(&self, table: Table, len: u16, bytes: &[u8]) -> Vec<u8> {
        self.encode_replacing(Some((table, len, bytes)))
    }

    fn encode_replacing(&self, replaced: Option<(Table, u16, &[u8])>) -> Vec<u8> {
        let encoded = |table, len: usize, encoded: Vec<u8>| match replaced {
            Some((which, len, bytes)) if which == table => (len, bytes.to_vec()),
            _ => (len as u16, encoded),
        };
        let channels = encoded(Table::Channels, self.channels.len(), bytes(&self.channels));
        let plan = encoded(Table::Plan, self.plan.len(), bytes(&self.plan));
        let views = encoded(Table::Views, self.views.len(), bytes(&self.views));
        let raw_views = encoded(Table::RawViews, self.raw_views.len(), bytes(&self.raw_views));
        let tasks = encoded(Table::Tasks, self.tasks.len(), bytes(&self.tasks));
        let golden = encoded(Table::Golden, self.golden.len(), bytes(&self.golden));
        let mut weights = self.weights.clone();
        let tensors = self.tensors.iter().flat_map(|span| span.to_words());
        let mut layers: Vec<u32> = self.layers.iter().flat_map(|layer| layer.to_words()).collect();
        if let Some((word, bit)) = self.spoiled {
            layers[word] ^= 1 << bit;
        }
        let (tensor_count, layer_count) = (self.tensors.len() as u16, self.layers.len() as u16);
        let DeviceHeader { tensor_offset, layer_offset, .. } = self.header;
        let header = DeviceHeader {
            tensor_count,
            tensor_offset: put(&mut weights, tensor_offset, tensor_count != self.header.tensor_count, tensors),
            layer_count,
            layer_offset: put(&mut weights, layer_offset, layer_count != self.header.layer_count, layers.into_iter()),
            channels: Seq::from_parts(channels.0, &channels.1),
            plan: Seq::from_parts(plan.0, &plan.1),
            views: Seq::from_parts(views.0, &views.1),
            raw_views: Seq::from_parts(raw_views.0, &raw_views.1),
            tasks: Seq::from_parts(tasks.0, &tasks.1),
            golden: Seq::from_parts(golden.0, &golden.1),
            ..self.header
        };
        join(&postcard::to_stdvec(&header).expect("encodes"), &self.host_part, &weights)
    }
}

/// Writes a table of records where it was, or behind all else where `grown` says that it has another length; its offset.
fn put(weights: &mut Vec<u8>, offset: u32, grown: bool, words: impl Iterator<Item = u32>) -> u32 {
    let bytes: Vec<u8> = words.flat_map(u32::to_le_bytes).collect();
    let place = offset as usize..offset as usize + bytes.len();
    if let (false, Some(place)) = (grown, weights.get_mut(place)) {
        place.copy_from_slice(&bytes);
        return offset;
    }
    let end = weights.len() as u32;
    weights.extend(bytes);
    end
}

/// Breaks the small artifact with `change`, repairs its checksum and expects the validator to refuse it with `error`.
///
/// # Panics
/// Where it does not.
pub fn expect_refusal<'a>(error: ModelError, change: impl FnOnce(&mut Parts<'a>)) {
    expect_refusal_of(sample::small_image(), error, change);
}

/// The same of another artifact.
///
/// # Panics
/// Where it is not refused with `error`.
pub fn expect_refusal_of<'a>(image: &'a [u8], error: ModelError, change: impl FnOnce(&mut Parts<'a>)) {
    let mut parts = Parts::of(image);
    change(&mut parts);
    assert_eq!(validate(&parts.encode()).err(), Some(error));
}

/// Fixed header, sections, padding and checksum.
pub fn join(device_header: &[u8], host_part: &[u8], weights: &[u8]) -> Vec<u8> {
    let start = (24 + device_header.len() + host_part.len()).next_multiple_of(4);
    let mut image = MAGIC.to_vec();
    image.extend(VERSION.to_le_bytes());
    image.extend([0, 0]);
    for length in [start + weights.len() + 4, device_header.len(), host_part.len(), weights.len()] {
        image.extend((length as u32).to_le_bytes());
    }
    image.extend(device_header);
    image.extend(host_part);
    image.resize(start, 0);
    image.extend(weights);
    image.extend([0; 4]);
    repair_checksum(&mut image);
    image
}

/// Makes the checksum fit whatever the bytes have become.
pub fn repair_checksum(image: &mut [u8]) {
    let crc = crc::Crc::<u32>::new(&crc::CRC_32_ISO_HDLC);
    if let Some((body, checksum)) = image.split_last_chunk_mut::<4>() {
        *checksum = crc.checksum(body).to_le_bytes();
    }
}

/// Postcard items back to back.
pub fn bytes<T: Serialize>(items: &[T]) -> Vec<u8> {
    items.iter().flat_map(|item| postcard::to_stdvec(item).expect("encodes")).collect()
}
