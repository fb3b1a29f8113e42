//! The mapper: tables of cases, one for each thing that a field can be asked to do.

mod absence;
mod back;
mod convert;
mod embed;
mod fixture;
mod guards;
mod lines;
mod problems;
mod properties;
mod relations;
