//! The figures that stand at the right of every class and object: distance and sizes.

use super::numbers::{distance, share};
use super::table::{Cell, Kind, Table};
use super::{Look, Role};
use crate::wire::{ClassEntry, ObjectEntry};

/// What stands at the right of a row.
pub(super) struct Figures {
    pub(super) distance: Option<u32>,
    pub(super) shallow_size: u64,
    pub(super) retained_size: u64,
}

/// A table whose rows end in [`Figures`], after columns of their own.
pub(super) fn table(own: &[(&'static str, Kind)]) -> Table {
    let figures = ["Distance", "Shallow", "Retained", ""].map(|title| (title, Kind::Number));
    let columns = [own, &figures[..]].concat();
    // A narrow terminal does without the share first, then without the distance.
    let optional = [own.len() + 3, own.len()];
    Table::new(columns).optional(&optional)
}

impl Figures {
    /// Their cells; the share is that of `total`.
    pub(super) fn cells(&self, total: u64, look: &Look) -> Vec<Cell> {
        vec![
            Cell::plain(distance(self.distance)),
            Cell::plain(look.size(self.shallow_size)),
            Cell::plain(look.size(self.retained_size)),
            Cell::new(Role::Faint, share(self.retained_size, total)),
        ]
    }

    /// The row's own cells, and these behind them.
    pub(super) fn after(&self, own: Vec<Cell>, total: u64, look: &Look) -> Vec<Cell> {
        own.into_iter().chain(self.cells(total, look)).collect()
    }
}

impl From<&ObjectEntry> for Figures {
    fn from(object: &ObjectEntry) -> Figures {
        Figures {
            distance: object.distance,
            shallow_size: object.shallow_size,
            retained_size: object.retained_size,
        }
    }
}

impl From<&ClassEntry> for Figures {
    fn from(class: &ClassEntry) -> Figures {
        Figures {
            distance: class.distance,
            shallow_size: class.shallow_size,
            retained_size: class.retained_size,
        }
    }
}
