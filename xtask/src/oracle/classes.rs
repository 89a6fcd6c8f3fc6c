//! Totals, statistics and the class table.
//!
//! DevTools' aggregates can hold several rows that print the same class key (an internal key that
//! is a number and one that is text), of which its Summary view then shows one only. heapglass has
//! one row for them together: counts and shallow sizes must add up, the distance is the smallest,
//! and the retained size is compared where the key is unique.

use std::collections::BTreeMap;

use serde_json::Value;

use super::known::Sizes;

/// Compares the numbers of an object and adds what differs to `found`.
pub(super) fn compare_fields(
    what: &str,
    theirs: &Value,
    ours: &Value,
    sizes: Sizes,
    found: &mut Vec<String>,
) {
    for (field, theirs) in theirs.as_object().into_iter().flatten() {
        let ours = &ours[field];
        let is_same = match (theirs.as_i64(), ours.as_i64()) {
            (Some(theirs), Some(ours)) if !field.ends_with("_count") => sizes.same(theirs, ours),
            _ => theirs == ours,
        };
        if !is_same {
            found.push(format!("{what}.{field}: DevTools {theirs}, heapglass {ours}"));
        }
    }
}

/// Compares two class tables, adds what differs to `found` and returns the number of classes.
pub(super) fn compare_tables(
    what: &str,
    theirs: &Value,
    ours: &Value,
    sizes: Sizes,
    show: usize,
    found: &mut Vec<String>,
) -> usize {
    let (theirs, ours) = (merged(theirs), merged(ours));
    let mut lines = Vec::new();
    for (key, their) in &theirs {
        match ours.get(key) {
            None => lines.push(format!("{key}: only in DevTools: {their:?}")),
            Some(our) => {
                if let Some(difference) = their.difference(our, sizes) {
                    lines.push(format!("{key}: {difference}"));
                }
            }
        }
    }
    for (key, our) in ours.iter().filter(|(key, _)| !theirs.contains_key(*key)) {
        lines.push(format!("{key}: only in heapglass: {our:?}"));
    }
    if !lines.is_empty() {
        found.push(format!("{what}: {} of {} classes differ", lines.len(), theirs.len()));
        found.extend(lines.into_iter().take(show).map(|line| format!("  {line}")));
    }
    theirs.len()
}

/// The rows of one printed key together.
#[derive(Debug, Default, PartialEq)]
struct Class {
    rows: usize,
    name: String,
    count: i64,
    shallow: i64,
    /// `None` where DevTools shows a dash.
    distance: Option<u64>,
    /// Of the last row: compared only if there is one.
    retained: i64,
}

impl Class {
    fn difference(&self, ours: &Class, sizes: Sizes) -> Option<String> {
        let mut parts = Vec::new();
        let mut check = |what: &str, same: bool, theirs: String, ours: String| {
            if !same {
                parts.push(format!("{what} DevTools {theirs}, heapglass {ours}"));
            }
        };
        check("name", self.name == ours.name, self.name.clone(), ours.name.clone());
        // What is a multiple of 4 GiB has the size 0 for DevTools and is not counted.
        let same = self.count == ours.count || sizes == Sizes::Wrapped && self.count < ours.count;
        check("count", same, self.count.to_string(), ours.count.to_string());
        let same = self.distance == ours.distance;
        check("distance", same, format!("{:?}", self.distance), format!("{:?}", ours.distance));
        let same = sizes.same(self.shallow, ours.shallow);
        check("shallow size", same, self.shallow.to_string(), ours.shallow.to_string());
        let same = self.rows > 1 || sizes.same(self.retained, ours.retained);
        check("retained size", same, self.retained.to_string(), ours.retained.to_string());
        (!parts.is_empty()).then(|| parts.join("; "))
    }
}

fn merged(table: &Value) -> BTreeMap<&str, Class> {
    let mut classes = BTreeMap::<&str, Class>::new();
    for row in table.as_array().into_iter().flatten() {
        let number = |field: &str| row[field].as_i64().unwrap_or_default();
        let class = classes.entry(row["class_key"].as_str().unwrap_or_default()).or_default();
        let distance = row["distance"].as_u64();
        class.distance = match (class.distance, distance) {
            (Some(a), Some(b)) => Some(a.min(b)),
            (a, b) => a.or(b),
        };
        class.rows += 1;
        class.name = row["class_name"].as_str().unwrap_or_default().to_owned();
        class.count += number("count");
        class.shallow += number("shallow_size");
        class.retained = number("retained_size");
    }
    classes
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::oracle::known::Sizes;

    fn row(key: &str, count: u64, distance: Value, retained: u64) -> Value {
        json!({ "class_key": key, "class_name": "A", "count": count, "distance": distance,
            "shallow_size": 10 * count, "retained_size": retained })
    }

    fn check(theirs: Vec<Value>, ours: Vec<Value>) -> Vec<String> {
        let mut found = Vec::new();
        super::compare_tables("classes", &theirs.into(), &ours.into(), Sizes::Exact, 9, &mut found);
        found
    }

    #[test]
    fn equal_tables_in_any_order() {
        let (a, b) = (row("a", 1, json!(2), 30), row("b", 2, Value::Null, 40));
        assert!(check(vec![a.clone(), b.clone()], vec![b, a]).is_empty());
    }

    #[test]
    fn rows_that_print_the_same_key_add_up() {
        let theirs = vec![row("a", 1, json!(5), 30), row("a", 2, json!(3), 40)];
        assert!(check(theirs, vec![row("a", 3, json!(3), 77)]).is_empty());
    }

    #[test]
    fn differences_are_named() {
        let found = check(vec![row("a", 1, json!(2), 30)], vec![row("a", 1, json!(2), 31)]);
        assert_eq!(found[1], "  a: retained size DevTools 30, heapglass 31");
        assert_eq!(check(vec![row("a", 1, json!(2), 30)], vec![]).len(), 2);
        assert_eq!(check(vec![], vec![row("a", 1, json!(2), 30)]).len(), 2);
    }

    #[test]
    fn numbers_are_compared_by_name() {
        let theirs = json!({ "node_count": 1, "total_size": 5 });
        let ours = json!({ "node_count": 1, "total_size": 6, "file": "a" });
        let check = |sizes| {
            let mut found = Vec::new();
            super::compare_fields("snapshot", &theirs, &ours, sizes, &mut found);
            found
        };
        assert_eq!(check(Sizes::Exact), ["snapshot.total_size: DevTools 5, heapglass 6"]);
        assert_eq!(check(Sizes::Wrapped).len(), 1);
    }
}
