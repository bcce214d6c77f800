//! The artifact: from untrusted bytes ([`validate`]) to a [`Model`] that cannot fail, and its [`Runtime`].

mod header;

pub use header::{
    Channel, DeviceHeader, Golden, GoldenWindow, Layer, LayerRole, Task, TaskKind, TaskRole, Tensor, View, WeightKind,
};
