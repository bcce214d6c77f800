//! The float network beside an artifact.

use std::path::Path;

use trunkline_shared::model::Model;
use trunkline_trainer::artifact::read_safetensors;
use trunkline_trainer::model::FloatModel;

use super::exit::Exit;
use super::failure::Failure;
use super::output::{MODEL, WEIGHTS};

/// Reads the float weights in the result folder `folder`, whose artifact is `model`.
pub(super) fn read_float(folder: &Path, model: &Model<'_>) -> Result<FloatModel, Failure> {
    let path = folder.join(WEIGHTS);
    let unusable = || Failure::new(Exit::Artifact, format!("{}: cannot be used", path.display()));
    let bytes = std::fs::read(&path).map_err(|error| {
        unusable().because(error).remedy(format!(
            "keep {MODEL} in the result folder that it was written to: the float weights beside it are needed as well"
        ))
    })?;
    let float = read_safetensors(&bytes).map_err(|error| unusable().because(error))?;
    let tasks = model.tasks().map(|(task, _)| task.name.to_owned());
    if !tasks.eq(float.heads.iter().map(|head| head.task.clone())) {
        return Err(
            unusable().remedy(format!("its tasks are not those of {MODEL} beside it: both must be of one training"))
        );
    }
    Ok(float)
}
