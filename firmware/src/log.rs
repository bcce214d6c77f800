//! Log lines, for a person at a debug probe: through defmt where the feature of that name is on, nothing elsewhere.

use trunkline_shared::telemetry::Refusal;

use crate::window::WindowStatus;

#[cfg(feature = "defmt")]
mod lines {
    use super::*;

    pub(crate) fn accepted(name: &str, crc: u32) {
        defmt::info!("model {=str} ({=u32:08x}) accepted", name, crc);
    }

    pub(crate) fn refused(reason: Refusal) {
        match reason {
            Refusal::Invalid => defmt::error!("model refused: no valid artifact in the model region"),
            Refusal::Arena { needed, available } => {
                defmt::error!("model refused: needs {=u32} bytes of arena, board has {=u32}", needed, available)
            }
            Refusal::Window { needed, available } => {
                defmt::error!("model refused: window of {=u32} samples, board holds {=u32}", needed, available)
            }
            Refusal::Outputs { needed, available } => {
                defmt::error!("model refused: {=u32} outputs, a frame holds {=u32}", needed, available)
            }
            Refusal::Sensor { channel } => defmt::error!("model refused: no sensor for channel {=u8}", channel),
            Refusal::SelfTest { golden } => defmt::error!("model refused: golden window {=u32} differs", golden),
        }
    }

    pub(crate) fn window(status: WindowStatus) {
        defmt::info!("window {=u32}: {=u32} missing, {=u32} lost", status.sequence, status.missing, status.lost);
    }

    pub(crate) fn port_failed(sequence: u32) {
        defmt::warn!("window {=u32}: the report could not be written", sequence);
    }
}

#[cfg(not(feature = "defmt"))]
mod lines {
    use super::*;

    pub(crate) fn accepted(_name: &str, _crc: u32) {}
    pub(crate) fn refused(_reason: Refusal) {}
    pub(crate) fn window(_status: WindowStatus) {}
    pub(crate) fn port_failed(_sequence: u32) {}
}

pub(crate) use lines::{accepted, port_failed, refused, window};
