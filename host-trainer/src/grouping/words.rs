//! A grouping in words: the groups, and which tasks help and hurt each other, by how much.

use super::{Grouping, STANDARD_ERRORS};
use crate::config::GroupingBy;

/// Most effects that are named one by one.
const MOST_NAMED: usize = 3;

/// An effect of one task on another.
struct Effect<'g> {
    from: &'g str,
    on: &'g str,
    share: f64,
    error: Option<f64>,
}

/// What was chosen and why, then the strongest effects beyond noise.
pub fn words(grouping: &Grouping) -> Vec<String> {
    let mut effects = effects(grouping);
    effects.retain(|effect| effect.share.abs() > STANDARD_ERRORS * effect.error.unwrap_or(0.0));
    effects.sort_by(|a, b| b.share.total_cmp(&a.share));
    let helping: Vec<&Effect<'_>> = effects.iter().filter(|effect| effect.share > 0.0).take(MOST_NAMED).collect();
    let hurting: Vec<&Effect<'_>> = effects.iter().rev().filter(|effect| effect.share < 0.0).take(MOST_NAMED).collect();
    let told = |effects: &[&Effect<'_>], verb: &str, none: &str| {
        if effects.is_empty() {
            return none.to_owned();
        }
        let parts: Vec<String> = effects.iter().map(|effect| told(effect, verb)).collect();
        format!("{}.", capitalised(&parts.join("; ")))
    };
    vec![
        chosen(grouping),
        told(&helping, "takes", "No task helps another by more than noise."),
        told(&hurting, "adds", "No task hurts another by more than noise."),
    ]
}

fn effects(grouping: &Grouping) -> Vec<Effect<'_>> {
    let errors = grouping.transference.standard_error.as_ref();
    let mut effects = Vec::new();
    for (row, (from, shares)) in grouping.tasks.iter().zip(&grouping.transference.mean).enumerate() {
        for (column, (on, share)) in grouping.tasks.iter().zip(shares).enumerate().filter(|(column, _)| *column != row)
        {
            let error = errors.and_then(|errors| errors.get(row)?.get(column).copied());
            effects.push(Effect { from, on, share: *share, error });
        }
    }
    effects
}

fn told(effect: &Effect<'_>, verb: &str) -> String {
    let Effect { from, on, share, error } = effect;
    let error = error.map_or_else(String::new, |error| format!(" (±{})", percent(error)));
    let side = if verb == "takes" { "off" } else { "to" };
    format!("a step for {from} {verb} {} % {side} the loss of {on}{error}", percent(share.abs()))
}

fn chosen(grouping: &Grouping) -> String {
    let figure = |score: f64| match grouping.by {
        GroupingBy::Transference => format!("{} %", percent(score)),
        GroupingBy::Gradient => format!("{score:.2}"),
    };
    let measure = match grouping.by {
        GroupingBy::Transference => "What a step for one task takes off the loss of another on its trunk, on average",
        GroupingBy::Gradient => "The cosine of the gradients of two tasks on one trunk, on average",
    };
    let error =
        grouping.gain_standard_error.map_or_else(String::new, |error| format!(" (difference ±{})", figure(error)));
    let (best, one) = (figure(grouping.score), figure(grouping.score_of_one_group));
    if grouping.groups.len() < 2 {
        return format!(
            "All tasks share one trunk: no grouping is better by more than noise over {} trainings. {}: {one} with one trunk, {best} \
             with the best grouping{error}.",
            grouping.seeds, measure
        );
    }
    let groups: Vec<String> = grouping.groups.iter().map(|group| group.join(" + ")).collect();
    let widths: Vec<String> = grouping.trunk.iter().map(ToString::to_string).collect();
    format!(
        "Trunks of their own, {} wide, for {}. {measure}: {best}; with one trunk for all: {one}{error}.",
        widths.join("-"),
        groups.join(" and for "),
    )
}

/// A share in percent, two digits.
fn percent(share: f64) -> String {
    format!("{:.2}", 100.0 * share)
}

fn capitalised(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grouping::Affinity;

    fn grouping(error: f64) -> Grouping {
        let affinity = Affinity {
            mean: vec![vec![0.9, 0.031, -0.002], vec![0.012, 0.9, 0.0], vec![-0.0425, 0.0, 0.9]],
            standard_error: Some(vec![vec![error; 3]; 3]),
        };
        Grouping {
            by: GroupingBy::Transference,
            seeds: 3,
            tasks: ["pump", "valve", "energy"].map(str::to_owned).to_vec(),
            gradient: affinity.clone(),
            transference: affinity,
            groups: vec![vec!["pump".to_owned(), "valve".to_owned()], vec!["energy".to_owned()]],
            trunk: vec![20, 10],
            score: 0.0143,
            score_of_one_group: -0.0003,
            gain_standard_error: Some(error),
        }
    }

    #[test]
    fn groups_and_the_strongest_effects_are_told() {
        let told = words(&grouping(0.002));
        assert_eq!(
            told,
            [
                "Trunks of their own, 20-10 wide, for pump + valve and for energy. What a step for one task takes off the loss of another \
                 on its trunk, on average: 1.43 %; with one trunk for all: -0.03 % (difference ±0.20 %).",
                "A step for pump takes 3.10 % off the loss of valve (±0.20); a step for valve takes 1.20 % off the loss of pump (±0.20).",
                "A step for energy adds 4.25 % to the loss of pump (±0.20)."
            ]
        );
    }

    #[test]
    fn what_may_be_noise_is_not_told() {
        let mut unclear = grouping(0.03);
        unclear.groups = vec![unclear.tasks.clone()];
        let told = words(&unclear);
        assert!(
            told[0]
                .starts_with("All tasks share one trunk: no grouping is better by more than noise over 3 trainings."),
            "{told:?}"
        );
        assert_eq!(
            told[1..],
            ["No task helps another by more than noise.", "No task hurts another by more than noise."]
        );
    }
}
