//! What every page has around its sections.

use maud::{DOCTYPE, Markup, PreEscaped, html};

const STYLE: &str = include_str!("page.css");

/// A whole page as HTML text, with its style and without a script: `title` of the window, then as the page's header `heading` with
/// `origin` in small print, then `sections`.
pub(super) fn frame(title: &str, heading: &str, origin: &str, sections: &Markup) -> String {
    let markup = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) }
                style { (PreEscaped(STYLE)) }
            }
            body { main {
                header { h1 { (heading) } p.muted { (origin) } }
                (sections)
            } }
        }
    };
    markup.into_string()
}
