//! Growth of faults over a machine's life, hour by hour, with alarms and repairs.
//!
//! A fault's **severity** is its size over the size at the alarm limit. For unbalance and misalignment that limit is 2.8 mm/s rms vibration
//! velocity at the reference speed, the boundary of zones B and C for rigidly mounted medium machines (ISO 10816-3:2009, table A.2, the
//! zone scheme of ISO 20816-1:2016). A spall hardly moves the velocity; its limit is an area of 6.45 mm^2 (0.01 in^2), the customary end of
//! a bearing's life (Li et al., "Dynamic prognostic prediction of defect propagation on rolling element bearings", Tribol. Trans. 42(2), 1999).
//!
//! Growth follows the Paris-like law of that paper, ds/dt = C s^n with log-normal disturbance (Li et al., "Stochastic prognostics for rolling
//! element bearings", MSSP 14(5), 2000): n = 1, exponential, for unbalance and misalignment, n above 1 for spalls, which stay latent
//! until they start. Modes that are not active in a machine grow too, but stop below the limit. Wear runs on operating hours and faster
//! in hard-working shifts. At the limit the machine stops, is repaired, and the fault starts anew. **Time is compressed**: real faults of
//! this kind take months to years, here a record of some six weeks sees about two.

use super::bearing::Race;
use super::machine::{Machine, Mode};
use super::random::Stream;

/// Hours of a week, and the hour at which the weekly stand-still (Sunday) begins.
const WEEK_H: f64 = 168.0;
const SUNDAY_FROM_H: f64 = 144.0;

/// Share of full production at an hour of the record, which starts on a Monday at 6:00: early and late shift full, night 60 %, Sunday none.
pub(super) fn production(hour: f64) -> f64 {
    if hour % WEEK_H >= SUNDAY_FROM_H {
        return 0.0;
    }
    if hour % 24.0 < 16.0 { 1.0 } else { 0.6 }
}

/// A fault's arrival at the alarm limit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Crossing {
    /// Hours since the start of the record.
    pub hour: f64,
    /// The fault.
    pub mode: Mode,
}

/// State of the machine at one hour.
#[derive(Debug, Clone, Copy)]
pub(super) struct Condition {
    /// Severity of each mode, in the order of [`Mode::ALL`]; 1 at the alarm limit.
    pub(super) severity: [f64; 3],
    /// Race that carries the present or next spall.
    pub(super) race: Race,
    /// Whether it produces: not on Sundays, not in repair.
    pub(super) runs: bool,
}

/// Life of a machine, hour by hour.
pub(super) struct Life {
    /// Condition at each whole hour.
    pub(super) hours: Vec<Condition>,
    /// Crossings in time order.
    pub(super) crossings: Vec<Crossing>,
}

/// One fault between two repairs.
struct Fault {
    severity: f64,
    /// Operating hours until growth starts.
    latent_h: f64,
    /// C of the growth law, per operating hour.
    rate: f64,
    /// Severity at which growth ends; infinite if it does not.
    ceiling: f64,
}

impl Mode {
    /// n of the growth law.
    fn exponent(self) -> f64 {
        match self {
            Mode::Unbalance | Mode::Misalignment => 1.0,
            Mode::Bearing => 1.2,
        }
    }
}

impl Fault {
    fn start(mode: Mode, active: bool, random: &mut Stream) -> Self {
        let severity = match mode {
            Mode::Unbalance => 0.18 * random.log_normal(0.25),
            Mode::Misalignment => 0.18 * random.log_normal(0.25),
            Mode::Bearing => 0.08 * random.log_normal(0.3),
        };
        let growth_h = random.uniform(240.0, 440.0);
        let exponent = mode.exponent();
        let distance = if exponent == 1.0 {
            -libm::log(severity)
        } else {
            (libm::pow(severity, 1.0 - exponent) - 1.0) / (exponent - 1.0)
        };
        Self {
            severity,
            latent_h: random.uniform(20.0, 140.0),
            rate: distance / growth_h,
            ceiling: if active { f64::INFINITY } else { random.uniform(0.2, 0.4) },
        }
    }

    fn work(&mut self, mode: Mode, production: f64, random: &mut Stream) {
        // Drawn in every hour so that the stream does not depend on the fault's state.
        let disturbance = random.log_normal(1.0) / libm::exp(0.5);
        if self.latent_h > 0.0 {
            self.latent_h -= production;
        } else if self.severity < self.ceiling {
            self.severity += self.rate * libm::pow(self.severity, mode.exponent()) * production * disturbance;
        }
    }
}

impl Life {
    /// Simulates until `enough` says so of the hours lived so far, and for `ahead_h` hours more.
    pub(super) fn simulate(
        machine: &Machine,
        random: &mut Stream,
        ahead_h: f64,
        enough: impl Fn(&[Condition]) -> bool,
    ) -> Self {
        let mut faults = Mode::ALL.map(|mode| Fault::start(mode, machine.active.contains(&mode), random));
        // The record starts somewhere in the life of each fault.
        for fault in &mut faults {
            fault.latent_h -= random.uniform(0.0, 160.0);
        }
        let mut race = draw_race(random);
        let mut life = Life { hours: Vec::new(), crossings: Vec::new() };
        let mut repair_until = 0.0;
        let mut end = None;
        for hour in 0.. {
            let hour = f64::from(hour);
            let runs = hour >= repair_until && production(hour) > 0.0;
            let severity = [faults[0].severity, faults[1].severity, faults[2].severity];
            life.hours.push(Condition { severity, race, runs });
            if end.is_none() && enough(&life.hours) {
                end = Some(hour + ahead_h);
            }
            if end.is_some_and(|end| hour >= end) {
                break;
            }
            if !runs {
                continue;
            }
            for mode in Mode::ALL {
                faults[mode.index()].work(mode, production(hour), random);
            }
            if let Some(mode) = Mode::ALL.into_iter().find(|mode| faults[mode.index()].severity >= 1.0) {
                life.crossings.push(Crossing { hour: hour + 1.0, mode });
                faults[mode.index()] = Fault::start(mode, true, random);
                if mode == Mode::Bearing {
                    race = draw_race(random);
                }
                repair_until = hour + 1.0 + random.uniform(16.0, 48.0);
            }
        }
        life
    }
}

fn draw_race(random: &mut Stream) -> Race {
    if random.chance(0.6) { Race::Outer } else { Race::Inner }
}
