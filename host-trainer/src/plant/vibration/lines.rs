//! Lines at the shaft speed and its multiples: what turns.

use core::f64::consts::TAU;

use crate::plant::machine::{Machine, REFERENCE_SHAFT_HZ};
use crate::plant::process::Part;
use crate::plant::product::PRODUCTS;
use crate::plant::wear::Condition;

/// Velocity at the alarm limit in m/s rms, judged at the reference speed.
pub(super) const LIMIT_VELOCITY_M_PER_S: f64 = 2.8e-3;
/// Standard acceleration of free fall in m/s^2.
const G: f64 = 9.80665;

/// Synchronous lines of a condition, in g rms on a radial axis of gain 1.
pub(in crate::plant) struct Lines {
    /// 1x of unbalance, in the direction of the spindle's mark and across it.
    pub(super) unbalance: [f64; 2],
    /// 1x, 2x, 3x of misalignment.
    pub(super) misalignment: [f64; 3],
    /// Share of them across the axis.
    pub(super) misalignment_radial: f64,
    /// Share of them along the axis; the larger of both is 1, as the limit is judged on the worst axis.
    pub(super) misalignment_axial: f64,
}

impl Lines {
    /// The lines of a machine in that condition; `blank_angle` is the blank's, from the spindle's mark, in radians.
    pub(in crate::plant) fn of(machine: &Machine, condition: &Condition, part: &Part, blank_angle: f64) -> Self {
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
    pub(in crate::plant) fn displacement_um(&self, shaft_hz: f64) -> f64 {
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
pub(in crate::plant) fn displacement_um(hz: f64, rms_g: f64) -> f64 {
    rms_g * G / (TAU * hz * TAU * hz) * 1e6
}
