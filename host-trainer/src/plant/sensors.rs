//! Sensors and ADC: what the machine does, as i16 counts with saturation and missing samples.

use core::f64::consts::TAU;

use trunkline_shared::quant::{ChannelCode, Transform};

use super::machine::Machine;
use super::process::Part;
use super::random::Stream;
use super::vibration;
use super::wear::Condition;
use crate::data::code_of_range;

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
    /// From values to counts, as the ADC does it.
    pub fn code(&self) -> ChannelCode<'static> {
        let (scale, offset) = code_of_range(self.range);
        ChannelCode { transform: Transform::None, scale, offset }
    }

    /// Appends the counts of `values` and returns how many lay outside the range.
    pub(super) fn convert(&self, values: &[f64], counts: &mut Vec<i16>) -> u64 {
        let code = self.code();
        let mut saturated = 0;
        counts.extend(values.iter().map(|value| {
            let encoded = code.encode(*value as f32);
            saturated += u64::from(encoded.saturated);
            encoded.count
        }));
        saturated
    }
}

/// A machine at the time of a window.
pub(super) struct Moment<'a> {
    pub(super) machine: &'a Machine,
    pub(super) condition: &'a Condition,
    /// Part that is being cut.
    pub(super) part: &'a Part,
    /// Friction torque at the spindle in N m.
    pub(super) friction_nm: f64,
    /// 0 for a cold spindle, 1 for a warm one.
    pub(super) warmth: f64,
    /// Hours since the start of the record.
    pub(super) hour: f64,
}

impl Moment<'_> {
    /// Physical values of each channel over the window, as the sensors give them.
    pub(super) fn values(&self, random: &mut Stream) -> [Vec<f64>; CHANNELS.len()] {
        let [x, y, z] = vibration::window(self.machine, self.condition, self.part, random);
        let power_w = self.part.drive_power_w(self.machine, self.friction_nm, true);
        let current = Part::current_a(self.machine, power_w) * self.machine.current_gain;
        let unsteady = if self.part.is_interrupted() { 0.05 } else { 0.015 };
        let housing = self.housing_c(power_w) + self.machine.thermometer_offset_k;
        let speed = 60.0 * self.part.shaft_hz;
        let current = (0..CHANNELS[3].samples).map(|_| current * (1.0 + unsteady * random.normal())).collect();
        let temperature = (0..CHANNELS[4].samples).map(|_| housing + 0.15 * random.normal()).collect();
        let speed = (0..CHANNELS[5].samples).map(|_| speed * (1.0 + 0.001 * random.normal())).collect();
        [x, y, z, current, temperature, speed]
    }

    /// Temperature of the housing in degC: ambient with its daily swing, and the heat of motor and friction.
    fn housing_c(&self, power_w: f64) -> f64 {
        let losses_w = power_w * (1.0 - self.machine.efficiency) + self.friction_nm * TAU * self.part.shaft_hz;
        // The record starts at 6:00; the day is warmest at 16:00.
        let swing_k = 2.5 * libm::sin(TAU * (self.hour - 4.0) / 24.0);
        self.machine.ambient_c + swing_k + self.warmth * self.machine.thermal_k_per_w * losses_w
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_round_half_up_and_what_exceeds_the_range_is_clamped_and_counted() {
        let channel = PlantChannel { name: "vib_x", unit: "g", rate_hz: 1.0, samples: 5, range: [-32767.0, 32767.0] };
        let mut counts = Vec::new();
        let saturated = channel.convert(&[0.5, -0.5, 32767.4, 40000.0, -40000.0], &mut counts);
        assert_eq!(counts, [1, 0, 32767, 32767, -32767]);
        assert_eq!(saturated, 2);
    }
}
