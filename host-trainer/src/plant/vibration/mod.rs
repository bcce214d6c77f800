//! Acceleration of the spindle housing, from what turns, strikes and cuts.
//!
//! - **Unbalance**: a rotating force m e w^2, hence a 1x line whose acceleration grows with the square of the speed, x and y at right
//!   angles, little along the axis; chuck and blank add their own, different with each part (ISO 21940-11).
//! - **Misalignment**: 1x, 2x and 3x lines, growing with the torque; shafts beside each other shake mostly at 2x and across the axis,
//!   shafts at an angle along it (Xu & Marangoni, "Vibration analysis of a motor-flexible coupling-rotor system subject to misalignment
//!   and unbalance", J. Sound Vib. 176(5), 1994).
//! - **Bearing**: each ball that passes a spall strikes and rings a structural resonance; passes slip by about a hundredth of their
//!   period, inner-race impacts follow the load zone (1 - (1 - cos p)/(2 e))^1.5 (McFadden & Smith 1984; Randall & Antoni 2011).
//! - **Gear mesh**: a line at teeth x shaft speed with sidebands at the shaft speed, deeper when out of line.
//! - **Cutting**: regenerative vibration near the tool's own frequency, impacts at each entry of an interrupted cut, which ring the same
//!   resonance as a spall does, and broadband noise, in part through that resonance.
//!
//! What lies above the Nyquist frequency is left out, as an anti-alias filter does.

mod lines;
mod resonance;
#[cfg(test)]
mod tests;

use core::f64::consts::{SQRT_2, TAU};

use super::machine::{Machine, REFERENCE_SHAFT_HZ};
use super::process::Part;
use super::random::Stream;
use super::wear::Condition;
use resonance::{entry_impacts, resonant_noise, spall_impacts};

pub(super) use lines::{Lines, displacement_um};

/// Sample rate of each axis in Hz.
pub(super) const RATE_HZ: f64 = 3200.0;
/// Samples of each axis in a window.
pub(super) const SAMPLES: usize = 1024;

/// Shares of structural noise, of chatter and (of what goes along the spindle) of a spall's impacts on the axes.
const ELASTIC_DIRECTION: [f64; 3] = [1.0, 0.8, 0.5];
const CHATTER_DIRECTION: [f64; 3] = [0.6, 1.0, 0.4];
const SPALL_AXIAL: f64 = 0.4;

/// Acceleration of the three axes in g over one window, by axis (3 x [`SAMPLES`]).
pub(super) fn window(machine: &Machine, condition: &Condition, part: &Part, random: &mut Stream) -> [Vec<f64>; 3] {
    let lines = Lines::of(machine, condition, part, random.uniform(0.0, TAU));
    let turns = shaft_turns(part.shaft_hz, random);
    let mut axes = [vec![0.0; SAMPLES], vec![0.0; SAMPLES], vec![0.0; SAMPLES]];
    add_synchronous(&mut axes, machine, condition, part, &lines, &turns, random);
    add_cutting(&mut axes, machine, part, random);
    let spall_rings = spall_impacts(machine, condition, part, turns[0], random);
    let entry_rings = entry_impacts(machine, part, random);
    let direction = condition.manner.direction;
    let spall = [libm::cos(direction), libm::sin(direction), SPALL_AXIAL];
    let speed = part.shaft_hz / REFERENCE_SHAFT_HZ;
    let level = machine.noise_g * speed * (0.7 + part.wear);
    let structure = resonant_noise(machine.resonance_hz, machine.resonance_damping, random);
    let excited = level * (0.4 + 0.4 * part.force_n / 1000.0) * (1.0 + part.wear);
    for (axis, samples) in axes.iter_mut().enumerate() {
        for (n, sample) in samples.iter_mut().enumerate() {
            *sample += machine.elastic_gain[axis]
                * (spall[axis] * spall_rings[n] + ELASTIC_DIRECTION[axis] * (entry_rings[n] + excited * structure[n]));
            *sample += level * random.normal();
            *sample *= machine.sensor_gain[axis];
        }
    }
    axes
}

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
    let (radial, axial) = (lines.misalignment_radial, lines.misalignment_axial);
    for (n, &turn) in turns.iter().enumerate() {
        let angle = TAU * turn;
        let (sin, cos) = (libm::sin(angle), libm::cos(angle));
        let one = single * libm::cos(angle + phase_one);
        let two = double * libm::cos(2.0 * angle + phase_two);
        let three = triple * libm::cos(3.0 * angle);
        let chuck = jaws * libm::cos(3.0 * angle + phase_jaws);
        let across_axis = radial * (one + two + three) + chuck;
        let gear = mesh * (1.0 + side * cos) * libm::cos(teeth * angle);
        let rigid = [
            along * cos - across * sin + across_axis,
            along * sin + across * cos + 0.8 * across_axis,
            0.12 * (along * cos - across * sin) + axial * (one + two + three),
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
