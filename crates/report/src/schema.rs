//! The JSON Schema of every document.

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema};

use crate::wire::{
    CacheClearedDocument, CacheDocument, CheckDocument, CompareBody, CompareCodeBody,
    CompareControlBody, CompareObjectsBody, CompareSeriesBody, ComparisonDocument, ContainmentBody,
    DominatorsBody, ExportRow, IndexDocument, InstancesBody, LeaksOutput, MergedPathsBody,
    ObjectBody, Output, PathsBody, RedactDocument, ReportBody, RetainersBody, SecretsBody,
    StatisticsBody, StringsBody, SummaryBody, WasteBody,
};

/// Each document's name and its schema: what the command of that name prints with `--json`.
pub fn schemas() -> Vec<(&'static str, Schema)> {
    vec![
        entry::<ReportBody>("report"),
        entry::<SummaryBody>("summary"),
        entry::<InstancesBody>("summary-objects"),
        entry::<StatisticsBody>("statistics"),
        ("compare", schema::<ComparisonDocument<CompareBody>>("compare")),
        ("compare-objects", schema::<ComparisonDocument<CompareObjectsBody>>("compare --objects")),
        ("compare-series", schema::<ComparisonDocument<CompareSeriesBody>>("compare of several")),
        ("compare-control", schema::<ComparisonDocument<CompareControlBody>>("compare --control")),
        ("compare-code", schema::<ComparisonDocument<CompareCodeBody>>("compare --by")),
        entry::<ContainmentBody>("containment"),
        entry::<DominatorsBody>("dominators"),
        entry::<ObjectBody>("object"),
        entry::<RetainersBody>("retainers"),
        entry::<PathsBody>("paths"),
        entry::<MergedPathsBody>("paths-class"),
        ("leaks", schema::<LeaksOutput>("leaks")),
        ("check", schema::<CheckDocument>("check")),
        entry::<SecretsBody>("secrets"),
        entry::<StringsBody>("strings"),
        entry::<WasteBody>("waste"),
        ("redact", schema::<RedactDocument>("redact")),
        ("index", schema::<IndexDocument>("index")),
        ("cache", schema::<CacheDocument>("cache")),
        ("cache-clear", schema::<CacheClearedDocument>("cache clear")),
        ("export-row", schema::<ExportRow>("export, one line")),
    ]
}

fn entry<B: JsonSchema>(name: &'static str) -> (&'static str, Schema) {
    (name, schema::<Output<B>>(name))
}

/// The schema of what is printed, which is stricter than that of what could be read back: a field
/// that may be `null` is there all the same.
fn schema<D: JsonSchema>(name: &str) -> Schema {
    let generator = SchemaSettings::draft2020_12().for_serialize().into_generator();
    let mut schema = generator.into_root_schema_for::<D>();
    schema.insert("title".to_owned(), format!("heapglass {name}").into());
    schema
}
