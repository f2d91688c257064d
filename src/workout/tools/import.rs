//! Tool `import_workouts`.

use crate::workout::{
    import::{ARGUMENTS, Format, MAX_FILE_BYTES, Options, import, parse, report::ImportReport},
    tools::prelude::*,
};

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ImportWorkouts {
    /// The whole file
    #[schemars(length(max = MAX_FILE_BYTES))]
    csv: String,
    /// Only report; default true
    dry_run: Option<bool>,
    /// csv is of `export_workouts`
    format: Option<Format>,
    /// Leave wrong lines out (default), or import nothing
    on_error: Option<OnError>,
    /// If the file does not say
    weight_unit: Option<Unit>,
    /// Of 03/04/2026
    #[schemars(extend("enum" = ["dmy", "mdy"]))]
    date_order: Option<String>,
    /// Make unmatched names own exercises
    create: Option<bool>,
    /// What to take unmatched names for
    #[schemars(length(max = 1000))]
    names: Option<Vec<Named>>,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Named {
    #[schemars(length(max = MAX_NAME_CHARS))]
    name: String,
    exercise: String,
}

#[derive(Clone, Copy, PartialEq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
enum OnError {
    Skip,
    Refuse,
}

impl Tool for ImportWorkouts {
    const NAME: &'static str = "import_workouts";
    const TITLE: &'static str = "Import a training history";
    const DESCRIPTION: &'static str = "Import an export of Strong, Hevy or FitNotes. By default it only reports how workouts, names and units are understood; if the user agrees, call again with dry_run=false. Nothing is added twice.";
    const EFFECT: Effect = Effect::Overwrite;
    const ZONED: bool = true;
    type Output = ImportReport;

    async fn run(self, ctx: &ToolContext<'_>) -> Result<Reply<ImportReport>, ToolError> {
        let names = self.names.into_iter().flatten();
        let options = Options {
            dry_run: self.dry_run.unwrap_or(true),
            refuse: self.on_error == Some(OnError::Refuse),
            weight_unit: self.weight_unit,
            create: self.create.unwrap_or(false),
            names: names.map(|named| (named.name, named.exercise)).collect(),
        };
        let (file, format, order) = (self.csv.into_bytes(), self.format, self.date_order);
        // A large file takes a second.
        let parsed =
            tokio::task::spawn_blocking(move || parse(file, format, order.as_deref(), ARGUMENTS));
        let parsed = parsed.await.map_err(|_| ToolError::Internal)??;
        let mut report = import(ctx, parsed, &options, &|_, _| {}).await?;
        if report.dry_run {
            report.note("nothing was written: dry_run=false imports");
        }
        let report = report.shortened();
        let text = report.summary();
        Ok(Reply::new(report, text))
    }
}
