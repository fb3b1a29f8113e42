//! The translation template of a module, `i18n/<module>.pot`, read from its rendered files as Odoo's export reads them.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use super::super::Rendered;

/// Texts and where they stand, as Odoo writes it.
#[derive(Debug, Default)]
struct Terms(BTreeMap<String, BTreeSet<String>>);

impl Terms {
    fn add(&mut self, text: &str, reference: String) {
        if !text.is_empty() {
            self.0.entry(text.to_owned()).or_default().insert(reference);
        }
    }
}

/// The template of `module` for a series such as `18.0`.
pub(super) fn template(module: &str, series: &str, files: &[Rendered]) -> Rendered {
    let mut terms = Terms::default();
    for file in files {
        let Ok(text) = std::str::from_utf8(&file.bytes) else { continue };
        if file.path.ends_with(".xml") {
            xml(module, text, &mut terms);
        } else if file.path.ends_with(".py")
            && (file.path.starts_with("models/") || file.path.starts_with("wizards/"))
        {
            python(module, &file.path, text, &mut terms);
        }
    }
    let path = format!("i18n/{module}.pot");
    Rendered { path, bytes: written(module, series, &terms).into_bytes() }
}

/// Names of actions, menus and scheduled actions; what buttons, fields and groups of views say.
fn xml(module: &str, text: &str, terms: &mut Terms) {
    let (mut id, mut model) = (String::new(), String::new());
    let mut lines = text.lines().map(str::trim);
    while let Some(line) = lines.next() {
        let mut line = Cow::Borrowed(line);
        if line == "<record" {
            // A long one has an attribute a line.
            while !line.ends_with('>') {
                let Some(more) = lines.next() else { break };
                line = Cow::Owned(format!("{line} {more}"));
            }
        }
        let line = &*line;
        if line.starts_with("<record ") || line.starts_with("<menuitem") || line.starts_with("<function") {
            id = attribute(line, "id").unwrap_or_default();
            model = attribute(line, "model").unwrap_or_default();
            if line.starts_with("<menuitem") {
                model = "ir.ui.menu".to_owned();
            }
        } else if model == "ir.ui.menu" {
            if let Some(found) = attribute(line, "id") {
                id = found;
            }
            if let Some(name) = attribute(line, "name") {
                terms.add(&name, format!("model:ir.ui.menu,name:{module}.{id}"));
            }
        } else if model == "ir.ui.view" {
            for name in ["string", "help"] {
                if let Some(said) = attribute(line, name) {
                    terms.add(&said, format!("model_terms:ir.ui.view,arch_db:{module}.{id}"));
                }
            }
        } else if let Some(name) =
            line.strip_prefix("<field name=\"name\">").and_then(|rest| rest.strip_suffix("</field>"))
        {
            let name = html_escape::decode_html_entities(name);
            match model.as_str() {
                "ir.actions.act_window" => {
                    terms.add(&name, format!("model:ir.actions.act_window,name:{module}.{id}"));
                }
                "ir.cron" => {
                    terms.add(&name, format!("model:ir.actions.server,name:{module}.{id}_ir_actions_server"));
                }
                _ => {}
            }
        }
    }
}

/// The value of an attribute that stands whole in the line.
fn attribute(line: &str, name: &str) -> Option<String> {
    let line = format!(" {line}");
    let (_, rest) = line.split_once(&format!(" {name}=\""))?;
    let (value, _) = rest.split_once('"')?;
    Some(html_escape::decode_html_entities(value).into_owned())
}

/// Names of models, labels and helps of their fields, and texts in code.
fn python(module: &str, path: &str, text: &str, terms: &mut Terms) {
    let (mut model, mut field) = (String::new(), String::new());
    // The field's arguments go on for several lines, none of them a label so far.
    let mut unlabelled = false;
    let lines: Vec<&str> = text.lines().collect();
    for (at, &line) in lines.iter().enumerate() {
        if line.starts_with("class ") {
            model.clear();
        }
        let assigned = |name: &str| line.strip_prefix(&format!("    {name} = ")).and_then(literal);
        if let Some(name) = assigned("_name").or_else(|| assigned("_inherit").filter(|_| model.is_empty())) {
            model = name.replace('.', "_");
        } else if let Some(description) = assigned("_description") {
            terms.add(&description, format!("model:ir.model,name:{module}.model_{model}"));
        }
        let reference =
            |field: &str| format!("model:ir.model.fields,field_description:{module}.field_{model}__{field}");
        if let Some((name, rest)) = line.strip_prefix("    ").and_then(|line| line.split_once(" = fields.")) {
            field = name.to_owned();
            unlabelled = rest.ends_with('(');
            if !unlabelled {
                let said = argument(rest, "string").unwrap_or_else(|| label(name));
                terms.add(&said, reference(name));
            }
        } else if let Some(said) = line.split_once("string=").and_then(|(_, rest)| literal(rest)) {
            unlabelled = false;
            terms.add(&said, reference(&field));
        } else if line == "    )" && std::mem::take(&mut unlabelled) {
            terms.add(&label(&field), reference(&field));
        }
        if let Some(mut said) = argument(line, "help") {
            // A long one goes on in the lines that are nothing but a string.
            let more = lines[at + 1..].iter().map_while(|line| literal(line.trim_start()));
            said.extend(more);
            terms.add(&said, format!("model:ir.model.fields,help:{module}.field_{model}__{field}"));
        }
        if let Some(said) = line.split_once("_(").and_then(|(_, rest)| literal(rest)) {
            terms.add(&said, format!("code:addons/{module}/{path}:0"));
        }
    }
}

/// The string at the start of a piece of Python.
fn literal(code: &str) -> Option<String> {
    // The generator writes strings as JSON does.
    let mut values = serde_json::Deserializer::from_str(code).into_iter::<String>();
    values.next()?.ok()
}

fn argument(code: &str, name: &str) -> Option<String> {
    let (_, rest) = code.split_once(&format!("{name}="))?;
    literal(rest)
}

/// The label that Odoo makes of a field's name.
fn label(name: &str) -> String {
    let name = name.strip_suffix("_ids").or_else(|| name.strip_suffix("_id")).unwrap_or(name);
    super::names::title(name)
}

fn written(module: &str, series: &str, terms: &Terms) -> String {
    let mut text = format!(
        "# Translation of Odoo Server.\n# This file contains the translation of the following modules:\n# \t* {module}\n#\n\
         msgid \"\"\nmsgstr \"\"\n\"Project-Id-Version: Odoo Server {series}\\n\"\n\"Report-Msgid-Bugs-To: \\n\"\n\
         \"Last-Translator: \\n\"\n\"Language-Team: \\n\"\n\"MIME-Version: 1.0\\n\"\n\
         \"Content-Type: text/plain; charset=UTF-8\\n\"\n\"Content-Transfer-Encoding: \\n\"\n\"Plural-Forms: \\n\"\n"
    );
    for (said, references) in &terms.0 {
        text.push_str(&format!("\n#. module: {module}\n"));
        if references.iter().any(|reference| reference.starts_with("code:")) {
            text.push_str("#. odoo-python\n");
        }
        for reference in references {
            text.push_str(&format!("#: {reference}\n"));
        }
        if said.contains("%(") {
            text.push_str("#, python-format\n");
        }
        text.push_str(&format!("msgid {}\nmsgstr \"\"\n", wrapped(said)));
    }
    text
}

/// The text in quotes; a long one in lines as gettext's tools write it.
fn wrapped(said: &str) -> String {
    const WIDTH: usize = 78;
    let quoted = super::python::text(said);
    let escaped = &quoted[1..quoted.len() - 1];
    let length = |text: &str| text.chars().count();
    if "msgid ".len() + length(&quoted) <= WIDTH {
        return quoted;
    }
    let mut lines = vec![String::new()];
    let mut line = String::new();
    for piece in pieces(escaped) {
        if !line.is_empty() && length(&line) + length(piece) > WIDTH - 2 {
            lines.push(std::mem::take(&mut line));
        }
        line.push_str(piece);
    }
    lines.push(line);
    let lines: Vec<String> = lines.iter().map(|line| format!("\"{line}\"")).collect();
    lines.join("\n")
}

/// Words, the parts of hyphenated words, and the blanks between them.
fn pieces(text: &str) -> Vec<&str> {
    let characters: Vec<(usize, char)> = text.char_indices().collect();
    let mut pieces = Vec::new();
    let mut start = 0;
    for (position, pair) in characters.windows(2).enumerate() {
        let (before, (at, after)) = (pair[0].1, pair[1]);
        let is_letter = |position: Option<usize>| {
            position.and_then(|position| characters.get(position)).is_some_and(|(_, c)| c.is_alphabetic())
        };
        let hyphen = before == '-'
            && is_letter(position.checked_sub(1))
            && is_letter(position.checked_sub(2))
            && is_letter(Some(position + 1))
            && is_letter(Some(position + 2));
        if hyphen || before.is_whitespace() != after.is_whitespace() {
            pieces.push(&text[start..at]);
            start = at;
        }
    }
    pieces.push(&text[start..]);
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    fn terms(path: &str, text: &str) -> Vec<(String, Vec<String>)> {
        let mut terms = Terms::default();
        if path.ends_with(".xml") {
            xml("m", text, &mut terms)
        } else {
            python("m", path, text, &mut terms)
        }
        terms.0.into_iter().map(|(said, references)| (said, references.into_iter().collect())).collect()
    }

    #[test]
    fn fields_have_their_label_or_one_made_of_their_name() {
        let text = "class A(models.Model):\n    _name = \"a.b\"\n    _description = \"A B\"\n    store_url = fields.Char(\n        string=\"Shop\",\n        help=\"Where\",\n    )\n    odoo_id = fields.Many2one(\"x\")\n";
        let found = terms("models/a.py", text);
        let reference =
            |kind: &str, name: &str| vec![format!("model:ir.model.fields,{kind}:m.field_a_b__{name}")];
        assert_eq!(
            found,
            [
                ("A B".to_owned(), vec!["model:ir.model,name:m.model_a_b".to_owned()]),
                ("Odoo".to_owned(), reference("field_description", "odoo_id")),
                ("Shop".to_owned(), reference("field_description", "store_url")),
                ("Where".to_owned(), reference("help", "store_url")),
            ]
        );
    }

    #[test]
    fn views_and_actions_are_told_apart() {
        let text = "<record id=\"v\" model=\"ir.ui.view\">\n<field name=\"name\">v</field>\n<button string=\"Go &amp; see\" />\n</record>\n<record id=\"a\" model=\"ir.actions.act_window\">\n<field name=\"name\">All</field>\n";
        assert_eq!(
            terms("views/a.xml", text),
            [
                ("All".to_owned(), vec!["model:ir.actions.act_window,name:m.a".to_owned()]),
                ("Go & see".to_owned(), vec!["model_terms:ir.ui.view,arch_db:m.v".to_owned()]),
            ]
        );
    }
}
