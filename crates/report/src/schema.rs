//! The JSON Schema of every document.

use schemars::{JsonSchema, Schema, schema_for};

use crate::wire::{
    ContainmentBody, DominatorsBody, InstancesBody, MergedPathsBody, ObjectBody, Output, PathsBody,
    ReportBody, RetainersBody, StatisticsBody, SummaryBody,
};

/// Each document's name and its schema: what the command of that name prints with `--json`.
pub fn schemas() -> Vec<(&'static str, Schema)> {
    vec![
        ("report", schema::<ReportBody>()),
        ("summary", schema::<SummaryBody>()),
        ("summary-objects", schema::<InstancesBody>()),
        ("statistics", schema::<StatisticsBody>()),
        ("containment", schema::<ContainmentBody>()),
        ("dominators", schema::<DominatorsBody>()),
        ("object", schema::<ObjectBody>()),
        ("retainers", schema::<RetainersBody>()),
        ("paths", schema::<PathsBody>()),
        ("paths-class", schema::<MergedPathsBody>()),
    ]
}

fn schema<B: JsonSchema>() -> Schema {
    schema_for!(Output<B>)
}
