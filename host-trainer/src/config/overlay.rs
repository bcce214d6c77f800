//! A project with some of its keys set anew: one method of a comparison, one trial of a search.

use toml::{Table, Value};

use super::{ConfigError, Project, parse};

impl Project {
    /// The project with the keys of `overlay` laid over its own, checked like a project file.
    ///
    /// Tables are joined key by key; everything else, arrays of tables excepted, takes the overlay's value. In an array of tables
    /// that bear names (`tasks`, `channels`) an entry of the overlay is laid over the entry of the same name, or appended. A table that
    /// is told by its name (`loss`) is replaced by one of another name.
    ///
    /// # Errors
    /// [`ConfigError`], with `origin` as the file's name: an overlay that is no TOML, an unknown key, a value that makes no sense.
    pub fn overlaid(&self, overlay: &str, origin: &str) -> Result<Project, ConfigError> {
        let broken = |problem: String| ConfigError {
            origin: origin.to_owned(),
            line: None,
            key: String::new(),
            problem,
            remedy: "write the keys as in a project file, such as training.dropout = 0.1".to_owned(),
        };
        let overlay: Table = overlay.parse().map_err(|error: toml::de::Error| broken(error.message().to_owned()))?;
        let mut project = Table::try_from(self).map_err(|error| broken(error.to_string()))?;
        lay(&mut project, overlay);
        parse(&project.to_string(), origin)
    }
}

fn lay(below: &mut Table, above: Table) {
    for (key, value) in above {
        match (below.get_mut(&key), value) {
            (Some(Value::Table(below)), Value::Table(above)) if !is_another(below, &above) => lay(below, above),
            (Some(Value::Array(below)), Value::Array(above)) if above.iter().any(is_named) => lay_entries(below, above),
            (_, value) => {
                below.insert(key, value);
            }
        }
    }
}

fn lay_entries(below: &mut Vec<Value>, above: Vec<Value>) {
    for entry in above {
        let same_name = |known: &&mut Value| known.get("name").is_some() && known.get("name") == entry.get("name");
        match (below.iter_mut().find(same_name), entry) {
            (Some(Value::Table(below)), Value::Table(entry)) => lay(below, entry),
            (_, entry) => below.push(entry),
        }
    }
}

/// Whether both tables bear names, and not the same.
fn is_another(below: &Table, above: &Table) -> bool {
    above.get("name").is_some_and(|name| below.get("name").is_some_and(|known| known != name))
}

fn is_named(entry: &Value) -> bool {
    entry.get("name").is_some()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::LossConfig;

    fn project() -> Project {
        parse(include_str!("../../examples/hydraulic.toml"), "hydraulic.toml").unwrap()
    }

    #[test]
    fn an_empty_overlay_changes_nothing() {
        assert_eq!(project().overlaid("", "none").unwrap(), project());
    }

    #[test]
    fn keys_are_set_and_their_neighbours_stay() {
        let overlay = "training.dropout = 0.25\nmodel.trunk = [8]\n[[tasks]]\nname = \"energy\"\nweight = 2.0";
        let changed = project().overlaid(overlay, "overlay").unwrap();
        assert_eq!((changed.training.dropout, changed.training.epochs), (0.25, project().training.epochs));
        assert_eq!(changed.model.trunk, [8]);
        assert_eq!(changed.tasks.len(), 7);
        let energy = changed.tasks.iter().find(|task| task.name == "energy").unwrap();
        assert_eq!((energy.weight, energy.linear.l2), (2.0, 1e-3));
    }

    #[test]
    fn a_loss_is_replaced_by_another_and_changed_by_its_own_keys() {
        let loss = |overlay: &str| {
            let changed = project().overlaid(&format!("[[tasks]]\nname = \"energy\"\n{overlay}"), "overlay").unwrap();
            changed.tasks.into_iter().find(|task| task.name == "energy").unwrap().loss
        };
        assert_eq!(loss("loss = { name = \"mse\" }"), Some(LossConfig::Mse));
        assert_eq!(loss("loss.delta = 1.0"), Some(LossConfig::Huber { delta: 1.0 }));
    }

    #[test]
    fn what_makes_no_sense_is_refused_as_in_a_file() {
        let error = project().overlaid("training.dropout = 2.0", "trial 7").unwrap_err();
        assert_eq!((error.origin.as_str(), error.key.as_str()), ("trial 7", "training.dropout"));
        assert!(project().overlaid("training.dropuot = 0.1", "x").unwrap_err().to_string().contains("dropout"));
        assert!(project().overlaid("training = ", "x").is_err());
    }
}
