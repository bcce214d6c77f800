//! What the engines of others take, measured by the project on the same networks and the same emulator.

use super::record::Record;
use crate::qemu::Target;

/// Instructions of an engine for one inference of T1, T2 and T3.
#[derive(Debug, Clone, Copy)]
pub struct Peer {
    /// Its name.
    pub name: &'static str,
    /// Instructions for each network.
    pub instructions: [u32; 3],
    /// Flash for T1 in bytes, weights included, where it was measured.
    pub flash_t1: Option<u32>,
    /// RAM and stack for T1 in bytes, where they were measured.
    pub ram_t1: Option<(u32, u32)>,
}

/// The networks of [`Peer::instructions`].
pub const CASES: [&str; 3] = ["t1_int8", "t2_int8", "t3_int8"];

const fn peer(name: &'static str, instructions: [u32; 3]) -> Peer {
    Peer { name, instructions, flash_t1: None, ram_t1: None }
}

const fn sized(name: &'static str, instructions: [u32; 3], flash: u32, ram: u32, stack: u32) -> Peer {
    Peer { name, instructions, flash_t1: Some(flash), ram_t1: Some((ram, stack)) }
}

const M4F: [Peer; 8] = [
    sized("CMSIS-NN s8, -O3", [18_524, 56_796, 570_159], 11_432, 120, 260),
    sized("NNoM", [21_402, 75_951, 828_371], 7_480, 112, 164),
    sized("TFLite Micro with CMSIS-NN", [22_344, 61_471, 583_413], 37_476, 2_250, 580),
    sized("TinyMaix", [22_787, 81_715, 900_742], 7_088, 112, 136),
    peer("CMSIS-NN int4", [36_812, 126_864, 1_370_515]),
    sized("emlearn, float", [38_384, 143_617, 1_643_797], 27_300, 1_208, 144),
    sized("TFLite Micro, reference", [52_981, 180_611, 1_951_097], 29_764, 2_250, 416),
    sized("MicroFlow", [168_413, 640_843, 7_065_924], 19_612, 0, 1_720),
];

const M0: [Peer; 3] = [
    peer("NNoM", [36_070, 131_874, 1_465_213]),
    peer("CMSIS-NN s8", [51_967, 169_302, 1_755_775]),
    peer("TFLite Micro with CMSIS-NN", [55_921, 173_282, 1_761_354]),
];

/// The engines measured on a core, the fastest first.
pub fn peers(core: Target) -> &'static [Peer] {
    match core {
        Target::CortexM4f => &M4F,
        Target::Armv6m => &M0,
        Target::Rv32 => &[],
    }
}

/// Instructions that the functions of CMSIS-DSP take on 1,024 points on Cortex-M4F (-O3 -ffast-math), each a pass of its own.
mod cmsis_dsp {
    pub(super) const RFFT_F32: f64 = 48_300.0;
    pub(super) const MAGNITUDE_SQUARED: f64 = 4_100.0;
    pub(super) const RMS: f64 = 4_100.0;
    pub(super) const VARIANCE: f64 = 9_200.0;
    pub(super) const MAXIMUM: f64 = 10_200.0;
}

/// What CMSIS-DSP takes for those features of `record` for which it was measured; features for which it was not (mean, minimum, higher
/// moments, bands, and the magnitude of three axes itself) count nothing. `None` where a case has no such features.
pub fn cmsis_dsp(record: &Record) -> Option<f64> {
    use cmsis_dsp::{MAGNITUDE_SQUARED, MAXIMUM, RFFT_F32, RMS, VARIANCE};
    let statistics = VARIANCE + RMS + MAXIMUM;
    let spectrum = RFFT_F32 + MAGNITUDE_SQUARED;
    let magnitude = VARIANCE + MAXIMUM;
    match record.case.as_str() {
        "features_statistics" => Some(statistics),
        "features_spectrum" => Some(spectrum),
        "features_magnitude" => Some(magnitude),
        "features_whole" => Some(statistics + spectrum + magnitude),
        _ => None,
    }
}
