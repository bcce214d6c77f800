//! Sensors and ADC: physical values to i16 counts, with saturation and missing samples.

use super::random::Stream;
use super::vibration;

/// A channel of the plant.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PlantChannel {
    /// Name.
    pub name: &'static str,
    /// Unit.
    pub unit: &'static str,
    /// Sample rate in Hz.
    pub rate_hz: f64,
    /// Samples a window; all windows last [`WINDOW_MS`].
    pub samples: usize,
    /// Physical values at counts -32767 and 32767.
    pub range: [f64; 2],
}

/// Length of a window in milliseconds.
pub const WINDOW_MS: u32 = 320;

/// The channels, in the order of the data set.
pub const CHANNELS: [PlantChannel; 6] = [
    axis("vib_x"),
    axis("vib_y"),
    axis("vib_z"),
    PlantChannel { name: "current", unit: "A", rate_hz: 100.0, samples: 32, range: [0.0, 60.0] },
    PlantChannel { name: "temperature", unit: "degC", rate_hz: 6.25, samples: 2, range: [-20.0, 120.0] },
    PlantChannel { name: "speed", unit: "rpm", rate_hz: 25.0, samples: 8, range: [0.0, 6000.0] },
];

const fn axis(name: &'static str) -> PlantChannel {
    PlantChannel { name, unit: "g", rate_hz: vibration::RATE_HZ, samples: vibration::SAMPLES, range: [-3.0, 3.0] }
}

impl PlantChannel {
    /// Units a count.
    pub fn scale(&self) -> f32 {
        ((self.range[1] - self.range[0]) / 65534.0) as f32
    }

    /// Value at count 0.
    pub fn offset(&self) -> f32 {
        ((self.range[0] + self.range[1]) / 2.0) as f32
    }

    /// Appends the counts of `values` and returns how many lay outside the range.
    pub(super) fn convert(&self, values: &[f64], counts: &mut Vec<i16>) -> u64 {
        let (scale, offset) = (f64::from(self.scale()), f64::from(self.offset()));
        let mut saturated = 0;
        counts.extend(values.iter().map(|value| {
            let count = libm::floor((value - offset) / scale + 0.5);
            if !(-32767.0..=32767.0).contains(&count) {
                saturated += 1;
            }
            count.clamp(-32767.0, 32767.0) as i16
        }));
        saturated
    }
}

/// Marks samples of a window as missing: a lost block of vibration after an overrun, a silent thermometer, a lost tachometer pulse.
pub(super) fn drop_samples(channel: usize, counts: &mut [i16], random: &mut Stream) {
    let n = counts.len();
    match CHANNELS[channel].name {
        "temperature" if random.chance(0.03) => counts.fill(i16::MIN),
        "speed" if random.chance(0.02) => counts[random.index(n)] = i16::MIN,
        "vib_x" | "vib_y" | "vib_z" if random.chance(0.01) => {
            let (from, length) = (random.index(n - 64), 16 + random.index(48));
            counts[from..from + length].fill(i16::MIN);
        }
        _ => {}
    }
}
