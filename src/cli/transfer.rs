//! The commands `import` and `export`: a user's training history from a file, and to one.

mod output_file;

use std::{
    fs::File,
    io::{self, Read, Write},
    path::{Path, PathBuf},
};

use anyhow::{Context, bail};
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use jiff::{Timestamp, tz::TimeZone};

use crate::{
    auth::Subject,
    config::WorkoutConfig,
    workout::{
        catalogue::Catalogue,
        context::ToolContext,
        dates,
        db::{self, Database},
        error::ToolError,
        export::Export,
        figures::units::Unit,
        import::{self, Format, MAX_FILE_BYTES, Options, import, parse},
    },
};
use output_file::OutputFile;

/// Bytes written at once.
const PART: usize = 1 << 20;

#[derive(Args)]
pub(super) struct ImportArguments {
    #[expect(clippy::doc_markdown, reason = "it is shown as it is")]
    /// A CSV file of Strong, Hevy, FitNotes or `export`; `-` is standard input
    file: PathBuf,
    /// Whose log
    #[arg(long, value_parser = Subject::parse)]
    user: Subject,
    /// strong, hevy, fitnotes or csv; default: by the header
    #[arg(long, value_parser = Format::parse)]
    format: Option<Format>,
    /// Only show what would be imported
    #[arg(long)]
    dry_run: bool,
    /// Leave lines out that are wrong, or refuse the file
    #[arg(long, value_parser = ["skip", "refuse"], default_value = "skip")]
    on_error: String,
    /// kg or lb, where the file does not say
    #[arg(long, value_parser = parse_unit)]
    weight_unit: Option<Unit>,
    /// The order of dates such as 03/04/2026, where the file does not tell
    #[arg(long, value_parser = ["dmy", "mdy"])]
    date_order: Option<String>,
    /// Create own exercises for names that are not matched
    #[arg(long)]
    create: bool,
    /// The exercise of a name that is not matched; may be repeated
    #[arg(long = "name", value_name = "NAME=EXERCISE", value_parser = parse_name)]
    names: Vec<(String, String)>,
    /// IANA zone of the file's times; default: the user's setting, or else this machine's
    #[arg(long, value_parser = parse_zone)]
    time_zone: Option<TimeZone>,
}

#[derive(Args)]
pub(super) struct ExportArguments {
    /// The file to write; without it, standard output
    file: Option<PathBuf>,
    /// Whose log
    #[arg(long, value_parser = Subject::parse)]
    user: Subject,
}

/// Imports the file, or shows what would be imported.
pub(super) async fn import_file(arguments: ImportArguments) -> anyhow::Result<()> {
    let file = read(&arguments.file)?;
    let parsed = parse(
        file,
        arguments.format,
        arguments.date_order.as_deref(),
        import::OPTIONS,
    );
    let parsed = parsed.with_context(|| arguments.file.display().to_string())?;
    let db = open().await?;
    let shared = Catalogue::load(db.pool()).await?;
    let ctx = context(&db, &shared, &arguments.user, arguments.time_zone);
    let options = Options {
        dry_run: arguments.dry_run,
        refuse: arguments.on_error == "refuse",
        weight_unit: arguments.weight_unit,
        create: arguments.create,
        names: arguments.names.into_iter().collect(),
    };
    // Draws nothing where standard error is no terminal.
    let bar = ProgressBar::new(0);
    bar.set_style(ProgressStyle::with_template(
        "{bar:40} {pos}/{len} workouts {eta}",
    )?);
    let progress = |done: usize, all: usize| {
        bar.set_length(all as u64);
        bar.set_position(done as u64);
    };
    let imported = import(&ctx, parsed, &options, &progress).await;
    bar.finish_and_clear();
    db.close().await;
    let mut report = imported?;
    if report.dry_run {
        report.note("nothing was written: without --dry-run the file is imported");
    }
    say!("{}", report.text());
    Ok(())
}

/// Writes the whole log as CSV. A file appears under its name when it is complete.
pub(super) async fn export_file(arguments: ExportArguments) -> anyhow::Result<()> {
    let db = open().await?;
    let shared = Catalogue::load(db.pool()).await?;
    let ctx = context(&db, &shared, &arguments.user, None);
    let exported = match &arguments.file {
        None => export(&ctx, &mut io::stdout().lock()).await,
        Some(path) => export_to(&ctx, path).await,
    };
    db.close().await;
    if exported.as_ref().is_err_and(is_enough) {
        return Ok(());
    }
    let (workouts, sets) = exported?;
    eprintln!("{workouts} workouts, {sets} sets");
    Ok(())
}

/// True if the reader of standard output has taken what it wants (`export | head`).
fn is_enough(error: &anyhow::Error) -> bool {
    let error = error.downcast_ref::<io::Error>();
    error.is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}

async fn export_to(ctx: &ToolContext<'_>, path: &Path) -> anyhow::Result<(usize, usize)> {
    let name = || path.display().to_string();
    let mut file = OutputFile::create(path).with_context(name)?;
    let (workouts, sets) = export(ctx, &mut file).await.with_context(name)?;
    if workouts == 0 && file.replaces() {
        let kept = format!("this user has no workouts: {} is left as it is", name());
        bail!(ToolError::Input(kept));
    }
    file.finish().with_context(name)?;
    Ok((workouts, sets))
}

async fn export(ctx: &ToolContext<'_>, out: &mut impl Write) -> anyhow::Result<(usize, usize)> {
    let mut user = ctx.read().await?;
    let all = (Timestamp::MIN, String::new());
    let catalogue = user.catalogue().await?;
    let mut export = Export::new(&catalogue, all, Timestamp::MAX, false);
    out.write_all(Export::header().as_bytes())?;
    loop {
        let rows = export.next(&mut user.tx, PART).await?;
        if rows.is_empty() {
            out.flush()?;
            return Ok((export.workouts, export.sets));
        }
        out.write_all(&rows)?;
    }
}

fn read(path: &Path) -> anyhow::Result<Vec<u8>> {
    let name = || path.display().to_string();
    let input: Box<dyn Read> = if path == Path::new("-") {
        Box::new(io::stdin())
    } else {
        Box::new(File::open(path).with_context(name)?)
    };
    // One byte more than is taken, for the refusal.
    let mut file = Vec::new();
    let bound = MAX_FILE_BYTES as u64 + 1;
    input
        .take(bound)
        .read_to_end(&mut file)
        .with_context(name)?;
    if file.is_empty() {
        bail!(ToolError::Input(format!("{} is empty", path.display())));
    }
    Ok(file)
}

async fn open() -> anyhow::Result<Database> {
    // As over standard input and output: nobody has to be told from others.
    let config = WorkoutConfig::from_env(true)?;
    db::open(&config.database_url).await.context("DATABASE_URL")
}

fn context<'a>(
    db: &'a Database,
    shared: &'a Catalogue,
    user: &'a Subject,
    zone: Option<TimeZone>,
) -> ToolContext<'a> {
    ToolContext {
        db,
        shared,
        user: Some(user),
        now: Timestamp::now(),
        zone,
        // The user sits at this machine.
        default_zone: TimeZone::try_system().unwrap_or(TimeZone::UTC),
        call: None,
    }
}

fn parse_unit(text: &str) -> Result<Unit, String> {
    let unit = Unit::from_name(text.trim_end_matches('.').to_lowercase().as_str());
    unit.ok_or_else(|| "must be kg or lb".to_owned())
}

fn parse_name(text: &str) -> Result<(String, String), String> {
    let (name, exercise) = text.rsplit_once('=').ok_or("must be NAME=EXERCISE")?;
    Ok((name.trim().to_owned(), exercise.trim().to_owned()))
}

fn parse_zone(text: &str) -> Result<TimeZone, String> {
    dates::parse_zone("", text)
        .map_err(|error| error.to_string().trim_start_matches(": ").to_owned())
}
