//! `PROJECT.md` names every key and every value of the project file: what a section may hold is asked of its type.

use serde::de::value::Error;
use serde::de::{Deserialize, Deserializer, Error as _, Visitor};
use trunkline_trainer::config::*;

const PAGE: &str = include_str!("../PROJECT.md");

/// Gives up what a type expects: the names of its fields or variants.
struct Asked<'a>(&'a mut Vec<&'static str>);

impl<'de> Deserializer<'de> for Asked<'_> {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Error> {
        Err(Error::custom("only names are asked for"))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        _: V,
    ) -> Result<V::Value, Error> {
        self.0.extend(fields);
        Err(Error::custom("only names are asked for"))
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        variants: &'static [&'static str],
        _: V,
    ) -> Result<V::Value, Error> {
        self.0.extend(variants);
        Err(Error::custom("only names are asked for"))
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 u8 u16 u32 u64 f32 f64 char str string bytes byte_buf option unit unit_struct newtype_struct seq tuple
        tuple_struct map identifier ignored_any
    }
}

fn names<T: for<'de> Deserialize<'de>>() -> Vec<&'static str> {
    let mut names = Vec::new();
    assert!(T::deserialize(Asked(&mut names)).is_err());
    assert!(!names.is_empty(), "{} has told no name", std::any::type_name::<T>());
    names
}

/// Whether `name` stands in code type: whole, as the last part of a dotted key, or inside an inline table.
fn is_told(name: &str) -> bool {
    let word = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
    PAGE.split('`').skip(1).step_by(2).any(|code| code.split(|c| !word(c)).any(|part| part == name))
}

#[test]
fn every_key_and_every_value_is_told() {
    let keys = [
        names::<Project>(),
        names::<DataConfig>(),
        names::<PlantConfig>(),
        names::<ChannelConfig>(),
        names::<MagnitudeConfig>(),
        names::<TaskConfig>(),
        names::<TargetConfig>(),
        names::<ThresholdConfig>(),
        names::<LinearConfig>(),
        names::<LossConfig>(),
        names::<ReadConfig>(),
        names::<SplitConfig>(),
        names::<EvaluateConfig>(),
        names::<SubsetConfig>(),
        names::<ModelConfig>(),
        names::<GroupConfig>(),
        names::<GroupingConfig>(),
        names::<BranchConfig>(),
        names::<ConvolutionConfig>(),
        names::<TrainingConfig>(),
        names::<EarlyStoppingConfig>(),
        names::<RelationConfig>(),
        names::<CalibrationConfig>(),
        names::<DistillationConfig>(),
        names::<PersonalizeConfig>(),
        names::<QuantizationConfig>(),
        names::<TuneConfig>(),
        names::<ParameterConfig>(),
    ];
    let values = [
        names::<Loader>(),
        names::<TransformConfig>(),
        names::<Statistic>(),
        names::<LinearMode>(),
        names::<ReadOf>(),
        names::<Pooling>(),
        names::<ClassWeighting>(),
        names::<SplitMethod>(),
        names::<ModelKind>(),
        names::<GroupingBy>(),
        names::<WeightingConfig>(),
        names::<GradientConfig>(),
        names::<TeacherConfig>(),
        names::<SamplerConfig>(),
        names::<QuantizationMode>(),
        names::<WeightsConfig>(),
    ];
    let untold: Vec<&str> = keys.into_iter().chain(values).flatten().filter(|name| !is_told(name)).collect();
    assert!(untold.is_empty(), "PROJECT.md does not name {untold:?}");
}

#[test]
fn the_defaults_of_the_page_are_those_of_the_types() {
    let (training, model, tune) = (TrainingConfig::default(), ModelConfig::default(), TuneConfig::default());
    let distillation = DistillationConfig::default();
    let quantization = QuantizationConfig::default();
    let (plant, grouping) = (PlantConfig::default(), GroupingConfig::default());
    let rows = [
        format!("| `epochs`, `warmup_epochs` | {}, {} |", training.epochs, training.warmup_epochs),
        format!("| `batch` | {} |", training.batch),
        format!("| `learning_rate`, `weight_decay` | {:e}, {} |", training.learning_rate, training.weight_decay),
        format!("| `early_stopping.validation` | {} |", training.early_stopping.validation),
        format!("| `relation.strength` | {:e} |", training.relation.strength),
        format!("| `relation.tolerance` | {:e} |", training.relation.tolerance),
        format!("| `trunk` | {:?} |", model.trunk),
        format!("| `head_init` | {} |", model.head_init),
        format!("| `clip_sd` | {} |", model.clip_sd),
        format!("`max_groups` ({}), `seeds` measured ({})", grouping.max_groups, grouping.seeds),
        format!("| `trees`, `members` | {}, {} |", distillation.trees, distillation.members),
        format!("| `folds` | {} |", distillation.folds),
        format!("| `temperature` | {} |", distillation.temperature),
        format!("| `plant.machines` | {} |", plant.machines),
        format!("| `trials` | {} |", tune.trials),
        format!("| `rungs`, `eta` | {}, {} |", tune.rungs, tune.eta),
        format!("| `inner_folds` | {} |", tune.inner_folds),
        format!("| `qat_epochs` | {} |", quantization.qat_epochs),
        format!("| `mixed_tolerance` | {} |", quantization.mixed_tolerance),
    ];
    for row in rows {
        assert!(PAGE.contains(&row), "PROJECT.md does not say {row}");
    }
}
