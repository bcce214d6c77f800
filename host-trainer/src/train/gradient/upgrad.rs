//! Quinton & Rey, "Jacobian Descent for Multi-Objective Optimization", arXiv 2406.16232.

use nalgebra::DMatrix;

use super::GradientMethod;

/// Added to the diagonal of the Gramian of trace 1: makes each projection unique.
const REGULARISATION: f64 = 1e-4;
/// Most sweeps over the tasks for one projection.
const SWEEPS: usize = 1000;
/// Change of a weight, as a share of 1 / T, at which the sweeps end.
const TOLERANCE: f64 = 1e-9;

/// Each task's gradient is projected on the cone of updates that harm no task; the mean of the projections is followed.
///
/// In weights, the projection of gradient i is the v >= e_i / T with the least `v' G v`, found by coordinate descent.
#[derive(Debug, Clone, Copy)]
pub struct UpGrad;

impl GradientMethod for UpGrad {
    fn weights(&mut self, gram: &DMatrix<f64>) -> Vec<f64> {
        let tasks = gram.nrows();
        let trace = gram.trace();
        let scaled = gram.map(|value| if trace > 0.0 { value / trace } else { 0.0 });
        let regular = scaled + DMatrix::identity(tasks, tasks) * REGULARISATION;
        let mut weights = vec![0.0; tasks];
        for task in 0..tasks {
            let projection = project(&regular, task);
            weights.iter_mut().zip(projection).for_each(|(sum, v)| *sum += v);
        }
        weights
    }
}

/// The least `v' G v` over `v >= e_task / T`.
fn project(gram: &DMatrix<f64>, task: usize) -> Vec<f64> {
    let tasks = gram.nrows();
    let share = 1.0 / tasks as f64;
    let mut v = vec![0.0; tasks];
    v[task] = share;
    for _ in 0..SWEEPS {
        let mut largest = 0.0f64;
        for at in 0..tasks {
            let floor = if at == task { share } else { 0.0 };
            let slope: f64 = v.iter().zip(gram.column(at).iter()).map(|(v, g)| v * g).sum();
            let moved = (v[at] - slope / gram[(at, at)]).max(floor);
            largest = largest.max((moved - v[at]).abs());
            v[at] = moved;
        }
        if largest <= TOLERANCE * share {
            break;
        }
    }
    v
}

#[cfg(test)]
mod tests {
    use super::super::cases;
    use super::*;

    #[test]
    fn without_a_conflict_the_update_is_the_mean() {
        assert_eq!(UpGrad.weights(&cases::gram(&cases::harmony())), vec![0.5, 0.5]);
    }

    #[test]
    fn a_conflicting_pair_is_projected_on_the_cone() {
        let gradients = cases::conflict();
        let update = cases::update(&gradients, UpGrad.weights(&cases::gram(&gradients)));
        // As PCGrad's for two tasks, but the mean; the regularisation moves it by about 1e-4.
        assert!((update[0] - 0.25).abs() < 1e-3 && (update[1] - 0.75).abs() < 1e-3, "{update}");
    }

    #[test]
    fn each_projection_meets_the_conditions_of_optimality() {
        let opposites = DMatrix::from_row_slice(2, 3, &[1.0, 0.1, 0.0, -2.0, 0.1, 0.3]);
        for gradients in [cases::three(), cases::conflict(), opposites] {
            let tasks = gradients.nrows();
            let gram = cases::gram(&gradients) + DMatrix::identity(tasks, tasks) * REGULARISATION;
            for task in 0..tasks {
                let v = project(&gram, task);
                for at in 0..tasks {
                    let floor = if at == task { 1.0 / tasks as f64 } else { 0.0 };
                    let slope: f64 = (0..tasks).map(|other| gram[(at, other)] * v[other]).sum();
                    // Feasible, no descent left, and no slope where the bound does not hold.
                    assert!(v[at] >= floor && slope > -1e-6 && (v[at] - floor) * slope < 1e-6, "{task} {at} {slope}");
                }
            }
        }
    }
}
