//! The command line: help, output as text and as JSON, exit codes, completions.

mod accounts;
mod backends;
mod exit_codes;
mod help;
mod kept_back;
mod output;
mod serve;
