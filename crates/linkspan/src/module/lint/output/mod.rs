//! Findings for other programs: SARIF 2.1.0 and GitHub's annotations. JSON is the diagnostics' own.

mod github;
mod sarif;

pub use github::github;
pub use sarif::sarif;
