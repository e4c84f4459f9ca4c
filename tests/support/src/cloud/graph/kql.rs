//! The Kusto Query Language, as much of it as siembox sends: a table, and the operators that
//! [`stage`] lists.

pub mod expr;
pub mod lexer;
pub mod run;
pub mod stage;

pub use run::{Answered, Around};
pub use stage::{Query, Stage};

/// Why a query is refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KqlError {
    /// There is no such table.
    Table(String),
    /// An operator names a column that there is not.
    Column(String, String),
    /// Anything else.
    Syntax(String),
}
