//! `[evaluate]`.

use trunkline_trainer::config::parse;

use super::RIG;

#[test]
fn subsets_need_a_name_of_their_own_and_values() {
    let subset = |name: &str, values: &str| {
        format!("[[evaluate.subsets]]\nname = \"{name}\"\ncolumn = \"wear\"\nvalues = {values}\n")
    };
    let refused = |text: &str| parse(&format!("{RIG}\n{text}"), "rig.toml").unwrap_err();
    assert_eq!(refused(&subset("new", "[]")).key, "evaluate.subsets[0].values");
    assert_eq!(refused(&subset(" ", "[\"0\"]")).key, "evaluate.subsets[0].name");
    let twice = format!("{0}{0}", subset("new", "[\"0\"]"));
    assert_eq!(refused(&twice).key, "evaluate.subsets[1].name");
    assert!(parse(&format!("{RIG}\n{}", subset("new", "[\"0\"]")), "rig.toml").is_ok());
}
