//! "Did you mean": the known name nearest to a misspelt one.

/// Most names shown in a list of what is known.
const MOST_LISTED: usize = 16;

/// A remedy for the unknown `name`: the nearest of `known` where one is near, and the list of them.
pub(crate) fn suggest<S: AsRef<str>>(name: &str, known: &[S]) -> String {
    let mut text = String::new();
    if let Some(near) = nearest(name, known) {
        text.push_str(&format!("did you mean \"{near}\"? "));
    }
    text.push_str("known: ");
    for (index, item) in known.iter().take(MOST_LISTED).enumerate() {
        if index > 0 {
            text.push_str(", ");
        }
        text.push_str(item.as_ref());
    }
    if known.len() > MOST_LISTED {
        text.push_str(&format!(" and {} more", known.len() - MOST_LISTED));
    }
    text
}

/// The known name within a third of `name`'s length in edits, transpositions included; case does not count.
fn nearest<'k, S: AsRef<str>>(name: &str, known: &'k [S]) -> Option<&'k str> {
    let wanted = name.to_lowercase();
    let limit = (wanted.chars().count() / 3).max(1);
    known
        .iter()
        .map(|item| (strsim::damerau_levenshtein(&wanted, &item.as_ref().to_lowercase()), item.as_ref()))
        .filter(|(distance, _)| *distance <= limit)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, item)| item)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_near_name_is_suggested_and_a_far_one_is_not() {
        assert!(
            suggest("kutrosis", &["mean", "kurtosis"]).starts_with("did you mean \"kurtosis\"? known: mean, kurtosis")
        );
        assert_eq!(suggest("entropy", &["mean", "kurtosis"]), "known: mean, kurtosis");
    }

    #[test]
    fn a_long_list_is_cut() {
        let known: Vec<String> = (0..40).map(|i| format!("column{i:02}")).collect();
        assert!(suggest("zzz", &known).ends_with("column15 and 24 more"));
    }
}
