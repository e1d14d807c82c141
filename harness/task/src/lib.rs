//! Tasks: what entries are examined on.
//!
//! A task is a folder `tasks/<id>/` with a [definition](Definition), `task.json`. Its [items](Item) come from data files
//! pinned by hash, from a [generator], or both.
#![forbid(unsafe_code)]

mod definition;
pub mod draw;
pub mod generator;
mod item;
mod load;
mod public;

pub use definition::{DataFile, Definition, Format, Generated, Kind, Reference, ReferenceKind, Source};
pub use draw::Draw;
pub use item::{Content, Item};
pub use load::{Task, TaskError, load_all};
pub use public::{Part, Question, UPSTREAM, fetched_folder, is_fetched, load_parts, public_definitions};
