//! Every table holds a number of items that the device can bear, each of which decodes; names are there, and differ.

use crate::decode::{Cursor, Decode};
use crate::features::FeatureGroup;
use crate::model::header::{Channel, DeviceHeader, Golden, RawView, Task, View};
use crate::model::layer::block;
use crate::model::tensor::MAX_TENSORS;
use crate::model::{Block, ModelError, Table};
use crate::seq::{Items, skip};

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

/// Most items of a table.
const fn most(table: Table) -> u16 {
    match table {
        Table::Channels => MAX_CHANNELS,
        Table::Plan => MAX_GROUPS,
        Table::Tensors | Table::RawViews | Table::Views => MAX_TENSORS as u16,
        Table::Layers => MAX_LAYERS,
        Table::Tasks => MAX_TASKS,
        Table::Classes => MAX_CLASSES,
        Table::Golden => MAX_GOLDEN,
    }
}

pub(super) fn check(header: &DeviceHeader<'_>) -> Result<(), ModelError> {
    check_items(header.channels.items(), Table::Channels, 1, skip::<Channel<'_>>)?;
    check_items(header.plan.items(), Table::Plan, 0, skip::<FeatureGroup<'_>>)?;
    check_count(header.tensor_count, Table::Tensors, 1)?;
    check_items(header.raw_views.items(), Table::RawViews, 0, skip::<RawView>)?;
    check_items(header.views.items(), Table::Views, header.raw_views.is_empty().into(), skip::<View>)?;
    check_count(header.layer_count, Table::Layers, 1)?;
    check_items(header.tasks.items(), Table::Tasks, 1, skip::<Task<'_>>)?;
    check_items(header.golden.items(), Table::Golden, 1, skip::<Golden<'_>>)?;
    check_names(header.channels.items(), Table::Channels, |from| Channel::decode(from).name)?;
    check_names(header.tasks.items(), Table::Tasks, |from| Task::decode(from).name)?;
    header.tasks.try_each(|_, task| {
        check_items(task.classes.items(), Table::Classes, 0, skip::<&str>)?;
        check_names(task.classes.items(), Table::Classes, Cursor::str)
    })
}

#[inline(never)]
fn check_items<'a>(items: &Items<'a>, table: Table, low: u16, skip: fn(&mut Cursor<'a>)) -> Result<(), ModelError> {
    check_count(items.len(), table, low)?;
    if items.check(skip) { Ok(()) } else { Err(ModelError::Items { table }) }
}

#[inline(never)]
fn check_count(found: u16, table: Table, low: u16) -> Result<(), ModelError> {
    let high = most(table);
    if (low..=high).contains(&found) { Ok(()) } else { Err(ModelError::Count { table, low, high, found }) }
}

/// Checks the names, which `name` reads from an item.
#[inline(never)]
fn check_names<'a>(items: &Items<'a>, table: Table, name: fn(&mut Cursor<'a>) -> &'a str) -> Result<(), ModelError> {
    let mut cursor = items.cursor();
    // At most 254 items.
    for index in 0..items.len() as u8 {
        let this = name(&mut cursor);
        if this.is_empty() {
            return Err(ModelError::NameEmpty { table, index });
        }
        let mut earlier = items.cursor();
        if (0..index).any(|_| name(&mut earlier) == this) {
            return Err(ModelError::NameRepeated { table, index });
        }
    }
    Ok(())
}

/// The records of the tensors, or of the layers, in place.
pub(super) fn records<const N: usize>(
    section: &[u32],
    offset: u32,
    count: u16,
    name: Block,
) -> Result<&[[u32; N]], ModelError> {
    Ok(block(section, offset, usize::from(count) * N, name)?.as_chunks().0)
}
