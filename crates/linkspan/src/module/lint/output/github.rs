//! Annotations of GitHub Actions: one line for each finding.
//! <https://docs.github.com/actions/reference/workflow-commands-for-github-actions>

use crate::diagnostic::Diagnostic;

/// The diagnostics as workflow commands.
pub fn github(diagnostics: &[Diagnostic]) -> String {
    let lines: Vec<String> = diagnostics.iter().map(line).collect();
    lines.join("\n")
}

fn line(diagnostic: &Diagnostic) -> String {
    let (start, end) = (diagnostic.start(), diagnostic.end());
    let help = diagnostic.help.as_deref().map(|help| format!("\n{help}")).unwrap_or_default();
    format!(
        "::{} file={},line={},endLine={},col={},endColumn={},title={}::{}",
        diagnostic.severity.as_str(),
        property(diagnostic.file()),
        start.line,
        end.line,
        start.column,
        end.column,
        property(diagnostic.code),
        message(&format!("{}{help}", diagnostic.message)),
    )
}

fn message(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    message(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Source;

    #[test]
    fn line_breaks_and_commas_do_not_end_an_annotation() {
        let source = Source::new("a,b/x.py", "one\ntwo\n");
        let diagnostic = Diagnostic::error("C01", &source, 4..7, "50% of it\nis: wrong").help("Mend it.");
        assert_eq!(
            github(&[diagnostic]),
            "::error file=a%2Cb/x.py,line=2,endLine=2,col=1,endColumn=4,title=C01::50%25 of it%0Ais: wrong%0AMend it."
        );
    }
}
