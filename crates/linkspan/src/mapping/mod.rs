//! The mapper: a definition's fields compiled into a plan, and the plan run on a record.
//!
//! [`Plans::compile`] once, [`Plans::map`] for each record. Mapping is pure; it gives values or every problem of
//! the record. Absent, null and empty are three things (`definition::entity::Field` says what each means), and
//! money is never a binary float. [`FieldPlan::back`] is the way back, for exports.

mod convert;
mod convert_back;
mod each;
mod export_plan;
mod map;
mod nested;
mod out_path;
mod outward;
mod path;
mod plan;
mod problem;
mod run;
mod value;

pub(crate) use convert::state_without_country;
pub use each::EachPath;
pub use export_plan::{ExportPlan, OutField};
pub use map::{Embedded, Held, Mapped, MappedLine, Scope, Unmapped};
pub use out_path::OutPath;
pub(crate) use out_path::is_item;
pub use outward::{Around, Out, OutProblem, to_value};
pub use path::{Found, Path};
pub(crate) use plan::zone;
pub use plan::{
    CompileError, FieldPlan, LineColumn, LinesPlan, MatchPlan, Origin, Plan, Plans, Step, ThenPlan,
};
pub use problem::Problem;
pub use value::{OdooValue, Reference};
