//! The record of one machine: windows and labels over some weeks.

use super::labels;
use super::machine::Machine;
use super::process::{PRODUCTS, Part, Schedule};
use super::random::{Purpose, Stream};
use super::sensors::{self, CHANNELS};
use super::vibration::{self, Lines};
use super::wear::{Condition, Life};
use crate::config::PlantConfig;

/// Hours between windows: one a shift.
const INTERVAL_H: usize = 8;

/// Labels of one window; `None` where nobody measured.
pub(super) struct Row {
    pub(super) hour: f64,
    pub(super) fault: u16,
    pub(super) roughness_um: Option<f32>,
    pub(super) reject: Option<bool>,
    pub(super) next_energy_wh: Option<f32>,
}

/// Windows and labels of one machine.
pub(super) struct Record {
    pub(super) rows: Vec<Row>,
    /// Per channel, windows x samples.
    pub(super) counts: [Vec<i16>; 6],
    /// Per channel.
    pub(super) saturated: [u64; 6],
}

impl Record {
    pub(super) fn simulate(config: &PlantConfig, number: u32) -> Self {
        let stream = |purpose| Stream::new(config.seed, number, purpose);
        let machine = Machine::draw(number, &mut stream(Purpose::Build));
        let wanted = config.windows_per_machine;
        let horizon_h = config.warning_horizon_h;
        let life =
            Life::simulate(&machine, &mut stream(Purpose::Life), horizon_h, |hours| windows(hours).count() >= wanted);
        let mut random = stream(Purpose::Schedule);
        let mut schedule = Schedule::start(&machine, &mut random);
        let mut record = Record { rows: Vec::with_capacity(wanted), counts: Default::default(), saturated: [0; 6] };
        for (window, hour) in windows(&life.hours).take(wanted).enumerate() {
            let condition = &life.hours[hour];
            schedule.pass(&machine, INTERVAL_H as f64, &mut random);
            let part = schedule.part(&machine, &mut random);
            let warmth = warmth(&life.hours, hour);
            let friction = Part::friction_nm(&machine, &condition.severity, warmth);
            let displacement = tool_displacement_um(&machine, condition, &part);
            let roughness = part.roughness_um(displacement) * random.log_normal(0.05);
            let limit = PRODUCTS[part.product].limit_ra_um;
            // The profilometer sees three parts of five, the go/no-go comparison nearly all.
            let (measured, compared) = (random.chance(0.6), random.chance(0.92));
            let reading = roughness * random.log_normal(0.03);
            schedule.change_lot(&machine, 0.10, &mut random);
            let next = schedule.part(&machine, &mut random);
            let energy = next.energy_wh(&machine, friction) * random.log_normal(0.02);
            let metered = random.chance(0.97);
            record.rows.push(Row {
                hour: hour as f64,
                fault: labels::warning(hour as f64, &life.crossings, horizon_h),
                roughness_um: measured.then_some(reading as f32),
                reject: compared.then_some(roughness > limit),
                next_energy_wh: metered.then_some(energy as f32),
            });
            record.sense(
                &machine,
                condition,
                &part,
                friction,
                warmth,
                hour,
                &mut stream(Purpose::Window(window as u32)),
            );
        }
        record
    }

    #[expect(clippy::too_many_arguments)]
    fn sense(
        &mut self,
        machine: &Machine,
        condition: &Condition,
        part: &Part,
        friction_nm: f64,
        warmth: f64,
        hour: usize,
        random: &mut Stream,
    ) {
        let [x, y, z] = vibration::window(machine, condition, part, random);
        let power = part.drive_power_w(machine, friction_nm, true);
        let current = Part::current_a(machine, power) * machine.current_gain;
        let unsteady = if PRODUCTS[part.product].entries_per_revolution > 0 { 0.05 } else { 0.015 };
        let current = (0..CHANNELS[3].samples).map(|_| current * (1.0 + unsteady * random.normal())).collect();
        let losses = power * (1.0 - machine.efficiency) + friction_nm * core::f64::consts::TAU * part.shaft_hz;
        let day = 2.5 * libm::sin(core::f64::consts::TAU * (hour as f64 - 4.0) / 24.0);
        let housing =
            machine.ambient_c + day + warmth * machine.thermal_k_per_w * losses + machine.thermometer_offset_k;
        let temperature = (0..CHANNELS[4].samples).map(|_| housing + 0.15 * random.normal()).collect();
        let speed = (0..CHANNELS[5].samples).map(|_| 60.0 * part.shaft_hz * (1.0 + 0.001 * random.normal())).collect();
        let values: [Vec<f64>; 6] = [x, y, z, current, temperature, speed];
        for (index, values) in values.iter().enumerate() {
            let counts = &mut self.counts[index];
            let start = counts.len();
            self.saturated[index] += CHANNELS[index].convert(values, counts);
            sensors::drop_samples(index, &mut counts[start..], random);
        }
    }
}

/// Hours at which a window is recorded: every eighth hour that the machine runs.
fn windows(hours: &[Condition]) -> impl Iterator<Item = usize> + '_ {
    hours.iter().enumerate().filter(|(_, condition)| condition.runs).map(|(hour, _)| hour).skip(1).step_by(INTERVAL_H)
}

/// How warm the spindle has run, 0..1: time constant two hours since it last stood.
fn warmth(hours: &[Condition], hour: usize) -> f64 {
    let running = hours[..hour].iter().rev().take(24).take_while(|condition| condition.runs).count();
    1.0 - libm::exp(-(running as f64) / 2.0)
}

/// Vibration between tool and part within the roughness cut-off, in um rms: a twentieth of the synchronous motion, which mostly shows
/// as an error of form, and all of the chatter.
fn tool_displacement_um(machine: &Machine, condition: &Condition, part: &Part) -> f64 {
    let synchronous = Lines::of(machine, condition, part, 0.0).displacement_um(part.shaft_hz);
    0.07 * synchronous + vibration::displacement_um(machine.chatter_hz, part.chatter_g)
}
