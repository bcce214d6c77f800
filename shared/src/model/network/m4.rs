//! Armv7E-M reads the records of layers itself.
#![allow(unsafe_code)]

use super::{Network, TaskSet};
use crate::kernels::m4::run_records;
use crate::model::Layout;
use crate::model::record::LAYER_WORDS;

impl Network<'_> {
    /// Runs the layers at the start of `layers`, some of this network's, that are fully connected and packed; gives their number.
    #[inline]
    pub(super) fn run_packed(&self, layers: &[[u32; LAYER_WORDS]], activations: &mut [i16], due: TaskSet) -> usize {
        if self.layout != Layout::M4 {
            return 0;
        }
        // SAFETY: a network comes from a validated model alone, in this layout. The validator has read every record, found the tensors
        // of each layer within the activations, apart from each other and with ranges of 1 to 15 bits, and its stream within the
        // section. `activations` are as long as the model states, from a multiple of four bytes on.
        unsafe { run_records(layers, self.tensors.0, self.section, activations, due) }
    }
}
