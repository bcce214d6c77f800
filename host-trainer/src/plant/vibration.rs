//! Acceleration of the spindle housing, from what turns, strikes and cuts.
//!
//! - **Unbalance**: a rotating force m e w^2, hence a 1x line whose acceleration grows with the square of the speed, x and y at right
//!   angles, little along the axis; chuck and blank add their own, different with each part (ISO 21940-11).
//! - **Misalignment**: 1x, 2x and 3x lines, growing with the torque; shafts beside each other shake mostly at 2x and across the axis,
//!   shafts at an angle along it (Xu & Marangoni, "Vibration
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
/// Shares of structural noise, of chatter and (of what goes along the spindle) of a spall's impacts on the axes.
const ELASTIC_DIRECTION: [f64; 3] = [1.0, 0.8, 0.5];
const CHATTER_DIRECTION: [f64; 3] = [0.6, 1.0, 0.4];
const SPALL_AXIAL: f64 = 0.4;
/// Ringing is followed until it has fallen by this factor.
const RING_DOWN: f64 = 1e-3;

/// Synchronous lines of a condition, in g rms on a radial axis of gain 1.
pub(super) struct Lines {
    /// 1x of unbalance, in the direction of the spindle's mark and across it.
    unbalance: [f64; 2],
    /// 1x, 2x, 3x of misalignment.
    misalignment: [f64; 3],
    /// Share of them across the axis.
    misalignment_radial: f64,
    /// Share of them along the axis; the larger of both is 1, as the limit is judged on the worst axis.
    misalignment_axial: f64,
}

impl Lines {
    /// The lines of a machine in that condition; `blank_angle` is the blank's, from the spindle's mark, in radians.
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
        // Shafts beside each other shake mostly at 2x and across the axis, shafts at an angle more at 1x and along it.
        let angular = condition.manner.angular;
        let double = 0.85 - 0.35 * angular;
        let rest = libm::sqrt((1.0 - double * double) / 2.0);
        let (radial, axial) = (1.0 - 0.7 * angular, 0.2 + 0.8 * angular);
        let worst = if radial > axial { radial } else { axial };
        let torque = 0.75 + 0.5 * part.load(machine);
        Self {
            unbalance: [
                line(1.0, unbalance + blank * libm::cos(blank_angle)),
                line(1.0, blank * libm::sin(blank_angle)),
            ],
            misalignment_radial: radial / worst,
            misalignment_axial: axial / worst,
            misalignment: [
                line(1.0, misalignment * torque * rest),
                line(2.0, misalignment * torque * double + PRODUCTS[part.product].blank_whip),
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

/// Ringing of the structural resonance after the impacts of a spall, in g in their direction.
fn spall_impacts(
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
fn entry_impacts(machine: &Machine, part: &Part, random: &mut Stream) -> Vec<f64> {
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

#[cfg(test)]
mod tests {
    use super::super::process::Schedule;
    use super::super::random::Purpose;
    use super::super::wear::Manner;
    use super::*;

    const QUIET: Condition = Condition {
        severity: [0.05, 0.05, 0.01],
        manner: Manner { angular: 0.0, race: Race::Outer, direction: 0.0 },
        runs: true,
    };

    /// A machine and a round, stiff part that it cuts without interruption.
    fn machine_and_part() -> (Machine, Part) {
        for number in 0.. {
            let machine = Machine::draw(number, &mut Stream::new(7, number, Purpose::Build));
            let mut random = Stream::new(7, number, Purpose::Schedule);
            let part = Schedule::start(&machine, &mut random).part(&machine, &mut random);
            let product = &PRODUCTS[part.product];
            if !part.is_interrupted() && product.blank_unbalance < 0.1 && product.blank_whip == 0.0 {
                return (machine, part);
            }
        }
        unreachable!()
    }

    /// Mean Hann-windowed power of `signal` at a frequency over twenty windows.
    fn power(windows: &[Vec<f64>], hz: f64) -> f64 {
        let one = |signal: &[f64]| {
            let (mut re, mut im) = (0.0, 0.0);
            for (n, value) in signal.iter().enumerate() {
                let hann = 0.5 - 0.5 * libm::cos(TAU * n as f64 / SAMPLES as f64);
                re += hann * value * libm::cos(TAU * hz * n as f64 / RATE_HZ);
                im += hann * value * libm::sin(TAU * hz * n as f64 / RATE_HZ);
            }
            re * re + im * im
        };
        windows.iter().map(|signal| one(signal)).sum::<f64>() / windows.len() as f64
    }

    fn windows(machine: &Machine, condition: &Condition, part: &Part, axis: usize) -> Vec<Vec<f64>> {
        let mut random = Stream::new(7, 0, Purpose::Window(0));
        (0..20).map(|_| window(machine, condition, part, &mut random)[axis].clone()).collect()
    }

    /// Squared envelope about its mean: the power of the signal with what lies below 300 Hz taken off by a moving mean.
    fn envelope(signal: &[f64]) -> Vec<f64> {
        let high: Vec<f64> = (0..signal.len())
            .map(|n| {
                let around = &signal[n.saturating_sub(5)..(n + 6).min(signal.len())];
                signal[n] - around.iter().sum::<f64>() / around.len() as f64
            })
            .collect();
        let mean = high.iter().map(|value| value * value).sum::<f64>() / high.len() as f64;
        high.iter().map(|value| value * value - mean).collect()
    }

    #[test]
    fn envelope_of_a_spalled_bearing_has_its_line_at_the_pass_frequency_of_that_race() {
        let (machine, part) = machine_and_part();
        for (race, other) in [(Race::Outer, Race::Inner), (Race::Inner, Race::Outer)] {
            let manner = Manner { race, ..QUIET.manner };
            let spalled = Condition { severity: [0.05, 0.05, 1.0], manner, ..QUIET };
            let envelopes: Vec<Vec<f64>> =
                windows(&machine, &spalled, &part, 0).iter().map(|signal| envelope(signal)).collect();
            let at = |race| power(&envelopes, machine.bearing.passes_per_revolution(race) * part.shaft_hz);
            assert!(at(race) > 10.0 * at(other), "{race:?}: {} against {}", at(race), at(other));
            let healthy: Vec<Vec<f64>> =
                windows(&machine, &QUIET, &part, 0).iter().map(|signal| envelope(signal)).collect();
            let line = machine.bearing.passes_per_revolution(race) * part.shaft_hz;
            assert!(at(race) > 30.0 * power(&healthy, line), "{race:?}");
        }
    }

    #[test]
    fn inner_race_line_has_sidebands_at_the_shaft_speed_and_the_outer_race_line_has_none() {
        let (machine, part) = machine_and_part();
        let sideband = |race| {
            let condition = Condition { severity: [0.05, 0.05, 1.0], manner: Manner { race, ..QUIET.manner }, ..QUIET };
            let envelopes: Vec<Vec<f64>> =
                windows(&machine, &condition, &part, 0).iter().map(|signal| envelope(signal)).collect();
            let line = machine.bearing.passes_per_revolution(race);
            power(&envelopes, (line - 1.0) * part.shaft_hz) / power(&envelopes, line * part.shaft_hz)
        };
        assert!(sideband(Race::Inner) > 0.1, "{}", sideband(Race::Inner));
        assert!(sideband(Race::Outer) < 0.05, "{}", sideband(Race::Outer));
    }

    #[test]
    fn unbalance_gives_a_radial_line_at_the_shaft_speed_that_grows_with_its_square() {
        let (machine, part) = machine_and_part();
        let unbalanced = Condition { severity: [1.0, 0.05, 0.01], ..QUIET };
        let radial = windows(&machine, &unbalanced, &part, 0);
        let axial = windows(&machine, &unbalanced, &part, 2);
        let one = power(&radial, part.shaft_hz);
        assert!(one > 20.0 * power(&radial, 2.0 * part.shaft_hz));
        assert!(one > 20.0 * power(&axial, part.shaft_hz));
        let slower = Part { shaft_hz: part.shaft_hz / 1.5, ..part };
        let ratio = one / power(&windows(&machine, &unbalanced, &slower, 0), slower.shaft_hz);
        let resonance = machine.amplification(part.shaft_hz) / machine.amplification(slower.shaft_hz);
        let expected = libm::pow(1.5, 4.0) * resonance * resonance;
        assert!((ratio / expected - 1.0).abs() < 0.15, "{ratio} against {expected}");
    }

    #[test]
    fn parallel_misalignment_shakes_at_twice_the_shaft_speed_and_angular_along_the_axis() {
        let (machine, part) = machine_and_part();
        let with =
            |angular| Condition { severity: [0.05, 1.0, 0.01], manner: Manner { angular, ..QUIET.manner }, ..QUIET };
        let two = |condition: &Condition, axis| power(&windows(&machine, condition, &part, axis), 2.0 * part.shaft_hz);
        let parallel = windows(&machine, &with(0.0), &part, 0);
        assert!(power(&parallel, 2.0 * part.shaft_hz) > 4.0 * power(&parallel, part.shaft_hz));
        assert!(two(&with(0.0), 0) > 4.0 * two(&with(0.0), 2));
        assert!(two(&with(1.0), 2) > 4.0 * two(&with(1.0), 0));
    }

    #[test]
    fn severity_one_of_unbalance_is_the_alarm_velocity_at_the_reference_speed() {
        let (machine, part) = machine_and_part();
        let condition = Condition { severity: [1.0, 0.0, 0.0], ..QUIET };
        let part = Part { shaft_hz: REFERENCE_SHAFT_HZ, blank_severity: 0.0, ..part };
        let whip_free = Lines { misalignment: [0.0; 3], ..Lines::of(&machine, &condition, &part, 0.0) };
        let velocity = whip_free.displacement_um(REFERENCE_SHAFT_HZ) * 1e-6 * TAU * REFERENCE_SHAFT_HZ;
        assert!((velocity - LIMIT_VELOCITY_M_PER_S).abs() < 1e-9, "{velocity}");
    }

    #[test]
    fn resonant_noise_has_unit_variance() {
        let mut random = Stream::new(1, 0, Purpose::Window(0));
        let waves: Vec<f64> = (0..200).flat_map(|_| resonant_noise(400.0, 0.03, &mut random)).collect();
        let variance = waves.iter().map(|value| value * value).sum::<f64>() / waves.len() as f64;
        assert!((variance - 1.0).abs() < 0.03, "{variance}");
    }
}
