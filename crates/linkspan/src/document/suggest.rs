//! "Did you mean": the nearest of the names that are allowed.

/// Names a sentence can hold.
const MAX_LISTED: usize = 40;

/// Names that are compared; nobody declares more by hand.
const MAX_COMPARED: usize = 1_000;

/// The name nearest to `written`, if one is near enough to be meant.
pub fn nearest<'a>(written: &str, allowed: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let written = written.to_lowercase();
    let length = written.chars().count();
    allowed
        .into_iter()
        .take(MAX_COMPARED)
        .map(|name| (distance(&written, &name.to_lowercase()), name))
        .filter(|((errors, _), _)| *errors <= ((length + 1) / 3).max(1))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, name)| name)
}

/// Whether `written` is a name of these with one or two letters wrong. `address_2` beside `address_1` is none.
pub fn is_misspelt<'a>(written: &str, allowed: impl IntoIterator<Item = &'a str>) -> bool {
    let letters = |text: &str| text.to_lowercase().replace(|c: char| c.is_ascii_digit(), "");
    let written = letters(written);
    let errors = (written.chars().count() / 5).clamp(1, 2);
    allowed.into_iter().take(MAX_COMPARED).any(|name| {
        let name = letters(name);
        name != written && strsim::damerau_levenshtein(&written, &name) <= errors
    })
}

/// Typing errors between both, twice: the first counts one where one name is the other with a part more
/// (`products`, `list_products`), the second decides between equals.
fn distance(written: &str, name: &str) -> (usize, usize) {
    let is_part =
        written.len() >= 3 && (name.contains(written) || (name.len() >= 3 && written.contains(name)));
    let typed = strsim::damerau_levenshtein(written, name);
    (if is_part { typed.min(1) } else { typed }, typed)
}

/// The sentence after an unknown name: the nearest one, else all that are allowed.
pub fn instead_of(written: &str, what: &str, allowed: &[&str]) -> String {
    match (nearest(written, allowed.iter().copied()), allowed.is_empty()) {
        (Some(near), _) => format!("Did you mean `{near}`?"),
        (None, true) => format!("There is no {what} here."),
        (None, false) => format!("Allowed: {}.", list(allowed)),
    }
}

/// The names, each in backquotes; of very many the first ones.
pub fn list(names: &[&str]) -> String {
    let mut quoted: Vec<String> = names.iter().take(MAX_LISTED).map(|name| format!("`{name}`")).collect();
    if names.len() > MAX_LISTED {
        quoted.push(format!("and {} more", names.len() - MAX_LISTED));
    }
    quoted.join(", ")
}
