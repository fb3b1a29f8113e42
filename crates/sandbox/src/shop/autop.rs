//! Descriptions as the API shows them: WordPress puts blocks on lines of their own and wraps bare text in paragraphs.

const BLOCKS: [&str; 14] =
    ["p", "div", "ul", "ol", "li", "table", "tr", "td", "th", "h1", "h2", "h3", "h4", "blockquote"];
/// After these opening tags a line ends too.
const CONTAINERS: [&str; 4] = ["ul", "ol", "table", "tr"];

/// The shown form of a description; applying it twice changes nothing.
pub(crate) fn shown(text: &str) -> String {
    let text = text.trim();
    if text.is_empty() {
        return String::new();
    }
    if !starts_with_block(text) {
        let paragraphs = text.split("\n\n").map(|part| format!("<p>{}</p>\n", part.trim()));
        return paragraphs.collect();
    }
    let mut out = String::with_capacity(text.len() + 32);
    let mut rest = text;
    while let Some(end) = rest.find('>') {
        let (part, after) = rest.split_at(end + 1);
        out.push_str(part);
        rest = after;
        if ends_line(part) {
            out.push('\n');
            rest = rest.trim_start_matches('\n');
        }
    }
    out.push_str(rest);
    if !out.ends_with('\n') {
        out.push('\n');
    }
    out
}

fn starts_with_block(text: &str) -> bool {
    text.strip_prefix('<').is_some_and(|rest| BLOCKS.contains(&name(rest)))
}

/// Whether the tag at the end of `part` closes a block or opens a container.
fn ends_line(part: &str) -> bool {
    let Some(tag) = part.rfind('<').map(|at| &part[at + 1..]) else { return false };
    match tag.strip_prefix('/') {
        Some(closed) => BLOCKS.contains(&name(closed)),
        None => CONTAINERS.contains(&name(tag)),
    }
}

fn name(tag: &str) -> &str {
    tag.split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn descriptions_are_shown_as_recorded_and_stay_so() {
        for (kept, expected) in [
            ("<em>Bright</em>", "<p><em>Bright</em></p>\n"),
            ("<p>A &amp; b.</p><ul><li>E27</li></ul>", "<p>A &amp; b.</p>\n<ul>\n<li>E27</li>\n</ul>\n"),
            (
                "<h2>Tea</h2><p>Nice</p>\n<table><tr><td>1</td></tr></table>",
                "<h2>Tea</h2>\n<p>Nice</p>\n<table>\n<tr>\n<td>1</td>\n</tr>\n</table>\n",
            ),
            ("", ""),
        ] {
            assert_eq!(shown(kept), expected);
            assert_eq!(shown(expected), expected);
        }
    }
}
