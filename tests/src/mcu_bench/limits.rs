//! What the engine has promised to stay below.

use super::peers::cmsis_dsp;
use super::record::Record;
use super::shares::shares;

/// A limit, and what was measured of what it limits.
#[derive(Debug, Clone, PartialEq)]
pub struct Verdict {
    /// What is limited.
    pub what: String,
    /// The limit.
    pub at_most: f64,
    /// What was measured.
    pub found: f64,
}

impl Verdict {
    /// Whether the limit is kept.
    pub fn holds(&self) -> bool {
        self.found <= self.at_most
    }

    /// Whether it is one that the engine has yet to reach: shown, and no failure. What it limits may grow no more than any count.
    pub fn is_open(&self) -> bool {
        OPEN.iter().any(|open| self.what == *open)
    }
}

/// Limits yet to be reached.
const OPEN: [&str; 1] = ["t1_int8 on m4f: bytes of validator code"];

/// What is limited of one case on one core.
type Quantity = (&'static str, fn(&Record) -> f64);

const INSTRUCTIONS: Quantity = ("instructions", |record| record.instructions as f64);
const PER_MAC: Quantity = ("instructions a MAC", Record::per_mac);
const ENGINE: Quantity = ("bytes of engine code", |record| record.engine_flash_bytes as f64);
const VALIDATOR: Quantity = ("bytes of validator code", |record| record.validator_flash_bytes as f64);
const RAM: Quantity = ("bytes of RAM with stack", |record| record.whole_ram_bytes() as f64);

/// Case, core, what, and the most of it.
const LIMITS: [(&str, &str, Quantity, f64); 11] = [
    ("t1_int8", "m4f", INSTRUCTIONS, 6_400.0),
    ("t2_int8", "m4f", INSTRUCTIONS, 23_000.0),
    ("t3_int8", "m4f", INSTRUCTIONS, 255_000.0),
    ("t1_int8", "m0", INSTRUCTIONS, 22_000.0),
    ("t2_int8", "m0", INSTRUCTIONS, 85_000.0),
    ("t3_int8", "m0", INSTRUCTIONS, 950_000.0),
    ("t2_int4", "m4f", PER_MAC, 1.25),
    ("t1_int8", "m4f", ENGINE, 3_072.0),
    ("t1_int8", "m4f", RAM, 800.0),
    ("t1_int8", "m4f", VALIDATOR, 8_192.0),
    ("features_statistics", "m4f", INSTRUCTIONS, 12_000.0),
];

/// Most that weights of 4 bits take of the flash of those of 8 bits.
const INT4_SHARE: f64 = 0.55;
/// Most that the whole feature vector takes of the instructions of CMSIS-DSP for the same functions.
const FEATURES_SHARE: f64 = 0.9;
/// Most that a joint model takes of what a model a task takes.
const JOINT_SHARE: f64 = 0.45;

/// Every limit whose cases are among `records`.
pub fn verdicts(records: &[Record]) -> Vec<Verdict> {
    let find = |case: &str, core: &str| records.iter().find(|record| record.case == case && record.core == core);
    let mut verdicts = Vec::new();
    for (case, core, (what, of), at_most) in LIMITS {
        if let Some(record) = find(case, core) {
            verdicts.push(Verdict { what: format!("{case} on {core}: {what}"), at_most, found: of(record) });
        }
    }
    if let (Some(int4), Some(int8)) = (find("t2_int4", "m4f"), find("t2_int8", "m4f")) {
        let found = int4.weight_bytes as f64 / int8.weight_bytes as f64;
        verdicts.push(Verdict { what: "t2: weights of 4 bits over 8 bits".into(), at_most: INT4_SHARE, found });
    }
    if let Some((record, peer)) = find("features_whole", "m4f").and_then(|record| Some((record, cmsis_dsp(record)?))) {
        let found = record.instructions as f64 / peer;
        verdicts.push(Verdict { what: "features_whole over CMSIS-DSP".into(), at_most: FEATURES_SHARE, found });
    }
    for (set, core, shares) in shares(records).into_iter().filter(|(_, core, _)| *core == "m4f") {
        for share in shares.iter().filter(|share| share.is_limited) {
            let what = format!("{set} on {core}, joint over separate: {}", share.what);
            verdicts.push(Verdict { what, at_most: JOINT_SHARE, found: share.ratio() });
        }
    }
    verdicts
}
