use super::lines::LIMIT_VELOCITY_M_PER_S;
use super::*;
use crate::plant::bearing::Race;
use crate::plant::process::Schedule;
use crate::plant::product::PRODUCTS;
use crate::plant::random::Purpose;
use crate::plant::wear::Manner;

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
    let with = |angular| Condition { severity: [0.05, 1.0, 0.01], manner: Manner { angular, ..QUIET.manner }, ..QUIET };
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
