//! `linkspan validate` on Odoo modules.

mod bad_input;
mod cli;
mod examples;
mod fixing;
mod folder;
mod oca;
mod pages;
mod planted;
mod pylint;
mod surroundings;
