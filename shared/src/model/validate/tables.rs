//! Every table holds a number of items that the device can bear, each of which decodes; names are there, and differ.

use serde::Deserialize;

use crate::model::header::DeviceHeader;
use crate::model::layer::block;
use crate::model::record::{LAYER_WORDS, TENSOR_WORDS};
use crate::model::tensor::{MAX_TENSORS, TensorTable};
use crate::model::{Block, ModelError, Table};
use crate::seq::Seq;

/// Most channels of a model. Indices are bytes, and counting one past the last must fit a byte as well.
pub const MAX_CHANNELS: u16 = 254;
/// Most groups of a feature plan.
pub const MAX_GROUPS: u16 = 254;
/// Most layers of a model.
pub const MAX_LAYERS: u16 = 254;
/// Most tasks of a model.
pub const MAX_TASKS: u16 = 32;
/// Most classes of a task.
pub const MAX_CLASSES: u16 = 64;
/// Most golden windows of a model.
pub const MAX_GOLDEN: u16 = 254;

pub(super) fn check(header: &DeviceHeader<'_>) -> Result<(), ModelError> {
    table(&header.channels, Table::Channels, 1, MAX_CHANNELS)?;
    table(&header.plan, Table::Plan, 1, MAX_GROUPS)?;
    count(header.tensor_count, Table::Tensors, 1, MAX_TENSORS as u16)?;
    table(&header.views, Table::Views, 1, MAX_TENSORS as u16)?;
    count(header.layer_count, Table::Layers, 1, MAX_LAYERS)?;
    table(&header.tasks, Table::Tasks, 1, MAX_TASKS)?;
    table(&header.golden, Table::Golden, 1, MAX_GOLDEN)?;
    names(Table::Channels, || header.channels.iter().map(|channel| channel.name))?;
    names(Table::Tasks, || header.tasks.iter().map(|task| task.name))?;
    for task in header.tasks.iter() {
        table(&task.classes, Table::Classes, 0, MAX_CLASSES)?;
        names(Table::Classes, || task.classes.iter())?;
    }
    Ok(())
}

fn table<'a, T: Deserialize<'a>>(seq: &Seq<'a, T>, table: Table, low: u16, high: u16) -> Result<(), ModelError> {
    // A sequence counts in 16 bits.
    count(seq.len() as u16, table, low, high)?;
    if !seq.check() {
        return Err(ModelError::Items { table });
    }
    Ok(())
}

fn count(found: u16, table: Table, low: u16, high: u16) -> Result<(), ModelError> {
    if (low..=high).contains(&found) { Ok(()) } else { Err(ModelError::Count { table, low, high, found }) }
}

/// The records of the tensors and of the layers in place.
pub(super) fn records<'a>(
    header: &DeviceHeader<'_>,
    section: &'a [u32],
) -> Result<(TensorTable<'a>, &'a [[u32; LAYER_WORDS]]), ModelError> {
    let tensors =
        block(section, header.tensor_offset, usize::from(header.tensor_count) * TENSOR_WORDS, Block::Tensors)?;
    let layers = block(section, header.layer_offset, usize::from(header.layer_count) * LAYER_WORDS, Block::Layers)?;
    Ok((TensorTable(as_records(tensors)), as_records(layers)))
}

fn as_records<const N: usize>(words: &[u32]) -> &[[u32; N]] {
    words.as_chunks().0
}

fn names<'a, I: Iterator<Item = &'a str>>(table: Table, names: impl Fn() -> I) -> Result<(), ModelError> {
    for (index, name) in (0u8..).zip(names()) {
        if name.is_empty() {
            return Err(ModelError::NameEmpty { table, index });
        }
        if names().take(usize::from(index)).any(|earlier| earlier == name) {
            return Err(ModelError::NameRepeated { table, index });
        }
    }
    Ok(())
}
