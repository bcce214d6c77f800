//! What the tensors of an artifact hold, told from its layers.

use trunkline_shared::model::LayerRole;
use trunkline_shared::model::build::ImageBuilder;

/// A name for each tensor of a model: the features, raw samples, a layer of a trunk or of a branch under it, a hidden layer of a task's
/// head, a task's output.
pub(super) fn tensor_names(parts: &ImageBuilder) -> Vec<String> {
    let tensors = parts.tensors.len();
    let outputs = tensors.saturating_sub(parts.tasks.len());
    let task = |index: usize| parts.tasks.get(index).map_or_else(String::new, |task| task.name.clone());
    let mut names = vec![String::new(); tensors];
    for view in &parts.views {
        names[usize::from(view.tensor)] = "features".to_owned();
    }
    for view in &parts.raw_views {
        names[usize::from(view.tensor)] = "raw samples".to_owned();
    }
    (outputs..tensors).for_each(|tensor| names[tensor] = format!("output of {}", task(tensor - outputs)));
    let chains = Chains::of(parts);
    for (tensor, place) in chains.places.iter().enumerate() {
        if let Some((chain, depth)) = place {
            names[tensor] = format!("{}, layer {depth}", chains.name(*chain));
        }
    }
    for layer in &parts.layers {
        let output = usize::from(layer.output);
        if let LayerRole::Head(index) = layer.role
            && output < outputs
        {
            names[output] = format!("hidden layer of {}", task(usize::from(index)));
        }
    }
    names
}

/// The trunk layers of a model as chains, each layer of which reads the one before it.
struct Chains {
    /// Chain and depth in it, counted from 1, of each tensor that a trunk layer writes.
    places: Vec<Option<(usize, usize)>>,
    /// The chain whose first layer joins the chain, which is then a branch.
    joined_by: Vec<Option<usize>>,
}

impl Chains {
    /// A chain begins with a layer that reads the features or raw samples, or with one that joins others by reading several tensors.
    fn of(parts: &ImageBuilder) -> Self {
        let layers = || parts.layers.iter().filter(|layer| layer.role == LayerRole::Trunk);
        let mut chains = Self { places: vec![None; parts.tensors.len()], joined_by: Vec::new() };
        for layer in layers() {
            let output = usize::from(layer.output);
            let input = chains.places[usize::from(layer.input)];
            let joins = layers().filter(|other| other.output == layer.output).count() > 1;
            let place = match (chains.places[output], input) {
                (Some(place), _) => place,
                (None, Some((chain, depth))) if !joins => (chain, depth + 1),
                _ => {
                    chains.joined_by.push(None);
                    (chains.joined_by.len() - 1, 1)
                }
            };
            chains.places[output] = Some(place);
            if let (true, Some((chain, _))) = (joins, input) {
                chains.joined_by[chain] = Some(place.0);
            }
        }
        chains
    }

    /// The trunk, by its number where there are several, and the branch that a chain is.
    fn name(&self, chain: usize) -> String {
        let trunks = self.joined_by.iter().filter(|joined| joined.is_none()).count();
        let end = self.joined_by[chain].unwrap_or(chain);
        let count =
            |chains: &[Option<usize>], like: Option<usize>| chains.iter().filter(|known| **known == like).count();
        let trunk = match trunks {
            1 => "trunk".to_owned(),
            _ => format!("trunk {}", count(&self.joined_by[..=end], None)),
        };
        match self.joined_by[chain] {
            Some(_) => format!("{trunk}, branch {}", count(&self.joined_by[..=chain], self.joined_by[chain])),
            None => trunk,
        }
    }
}
