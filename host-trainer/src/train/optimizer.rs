//! AdamW over candle variables, in place: Loshchilov & Hutter, "Decoupled Weight Decay Regularization", ICLR 2019.
//!
//! candle's own allocates about a dozen tensors a variable and step; this one walks each variable once.

use std::cell::{Cell, RefCell};

use candle_core::backprop::GradStore;
use candle_core::{CpuStorage, InplaceOp2, Layout, Result, Var, bail};

const BETA_1: f32 = 0.9;
const BETA_2: f32 = 0.999;
const EPSILON: f32 = 1e-8;

/// One optimiser over several variables.
pub(crate) struct AdamW {
    slots: Vec<(Var, Slot)>,
    steps: i32,
}

impl AdamW {
    /// Over `variables`, each with its decoupled weight decay.
    pub(crate) fn new(variables: impl IntoIterator<Item = (Var, f64)>) -> Self {
        let slots = variables.into_iter().map(|(var, decay)| {
            let moments = vec![Moments::default(); var.elem_count()];
            (var, Slot { moments: RefCell::new(moments), decay, rates: Cell::default() })
        });
        Self { slots: slots.collect(), steps: 0 }
    }

    /// One step at learning rate `rate`. A variable without a gradient stays as it is.
    ///
    /// # Errors
    /// From candle, where a gradient is not a contiguous f32 tensor on the CPU.
    pub(crate) fn step(&mut self, gradients: &GradStore, rate: f64) -> Result<()> {
        self.steps = self.steps.saturating_add(1);
        let correction_1 = 1.0 - f64::from(BETA_1).powi(self.steps);
        let correction_2 = 1.0 - f64::from(BETA_2).powi(self.steps);
        for (var, slot) in &self.slots {
            if let Some(gradient) = gradients.get(var) {
                slot.rates.set(Rates {
                    step: (rate / correction_1) as f32,
                    root: (1.0 / correction_2) as f32,
                    keep: (1.0 - rate * slot.decay) as f32,
                });
                var.inplace_op2(gradient, slot)?;
            }
        }
        Ok(())
    }
}

/// First and second moment of one element's gradient.
#[derive(Debug, Clone, Copy, Default)]
struct Moments {
    first: f32,
    second: f32,
}

/// Factors of one step.
#[derive(Debug, Clone, Copy, Default)]
struct Rates {
    step: f32,
    root: f32,
    keep: f32,
}

struct Slot {
    moments: RefCell<Vec<Moments>>,
    decay: f64,
    rates: Cell<Rates>,
}

impl InplaceOp2 for Slot {
    fn name(&self) -> &'static str {
        "adamw"
    }

    fn cpu_fwd(
        &self,
        var: &mut CpuStorage,
        var_at: &Layout,
        gradient: &CpuStorage,
        gradient_at: &Layout,
    ) -> Result<()> {
        let (CpuStorage::F32(var), CpuStorage::F32(gradient)) = (var, gradient) else {
            bail!("adamw works on f32 variables")
        };
        let (Some((var_start, var_end)), Some((start, end))) =
            (var_at.contiguous_offsets(), gradient_at.contiguous_offsets())
        else {
            bail!("adamw works on contiguous tensors")
        };
        let Rates { step, root, keep } = self.rates.get();
        let mut moments = self.moments.borrow_mut();
        for ((weight, gradient), moments) in
            var[var_start..var_end].iter_mut().zip(&gradient[start..end]).zip(moments.iter_mut())
        {
            moments.first = BETA_1 * moments.first + (1.0 - BETA_1) * gradient;
            moments.second = BETA_2 * moments.second + (1.0 - BETA_2) * gradient * gradient;
            *weight = keep * *weight - step * moments.first / ((moments.second * root).sqrt() + EPSILON);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use candle_core::{Device, Tensor};
    use candle_nn::{Optimizer, ParamsAdamW};

    use super::*;

    fn var() -> Var {
        Var::from_slice(&[1.0f32, -2.0, 3.0], 3, &Device::Cpu).unwrap()
    }

    fn loss(var: &Var) -> Tensor {
        let scale = Tensor::from_slice(&[1.0f32, 10.0, 0.1], 3, &Device::Cpu).unwrap();
        ((var.as_tensor() * scale).unwrap().sqr()).unwrap().sum_all().unwrap()
    }

    #[test]
    fn steps_equal_candles_own_adamw() {
        let (ours, theirs) = (var(), var());
        let mut adam = AdamW::new([(ours.clone(), 0.5)]);
        let params = ParamsAdamW { lr: 0.05, weight_decay: 0.5, ..ParamsAdamW::default() };
        let mut reference = candle_nn::AdamW::new(vec![theirs.clone()], params).unwrap();
        for _ in 0..20 {
            adam.step(&loss(&ours).backward().unwrap(), 0.05).unwrap();
            reference.backward_step(&loss(&theirs)).unwrap();
        }
        let (a, b) = (ours.to_vec1::<f32>().unwrap(), theirs.to_vec1::<f32>().unwrap());
        assert!(a.iter().zip(&b).all(|(a, b)| (a - b).abs() < 1e-5), "{a:?} {b:?}");
    }

    #[test]
    fn without_a_gradient_a_variable_stays() {
        let (moved, idle) = (var(), var());
        let mut adam = AdamW::new([(moved.clone(), 0.5), (idle.clone(), 0.5)]);
        adam.step(&loss(&moved).backward().unwrap(), 0.05).unwrap();
        assert_eq!(idle.to_vec1::<f32>().unwrap(), vec![1.0, -2.0, 3.0]);
        assert_ne!(moved.to_vec1::<f32>().unwrap(), vec![1.0, -2.0, 3.0]);
    }
}
