//! Acceleration of the spindle housing, from what turns, strikes and cuts.
//!
//! - **Unbalance**: a rotating force m e w^2, hence a 1x line whose acceleration grows with the square of the speed, x and y at right
//!   angles, little along the axis; chuck and blank add their own, different with each part (ISO 21940-11).
//! - **Misalignment**: 1x, 2x and 3x lines, mostly 2x, with much of it along the axis, growing with the torque (Xu & Marangoni, "Vibration
//!   analysis of a motor-flexible coupling-rotor system subject to misalignment and unbalance", J. Sound Vib. 176(5), 1994).
//! - **Bearing**: each ball that passes a spall strikes and rings a structural resonance; passes slip by about a hundredth of their
//!   period, inner-race impacts follow the load zone (1 - (1 - cos p)/(2 e))^1.5 (McFadden & Smith 1984; Randall & Antoni 2011).
//! - **Gear mesh**: a line at teeth x shaft speed with sidebands at the shaft speed, deeper when out of line.
//! - **Cutting**: regenerative vibration near the tool's own frequency, impacts at each entry of an interrupted cut, which ring the same
//!   resonance as a spall does, and broadband noise, in part through that resonance.
//!
//! What lies above the Nyquist frequency is left out, as an anti-alias filter does.

use core::f64::consts::{SQRT_2, TAU};

use super::bearing::Race;
use super::machine::{Machine, REFERENCE_SHAFT_HZ};
use super::process::{PRODUCTS, Part};
use super::random::Stream;
use super::wear::Condition;

/// Sample rate of each axis in Hz.
pub(super) const RATE_HZ: f64 = 3200.0;
/// Samples of each axis in a window.
pub(super) const SAMPLES: usize = 1024;

/// Velocity at the alarm limit in m/s rms, judged at the reference speed.
const LIMIT_VELOCITY_M_PER_S: f64 = 2.8e-3;
/// Standard acceleration of free fall in m/s^2.
const G: f64 = 9.80665;
/// Load zone parameter e of the inner race.
const LOAD_ZONE: f64 = 0.45;
/// Random part of the time between impacts, of their period.
const SLIP: f64 = 0.01;
/// Ringing is followed until it has fallen by this factor.
const RING_DOWN: f64 = 1e-3;

/// Synchronous lines of a condition, in g rms on a radial axis of gain 1.
pub(super) struct Lines {
    /// 1x of unbalance, in the direction of the spindle's mark and across it.
    unbalance: [f64; 2],
    /// 1x, 2x, 3x of misalignment.
    misalignment: [f64; 3],
}

impl Lines {
    pub(super) fn of(machine: &Machine, condition: &Condition, part: &Part, blank_angle: f64) -> Self {
        let shaft_hz = part.shaft_hz;
        let ratio = shaft_hz / REFERENCE_SHAFT_HZ;
        // A velocity v of harmonic h at the reference speed is an acceleration v 2 pi h f; forces grow with the square of the speed.
        let line = |harmonic: f64, share: f64| {
            share * LIMIT_VELOCITY_M_PER_S * TAU * harmonic * REFERENCE_SHAFT_HZ / G
                * ratio
                * ratio
                * machine.amplification(harmonic * shaft_hz)
        };
        let [unbalance, misalignment, _] = condition.severity;
        let blank = part.blank_severity;
        let double = machine.misalignment_double;
        let rest = libm::sqrt((1.0 - double * double) / 2.0);
        let torque = 0.75 + 0.5 * part.load(machine);
        Self {
            unbalance: [
                line(1.0, unbalance + blank * libm::cos(blank_angle)),
                line(1.0, blank * libm::sin(blank_angle)),
            ],
            misalignment: [
                line(1.0, misalignment * torque * rest),
                line(2.0, misalignment * torque * double),
                line(3.0, misalignment * torque * rest),
            ],
        }
    }

    /// Displacement of the synchronous lines in um rms.
    pub(super) fn displacement_um(&self, shaft_hz: f64) -> f64 {
        let squares = |harmonic: f64, g: f64| {
            let angular = TAU * harmonic * shaft_hz;
            let um = g * G / (angular * angular) * 1e6;
            um * um
        };
        let [along, across] = self.unbalance;
        let [single, double, triple] = self.misalignment;
        libm::sqrt(
            squares(1.0, along)
                + squares(1.0, across)
                + squares(1.0, single)
                + squares(2.0, double)
                + squares(3.0, triple),
        )
    }
}

/// Displacement in um rms of a vibration of that frequency and acceleration.
pub(super) fn displacement_um(hz: f64, rms_g: f64) -> f64 {
    rms_g * G / (TAU * hz * TAU * hz) * 1e6
}

/// Acceleration of the three axes in g over one window, by axis (3 x [`SAMPLES`]).
pub(super) fn window(machine: &Machine, condition: &Condition, part: &Part, random: &mut Stream) -> [Vec<f64>; 3] {
    let lines = Lines::of(machine, condition, part, random.uniform(0.0, TAU));
    let turns = shaft_turns(part.shaft_hz, random);
    let mut axes = [vec![0.0; SAMPLES], vec![0.0; SAMPLES], vec![0.0; SAMPLES]];
    add_synchronous(&mut axes, machine, condition, part, &lines, &turns, random);
    add_cutting(&mut axes, machine, part, random);
    let rings = impacts(machine, condition, part, &turns, random);
    let speed = part.shaft_hz / REFERENCE_SHAFT_HZ;
    let level = machine.noise_g * speed;
    let structure = resonant_noise(machine.resonance_hz, machine.resonance_damping, random);
    let excited = level * (0.4 + 0.4 * part.force_n / 1000.0) * (1.0 + 2.0 * part.flank_wear_mm / 0.3);
    for (axis, samples) in axes.iter_mut().enumerate() {
        for (n, sample) in samples.iter_mut().enumerate() {
            *sample += machine.elastic_gain[axis] * (rings[n] + excited * structure[n]) * ELASTIC_DIRECTION[axis];
            *sample += level * random.normal();
            *sample *= machine.sensor_gain[axis];
        }
    }
    axes
}

/// Shares of impacts and of chatter on the axes.
const ELASTIC_DIRECTION: [f64; 3] = [1.0, 0.8, 0.5];
const CHATTER_DIRECTION: [f64; 3] = [0.6, 1.0, 0.4];

/// Turns of the shaft at each sample, from a random angle on; the speed hunts by about a thousandth.
fn shaft_turns(shaft_hz: f64, random: &mut Stream) -> Vec<f64> {
    let (hunting_hz, hunting_phase) = (random.uniform(2.0, 6.0), random.uniform(0.0, TAU));
    let depth = 0.001 * random.log_normal(0.5);
    let mut turns = random.uniform(0.0, 1.0);
    (0..SAMPLES)
        .map(|n| {
            let now = turns;
            let swing = depth * libm::sin(TAU * hunting_hz * n as f64 / RATE_HZ + hunting_phase);
            turns += shaft_hz * (1.0 + swing) / RATE_HZ;
            now
        })
        .collect()
}

fn add_synchronous(
    axes: &mut [Vec<f64>; 3],
    machine: &Machine,
    condition: &Condition,
    part: &Part,
    lines: &Lines,
    turns: &[f64],
    random: &mut Stream,
) {
    let teeth = f64::from(machine.gear_teeth);
    let mesh_hz = teeth * part.shaft_hz;
    let mesh = if mesh_hz < 0.47 * RATE_HZ { machine.gear_level_g * (0.4 + 0.6 * part.load(machine)) } else { 0.0 };
    let side = 0.25 + 0.5 * condition.severity[1];
    // Three jaws press the blank out of round.
    let jaws =
        0.008 * (part.shaft_hz / REFERENCE_SHAFT_HZ) * (part.shaft_hz / REFERENCE_SHAFT_HZ) * random.log_normal(0.5);
    let [phase_one, phase_two, phase_jaws] =
        [random.uniform(0.0, TAU), random.uniform(0.0, TAU), random.uniform(0.0, TAU)];
    let [along, across] = lines.unbalance;
    let [single, double, triple] = lines.misalignment;
    for (n, &turn) in turns.iter().enumerate() {
        let angle = TAU * turn;
        let (sin, cos) = (libm::sin(angle), libm::cos(angle));
        let one = single * libm::cos(angle + phase_one);
        let two = double * libm::cos(2.0 * angle + phase_two);
        let three = triple * libm::cos(3.0 * angle) + jaws * libm::cos(3.0 * angle + phase_jaws);
        let gear = mesh * (1.0 + side * cos) * libm::cos(teeth * angle);
        let rigid = [
            along * cos - across * sin + 0.5 * one + two + three,
            along * sin + across * cos + 0.5 * one + 0.8 * two + three,
            0.12 * (along * cos - across * sin) + machine.misalignment_axial * (1.5 * one + two + triple * cos),
        ];
        for (axis, samples) in axes.iter_mut().enumerate() {
            samples[n] += SQRT_2 * (machine.rigid_gain[axis] * rigid[axis] + machine.elastic_gain[axis] * gear);
        }
    }
}

fn add_cutting(axes: &mut [Vec<f64>; 3], machine: &Machine, part: &Part, random: &mut Stream) {
    let chatter = resonant_noise(machine.chatter_hz, 0.03, random);
    for (axis, samples) in axes.iter_mut().enumerate() {
        for (sample, wave) in samples.iter_mut().zip(&chatter) {
            *sample += CHATTER_DIRECTION[axis] * part.chatter_g * wave;
        }
    }
}

/// Ringing of the structural resonance after the impacts of a spall and of an interrupted cut, in g on an axis of gain 1.
fn impacts(machine: &Machine, condition: &Condition, part: &Part, turns: &[f64], random: &mut Stream) -> Vec<f64> {
    let mut rings = vec![0.0; SAMPLES];
    let speed = part.shaft_hz / REFERENCE_SHAFT_HZ;
    let spall = condition.severity[2];
    let strength = machine.impact_g * libm::pow(spall, 0.8) * speed * (0.7 + 0.6 * part.load(machine));
    let period = 1.0 / (machine.bearing.passes_per_revolution(condition.race) * part.shaft_hz);
    let start_turn = turns[0];
    strike(&mut rings, machine, period, SLIP, random, |time, random| {
        let zone = match condition.race {
            Race::Outer => 1.0,
            Race::Inner => {
                let angle = TAU * (start_turn + part.shaft_hz * time);
                let load = 1.0 - (1.0 - libm::cos(angle)) / (2.0 * LOAD_ZONE);
                if load > 0.0 { libm::pow(load, 1.5) } else { 0.0 }
            }
        };
        strength * zone * random.log_normal(0.15)
    });
    let entries = PRODUCTS[part.product].entries_per_revolution;
    if entries > 0 {
        let period = 1.0 / (f64::from(entries) * part.shaft_hz);
        let strength = 0.35 * part.force_n / 1000.0 * speed;
        strike(&mut rings, machine, period, 0.0, random, |_, random| strength * random.log_normal(0.2));
    }
    rings
}

/// Adds a train of damped oscillations that begin every `period` s, with a slip of that share of it, at random phase.
fn strike(
    rings: &mut [f64],
    machine: &Machine,
    period: f64,
    slip: f64,
    random: &mut Stream,
    mut strength: impl FnMut(f64, &mut Stream) -> f64,
) {
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
}

/// Noise of rms 1 through a resonance: a second-order autoregression with that pole, started from rest long before the window.
fn resonant_noise(hz: f64, damping: f64, random: &mut Stream) -> Vec<f64> {
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
