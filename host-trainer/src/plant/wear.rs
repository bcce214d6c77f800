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
//! this kind take months to years, here a record of four months sees up to ten of them.

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

/// How a fault of each mode shows; drawn anew after a repair.
#[derive(Debug, Clone, Copy)]
pub(super) struct Manner {
    /// Misalignment: 0 for shafts that lie beside each other, 1 for shafts at an angle.
    pub(super) angular: f64,
    /// Race that carries the spall.
    pub(super) race: Race,
    /// Direction of the spall's impacts from x towards y, in radians.
    pub(super) direction: f64,
}

/// State of the machine at one hour.
#[derive(Debug, Clone, Copy)]
pub(super) struct Condition {
    /// Severity of each mode, in the order of [`Mode::ALL`]; 1 at the alarm limit.
    pub(super) severity: [f64; 3],
    /// Kind of the present or next fault of each mode.
    pub(super) manner: Manner,
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
            Mode::Unbalance => 0.12 * random.log_normal(0.25),
            Mode::Misalignment => 0.12 * random.log_normal(0.25),
            Mode::Bearing => 0.06 * random.log_normal(0.3),
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
            ceiling: if active { f64::INFINITY } else { random.uniform(0.15, 0.35) },
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
    /// Simulates until the machine has run for `running_h` hours, and for `ahead_h` hours more, which may bring further crossings.
    pub(super) fn simulate(machine: &Machine, random: &mut Stream, running_h: usize, ahead_h: f64) -> Self {
        let mut faults = Mode::ALL.map(|mode| Fault::start(mode, machine.active.contains(&mode), random));
        // The record starts somewhere in the life of each fault.
        for fault in &mut faults {
            fault.latent_h -= random.uniform(0.0, 160.0);
        }
        let mut manner = Manner::draw(random);
        let mut life = Life { hours: Vec::new(), crossings: Vec::new() };
        let mut repair_until = 0.0;
        let mut ran_h = 0;
        let mut end = None;
        for hour in 0.. {
            let hour = f64::from(hour);
            let runs = hour >= repair_until && production(hour) > 0.0;
            let severity = [faults[0].severity, faults[1].severity, faults[2].severity];
            life.hours.push(Condition { severity, manner, runs });
            ran_h += usize::from(runs);
            if end.is_none() && ran_h >= running_h {
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
                manner.renew(mode, Manner::draw(random));
                repair_until = hour + 1.0 + random.uniform(16.0, 48.0);
            }
        }
        life
    }
}

impl Manner {
    fn draw(random: &mut Stream) -> Self {
        Self {
            angular: random.uniform(0.0, 1.0),
            race: if random.chance(0.6) { Race::Outer } else { Race::Inner },
            direction: random.uniform(0.0, core::f64::consts::FRAC_PI_2),
        }
    }

    /// Takes over what belongs to the repaired mode.
    fn renew(&mut self, mode: Mode, drawn: Manner) {
        match mode {
            Mode::Unbalance => {}
            Mode::Misalignment => self.angular = drawn.angular,
            Mode::Bearing => (self.race, self.direction) = (drawn.race, drawn.direction),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::random::Purpose;
    use super::*;

    fn life(number: u32) -> (Machine, Life) {
        let machine = Machine::draw(number, &mut Stream::new(3, number, Purpose::Build));
        let life = Life::simulate(&machine, &mut Stream::new(3, number, Purpose::Life), 2400, 168.0);
        (machine, life)
    }

    #[test]
    fn only_active_modes_cross_the_limit_and_all_of_them_do() {
        for number in 0..24 {
            let (machine, life) = life(number);
            for mode in Mode::ALL {
                let crossed = life.crossings.iter().any(|crossing| crossing.mode == mode);
                assert_eq!(crossed, machine.active.contains(&mode), "machine {number}, {mode:?}");
            }
        }
    }

    #[test]
    fn a_crossing_is_where_severity_falls_back_and_the_machine_stands_until_repaired() {
        let (_, life) = life(4);
        for crossing in &life.crossings {
            let (before, after) = (crossing.hour as usize - 1, crossing.hour as usize);
            let Some(condition) = life.hours.get(after) else { continue };
            let mode = crossing.mode.index();
            assert!(life.hours[before].severity[mode] > 0.8 && condition.severity[mode] < 0.5);
            assert!(life.hours[after..].iter().take(16).all(|condition| !condition.runs));
        }
        assert!(life.hours.iter().all(|condition| condition.severity.iter().all(|severity| *severity < 1.0)));
    }

    #[test]
    fn severity_never_falls_but_by_repair() {
        let (_, life) = life(7);
        for (hour, pair) in life.hours.windows(2).enumerate() {
            for mode in Mode::ALL {
                let repaired = life.crossings.iter().any(|c| c.mode == mode && c.hour == (hour + 1) as f64);
                assert!(repaired || pair[1].severity[mode.index()] >= pair[0].severity[mode.index()]);
            }
        }
    }

    #[test]
    fn nothing_runs_on_sundays() {
        assert_eq!((production(143.0), production(144.0), production(167.0), production(168.0)), (0.6, 0.0, 0.0, 1.0));
        assert_eq!((production(15.0), production(16.0), production(23.0), production(24.0)), (1.0, 0.6, 0.6, 1.0));
    }
}
