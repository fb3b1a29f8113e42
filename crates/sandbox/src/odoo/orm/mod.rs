//! What a call does to the database, in the order a newcomer reads it:
//!
//! | file | does |
//! |---|---|
//! | `env.rs` | who calls, in which language and company |
//! | `access.rs` | who may do what |
//! | `input.rs` | values from the wire into field values |
//! | `change.rs` | create, write, unlink |
//! | `demand.rs` | what the tables demand |
//! | `links.rs` | the commands of one2many and many2many |
//! | `domain.rs`, `search.rs` | which records, in which order |
//! | `read.rs`, `names.rs` | field values for the wire, display names |
//! | `xmlids.rs` | external ids |
//! | `describe.rs` | `fields_get` |

mod access;
mod change;
mod demand;
mod describe;
mod domain;
mod env;
mod input;
mod links;
mod names;
mod python;
mod read;
mod search;
mod xmlids;

pub(crate) use access::Operation;
pub(crate) use env::{Context, Env, User};
pub(crate) use input::{Command, Input, Vals, ids_of};
pub(crate) use search::Page;
