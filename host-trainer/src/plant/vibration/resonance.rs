//! What the structure answers at its own frequencies: ringing after impacts, and noise through a resonance.

use core::f64::consts::TAU;

use super::{RATE_HZ, SAMPLES};
use crate::plant::bearing::Race;
use crate::plant::machine::{Machine, REFERENCE_SHAFT_HZ};
use crate::plant::process::Part;
use crate::plant::product::PRODUCTS;
use crate::plant::random::Stream;
use crate::plant::wear::Condition;

/// Load zone parameter e of the inner race.
const LOAD_ZONE: f64 = 0.45;
/// Random part of the time between impacts, of their period.
const SLIP: f64 = 0.01;
/// Ringing is followed until it has fallen by this factor.
const RING_DOWN: f64 = 1e-3;

/// Ringing of the structural resonance after the impacts of a spall, in g in their direction.
pub(super) fn spall_impacts(
    machine: &Machine,
    condition: &Condition,
    part: &Part,
    start_turn: f64,
    random: &mut Stream,
) -> Vec<f64> {
    let race = condition.manner.race;
    let speed = part.shaft_hz / REFERENCE_SHAFT_HZ;
    let strength = machine.impact_g * libm::pow(condition.severity[2], 0.8) * speed * (0.7 + 0.6 * part.load(machine));
    let period = 1.0 / (machine.bearing.passes_per_revolution(race) * part.shaft_hz);
    ringing(machine, period, SLIP, random, |time, random| {
        let zone = match race {
            Race::Outer => 1.0,
            Race::Inner => {
                let angle = TAU * (start_turn + part.shaft_hz * time);
                let load = 1.0 - (1.0 - libm::cos(angle)) / (2.0 * LOAD_ZONE);
                if load > 0.0 { libm::pow(load, 1.5) } else { 0.0 }
            }
        };
        strength * zone * random.log_normal(0.15)
    })
}

/// Ringing of the same resonance after each entry of an interrupted cut, in g on an axis of gain 1.
pub(super) fn entry_impacts(machine: &Machine, part: &Part, random: &mut Stream) -> Vec<f64> {
    let entries = PRODUCTS[part.product].entries_per_revolution;
    if entries == 0 {
        return vec![0.0; SAMPLES];
    }
    let period = 1.0 / (f64::from(entries) * part.shaft_hz);
    let strength = 0.5 * part.force_n / 1000.0 * part.shaft_hz / REFERENCE_SHAFT_HZ;
    ringing(machine, period, 0.0, random, |_, random| strength * random.log_normal(0.2))
}

/// A train of damped oscillations that begin every `period` s, with a slip of that share of it, at random phase.
fn ringing(
    machine: &Machine,
    period: f64,
    slip: f64,
    random: &mut Stream,
    mut strength: impl FnMut(f64, &mut Stream) -> f64,
) -> Vec<f64> {
    let mut rings = vec![0.0; SAMPLES];
    let decay = machine.resonance_damping * TAU * machine.resonance_hz;
    let ring_s = -libm::log(RING_DOWN) / decay;
    let (turn_cos, turn_sin) = {
        let shrink = libm::exp(-decay / RATE_HZ);
        let step = TAU * machine.resonance_hz / RATE_HZ;
        (shrink * libm::cos(step), shrink * libm::sin(step))
    };
    let mut time = -ring_s - random.uniform(0.0, period);
    let window_s = rings.len() as f64 / RATE_HZ;
    while time < window_s {
        let peak = strength(time, random);
        let first = if time > 0.0 { libm::ceil(time * RATE_HZ) } else { 0.0 };
        // From the first sample after the impact on, the oscillation turns and shrinks by the same factor each sample.
        let since = first / RATE_HZ - time;
        let size = peak * libm::exp(-decay * since);
        let angle = TAU * machine.resonance_hz * since;
        let (mut cos, mut sin) = (size * libm::cos(angle), size * libm::sin(angle));
        let last = libm::ceil((time + ring_s) * RATE_HZ);
        let end = if last > 0.0 { (last as usize).min(rings.len()) } else { 0 };
        for ring in rings.iter_mut().take(end).skip(first as usize) {
            *ring += sin;
            (cos, sin) = (cos * turn_cos - sin * turn_sin, cos * turn_sin + sin * turn_cos);
        }
        time += period * (1.0 + slip * random.normal());
    }
    rings
}

/// Noise of rms 1 through a resonance: a second-order autoregression with that pole, started from rest long before the window.
pub(super) fn resonant_noise(hz: f64, damping: f64, random: &mut Stream) -> Vec<f64> {
    const RUN_IN: usize = 256;
    let radius = libm::exp(-damping * TAU * hz / RATE_HZ);
    let angle = TAU * hz / RATE_HZ;
    let (a1, a2) = (2.0 * radius * libm::cos(angle), -radius * radius);
    // Variance of the autoregression for innovations of variance 1 (Box & Jenkins, Time Series Analysis, sec. 3.2.4).
    let variance = (1.0 - a2) / ((1.0 + a2) * ((1.0 - a2) * (1.0 - a2) - a1 * a1));
    let scale = 1.0 / libm::sqrt(variance);
    let (mut before, mut last) = (0.0, 0.0);
    let mut wave = Vec::with_capacity(SAMPLES);
    for n in 0..RUN_IN + SAMPLES {
        let now = a1 * last + a2 * before + scale * random.normal();
        (before, last) = (last, now);
        if n >= RUN_IN {
            wave.push(now);
        }
    }
    wave
}
