//! Geometry of a rolling bearing and the frequencies of its defects.
//!
//! For balls that roll without slip between a turning inner ring and a standing outer ring: McFadden & Smith, "Model for the vibration
//! produced by a single point defect in a rolling element bearing", J. Sound Vib. 96(1), 1984; Randall & Antoni, "Rolling element bearing
//! diagnostics - a tutorial", Mech. Syst. Signal Process. 25(2), 2011, eqs. 1-4.

/// Geometry of a ball bearing.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bearing {
    /// Rolling elements n, at least 3.
    pub balls: u32,
    /// Ball diameter d in mm.
    pub ball_diameter_mm: f64,
    /// Pitch diameter D in mm, above d.
    pub pitch_diameter_mm: f64,
    /// Contact angle from the radial plane in degrees, 0..90.
    pub contact_angle_deg: f64,
}

/// Ring that carries a spall.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Race {
    /// The standing ring: every ball that passes strikes with the load of the same place.
    Outer,
    /// The turning ring: the spall moves through the load zone once a revolution.
    Inner,
}

impl Bearing {
    /// d/D cos(angle).
    fn slenderness(&self) -> f64 {
        self.ball_diameter_mm / self.pitch_diameter_mm * libm::cos(self.contact_angle_deg.to_radians())
    }

    /// Ball passes over a point of the outer ring per shaft revolution: n/2 (1 - d/D cos a).
    pub fn outer_passes_per_revolution(&self) -> f64 {
        f64::from(self.balls) / 2.0 * (1.0 - self.slenderness())
    }

    /// Ball passes over a point of the inner ring per shaft revolution: n/2 (1 + d/D cos a).
    pub fn inner_passes_per_revolution(&self) -> f64 {
        f64::from(self.balls) / 2.0 * (1.0 + self.slenderness())
    }

    /// Passes per shaft revolution over a spall on that race.
    pub fn passes_per_revolution(&self, race: Race) -> f64 {
        match race {
            Race::Outer => self.outer_passes_per_revolution(),
            Race::Inner => self.inner_passes_per_revolution(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pass_frequencies_are_those_published_for_the_cwru_rig() {
        let skf_6205 = Bearing { balls: 9, ball_diameter_mm: 7.94, pitch_diameter_mm: 39.04, contact_angle_deg: 0.0 };
        assert!((skf_6205.outer_passes_per_revolution() - 3.5848).abs() < 1e-3);
        assert!((skf_6205.inner_passes_per_revolution() - 5.4152).abs() < 1e-3);
        let skf_6203 = Bearing { balls: 8, ball_diameter_mm: 6.746, pitch_diameter_mm: 28.50, contact_angle_deg: 0.0 };
        assert!((skf_6203.outer_passes_per_revolution() - 3.0530).abs() < 1e-3);
        assert!((skf_6203.inner_passes_per_revolution() - 4.9469).abs() < 1e-3);
    }

    #[test]
    fn passes_over_both_races_add_up_to_the_balls() {
        let bearing = Bearing { balls: 13, ball_diameter_mm: 9.5, pitch_diameter_mm: 52.0, contact_angle_deg: 15.0 };
        let sum = bearing.outer_passes_per_revolution() + bearing.inner_passes_per_revolution();
        assert!((sum - 13.0).abs() < 1e-12);
    }
}
