//! The record of one machine: windows and labels over some months.

use super::labels;
use super::machine::Machine;
use super::process::{Part, Schedule};
use super::product::PRODUCTS;
use super::random::{Purpose, Stream};
use super::sensors::{self, CHANNELS, Moment};
use super::vibration::{self, Lines};
use super::wear::{Condition, Life};
use crate::config::PlantConfig;

/// Running hours between windows; no divisor of a day, so that windows fall into all shifts.
const INTERVAL_H: usize = 20;
/// Share of parts that reach the profilometer, the go/no-go comparison, and the energy meter.
const MEASURED: f64 = 0.6;
const COMPARED: f64 = 0.92;
const METERED: f64 = 0.97;
/// Share of next parts that open a new lot.
const NEW_LOT: f64 = 0.1;
/// What roughness, its reading and the energy stray by, as standard deviation of the logarithm.
const ROUGHNESS_SPREAD: f64 = 0.05;
const READING_SPREAD: f64 = 0.03;
const ENERGY_SPREAD: f64 = 0.02;
/// Share of the synchronous motion that falls within the roughness cut-off; the rest shows as an error of form.
const SYNCHRONOUS_SHARE: f64 = 0.07;

/// Labels of one window; `None` where nobody measured.
pub(super) struct Row {
    /// Hours since the start of the record.
    pub(super) hour: f64,
    /// Class of the fault task.
    pub(super) fault: u16,
    /// Ra of the part that was being cut.
    pub(super) roughness_um: Option<f32>,
    /// Whether that Ra is above the product's limit.
    pub(super) reject: Option<bool>,
    /// Energy of the part after it.
    pub(super) next_energy_wh: Option<f32>,
}

/// Windows and labels of one machine.
pub(super) struct Record {
    /// One row a window.
    pub(super) rows: Vec<Row>,
    /// Per channel, windows x samples.
    pub(super) counts: [Vec<i16>; CHANNELS.len()],
    /// Samples outside the range, per channel.
    pub(super) saturated: [u64; CHANNELS.len()],
}

impl Record {
    /// Simulates the machine with that number.
    pub(super) fn simulate(config: &PlantConfig, number: u32) -> Self {
        let stream = |purpose| Stream::new(config.seed, number, purpose);
        let machine = Machine::draw(number, &mut stream(Purpose::Build));
        let wanted = config.windows_per_machine;
        let life = Life::simulate(&machine, &mut stream(Purpose::Life), wanted * INTERVAL_H, config.warning_horizon_h);
        let mut random = stream(Purpose::Schedule);
        let mut schedule = Schedule::start(&machine, &mut random);
        let mut record = Record { rows: Vec::with_capacity(wanted), counts: Default::default(), saturated: [0; 6] };
        for (hour, window) in windows(&life.hours).take(wanted).zip(0..) {
            let condition = &life.hours[hour];
            schedule.pass(&machine, INTERVAL_H as f64, &mut random);
            let part = schedule.part(&machine, &mut random);
            let warmth = warmth(&life.hours, hour);
            let friction_nm = Part::friction_nm(&machine, &condition.severity, warmth);
            record.rows.push(Row {
                hour: hour as f64,
                fault: labels::warning(hour as f64, &life.crossings, config.warning_horizon_h),
                ..measure(&machine, condition, &part, friction_nm, &mut schedule, &mut random)
            });
            let moment = Moment { machine: &machine, condition, part: &part, friction_nm, warmth, hour: hour as f64 };
            record.sense(&moment, &mut stream(Purpose::Window(window)));
        }
        record
    }

    /// Adds the counts of one window.
    fn sense(&mut self, moment: &Moment<'_>, random: &mut Stream) {
        for (index, values) in moment.values(random).iter().enumerate() {
            let counts = &mut self.counts[index];
            let start = counts.len();
            self.saturated[index] += CHANNELS[index].convert(values, counts);
            sensors::drop_samples(index, &mut counts[start..], random);
        }
    }
}

/// What is measured of the part in the machine and of the next one; hour and fault are left at 0.
fn measure(
    machine: &Machine,
    condition: &Condition,
    part: &Part,
    friction_nm: f64,
    schedule: &mut Schedule,
    random: &mut Stream,
) -> Row {
    let synchronous_um = Lines::of(machine, condition, part, 0.0).displacement_um(part.shaft_hz);
    let chatter_um = vibration::displacement_um(machine.chatter_hz, part.chatter_g);
    let roughness_um =
        part.roughness_um(SYNCHRONOUS_SHARE * synchronous_um + chatter_um) * random.log_normal(ROUGHNESS_SPREAD);
    let (measured, compared, metered) = (random.chance(MEASURED), random.chance(COMPARED), random.chance(METERED));
    let reading_um = roughness_um * random.log_normal(READING_SPREAD);
    schedule.change_lot(machine, NEW_LOT, random);
    let next = schedule.part(machine, random);
    let energy_wh = next.energy_wh(machine, friction_nm) * random.log_normal(ENERGY_SPREAD);
    Row {
        hour: 0.0,
        fault: 0,
        roughness_um: measured.then_some(reading_um as f32),
        reject: compared.then_some(roughness_um > PRODUCTS[part.product].limit_ra_um),
        next_energy_wh: metered.then_some(energy_wh as f32),
    }
}

/// Hours at which a window is recorded.
fn windows(hours: &[Condition]) -> impl Iterator<Item = usize> + '_ {
    hours.iter().enumerate().filter(|(_, condition)| condition.runs).map(|(hour, _)| hour).skip(1).step_by(INTERVAL_H)
}

/// How warm the spindle has run, 0..1: time constant two hours since it last stood.
fn warmth(hours: &[Condition], hour: usize) -> f64 {
    let running = hours[..hour].iter().rev().take(24).take_while(|condition| condition.runs).count();
    1.0 - libm::exp(-(running as f64) / 2.0)
}
