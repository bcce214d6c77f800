//! The same joint network in other integer forms. They are no methods of joint training: a comparison has them where it names them.

use super::methods::{Method, Overlay};

/// Widths of weights, and trainings that know of them, beside the project as it is configured.
pub const INTEGER_FORMS: &[Method] = &[
    Method {
        name: "qat",
        sentence: "The last epochs trained on what the integer model computes.",
        paper: "Jacob et al., CVPR 2018",
        overlay: Overlay::Fixed("quantization.mode = \"qat\""),
    },
    Method {
        name: "int4",
        sentence: "Weights of 4 bits in trunk and heads, rounded after training.",
        paper: "",
        overlay: Overlay::Fixed("quantization.weights = \"int4\""),
    },
    Method {
        name: "int4-qat",
        sentence: "Weights of 4 bits in trunk and heads, known of in the last epochs.",
        paper: "Jacob et al., CVPR 2018",
        overlay: Overlay::Fixed("quantization.weights = \"int4\"\nquantization.mode = \"qat\""),
    },
    Method {
        name: "mixed",
        sentence: "Weights of 4 bits in the layers that bear it, rounded after training.",
        paper: "Pandey et al., arXiv 2302.05397",
        overlay: Overlay::Fixed("quantization.weights = \"mixed\""),
    },
    Method {
        name: "mixed-qat",
        sentence: "Weights of 4 bits in the layers that bear it, known of in the last epochs.",
        paper: "Pandey et al., arXiv 2302.05397; Jacob et al., CVPR 2018",
        overlay: Overlay::Fixed("quantization.weights = \"mixed\"\nquantization.mode = \"qat\""),
    },
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::compare::{Applied, METHODS, method};
    use crate::config::parse;

    #[test]
    fn every_form_is_accepted_for_both_examples_and_found_by_a_name_of_its_own() {
        for form in INTEGER_FORMS {
            assert!(METHODS.iter().all(|method| method.name != form.name));
            assert_eq!(method(form.name).map(|method| method.sentence), Some(form.sentence));
            for text in [include_str!("../../examples/hydraulic.toml"), include_str!("../../examples/plant.toml")] {
                let applied = form.apply(&parse(text, "example").unwrap());
                assert!(matches!(applied, Applied::Project(_)), "{}: {applied:?}", form.name);
            }
        }
    }
}
