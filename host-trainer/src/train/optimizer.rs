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
    /// Factor on the learning rate of the slowed elements.
    factor: f64,
    steps: i32,
}

impl AdamW {
    /// Over `variables`, each with its decoupled weight decay.
    pub(crate) fn new(variables: impl IntoIterator<Item = (Var, f64)>) -> Self {
        let slots = variables.into_iter().map(|(var, decay)| {
            let moments = vec![Moments::default(); var.elem_count()];
            (var, Slot { moments: RefCell::new(moments), decay, slowed: None, rates: Cell::default() })
        });
        Self { slots: slots.collect(), factor: 1.0, steps: 0 }
    }

    /// The same with the learning rate of some elements multiplied by `factor`, as if they were trained by a run at that rate: a mark an
    /// element in `slowed`, variable after variable.
    pub(crate) fn slowed(mut self, factor: f64, slowed: Vec<Vec<bool>>) -> Self {
        self.factor = factor;
        for ((_, slot), marks) in self.slots.iter_mut().zip(slowed) {
            slot.slowed = marks.contains(&true).then_some(marks);
        }
        self
    }

    /// One step at learning rate `rate`. A variable without a gradient stays as it is.
    ///
    /// # Errors
    /// From candle, where a gradient is not a contiguous f32 tensor on the CPU.
    pub(crate) fn step(&mut self, gradients: &GradStore, rate: f64) -> Result<()> {
        self.steps = self.steps.saturating_add(1);
        let correction_1 = 1.0 - f64::from(BETA_1).powi(self.steps);
        let correction_2 = 1.0 - f64::from(BETA_2).powi(self.steps);
        let rates = |rate: f64, decay: f64| Rates {
            step: (rate / correction_1) as f32,
            root: (1.0 / correction_2) as f32,
            keep: (1.0 - rate * decay) as f32,
        };
        for (var, slot) in &self.slots {
            if let Some(gradient) = gradients.get(var) {
                slot.rates.set((rates(rate, slot.decay), rates(rate * self.factor, slot.decay)));
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

impl Moments {
    /// Takes `gradient` in and moves `weight`.
    #[inline]
    fn step(&mut self, weight: &mut f32, gradient: f32, Rates { step, root, keep }: Rates) {
        self.first = BETA_1 * self.first + (1.0 - BETA_1) * gradient;
        self.second = BETA_2 * self.second + (1.0 - BETA_2) * gradient * gradient;
        *weight = keep * *weight - step * self.first / ((self.second * root).sqrt() + EPSILON);
    }
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
    /// Which elements are slowed; `None` where none is.
    slowed: Option<Vec<bool>>,
    /// Of an element that is not slowed, and of one that is.
    rates: Cell<(Rates, Rates)>,
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
        let (full, slow) = self.rates.get();
        let mut moments = self.moments.borrow_mut();
        let elements = var[var_start..var_end].iter_mut().zip(&gradient[start..end]).zip(moments.iter_mut());
        match &self.slowed {
            None => elements.for_each(|((weight, gradient), moments)| moments.step(weight, *gradient, full)),
            Some(marks) => elements.zip(marks).for_each(|(((weight, gradient), moments), slowed)| {
                moments.step(weight, *gradient, if *slowed { slow } else { full });
            }),
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
    fn a_slowed_element_moves_as_in_a_run_at_its_rate_and_others_as_before() {
        const FACTOR: f64 = 0.3;
        let (mixed, full, slow) = (var(), var(), var());
        let mut optimizers = [
            (AdamW::new([(mixed.clone(), 0.5)]).slowed(FACTOR, vec![vec![true, false, true]]), &mixed, 1.0),
            (AdamW::new([(full.clone(), 0.5)]), &full, 1.0),
            (AdamW::new([(slow.clone(), 0.5)]), &slow, FACTOR),
        ];
        for step in 1..=20 {
            for (adam, var, factor) in &mut optimizers {
                adam.step(&loss(var).backward().unwrap(), 0.05 / f64::from(step) * *factor).unwrap();
            }
        }
        let [mixed, full, slow] = [mixed, full, slow].map(|var| var.to_vec1::<f32>().unwrap());
        assert_eq!(mixed, [slow[0], full[1], slow[2]], "to the bit");
        assert_ne!(slow, full);
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
