//! Tells cargo which folders a release embeds, because a new file in them changes no file that was compiled. A debug
//! build reads them from disk and needs no new compilation.
#![allow(clippy::print_stdout, reason = "that is how a build script talks to cargo")]

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    if std::env::var("PROFILE").is_ok_and(|profile| profile == "release") {
        println!("cargo:rerun-if-changed=addons");
    }
}
