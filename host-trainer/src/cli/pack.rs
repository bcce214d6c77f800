//! `trunkline pack`: the same model, laid out for a processor.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use serde::Serialize;
use trunkline_shared::model::Layout;
use trunkline_shared::model::build::{BuildError, ImageBuilder};
use trunkline_trainer::artifact::write_atomically;

use super::exit::Exit;
use super::failure::Failure;
use super::image::Image;
use super::verify::self_test;
use super::{print_json, print_text};

/// Lay a model out for a processor; nothing but the places of its numbers changes.
#[derive(Debug, Args)]
#[command(long_about = "\
Lay a model out for a processor. `trunkline train` writes the plain layout, which every device runs; a packed layout holds the same \
numbers where the fast kernels of a processor take them, answers the same in every bit, and needs about as much flash. Packing \
loses nothing: `--layout plain` gives the first file again.

The model says which layout it has (trunkline inspect). A device that cannot run it refuses it by name at boot.

Example:  trunkline pack result/model.tlm --layout m4 --out model-m4.tlm
          trunkline pack result/model.tlm --layout m0 --out model-m0.tlm --max-arena 16384 --max-flash 65536

Next:     trunkline inspect model-m4.tlm")]
pub(super) struct Arguments {
    /// The model, in any layout.
    #[arg(value_name = "FILE")]
    model: PathBuf,

    /// The layout to write.
    #[arg(long, value_enum)]
    layout: LayoutArgument,

    /// The file to write; one that is there is replaced.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,

    /// Refuse a model that needs more working memory than the board has for it.
    #[arg(long, value_name = "BYTES")]
    max_arena: Option<u32>,

    /// Refuse a model that is larger than the board's place for it.
    #[arg(long, value_name = "BYTES")]
    max_flash: Option<usize>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum LayoutArgument {
    /// For any processor, and for tools.
    Plain,
    /// For Cortex-M4 and M7 (Armv7E-M).
    M4,
    /// For Cortex-M0 and M0+ (Armv6-M) and RISC-V (RV32).
    M0,
}

impl From<LayoutArgument> for Layout {
    fn from(argument: LayoutArgument) -> Self {
        match argument {
            LayoutArgument::Plain => Layout::Plain,
            LayoutArgument::M4 => Layout::M4,
            LayoutArgument::M0 => Layout::M0,
        }
    }
}

/// What `--json` prints.
#[derive(Debug, Serialize)]
struct Packed {
    /// The file.
    out: String,
    /// Its layout.
    layout: &'static str,
    /// Size of the file.
    bytes: usize,
    /// Size before.
    bytes_before: usize,
    /// Working memory of a run.
    arena_bytes: u32,
}

/// Runs the command.
pub(super) fn run(arguments: &Arguments, json: bool) -> Result<(), Failure> {
    let before = Image::read(&arguments.model)?;
    let mut parts = ImageBuilder::from_model(&before.model()?);
    parts.layout = arguments.layout.into();
    let bytes = parts.build().map_err(|error| match error {
        BuildError::Differs(_) => Failure::new(Exit::Verification, "the packed model answers otherwise")
            .because(error)
            .remedy("this is a defect of trunkline: report it with the model"),
        BuildError::TooMany { .. } | BuildError::TooLarge { .. } | BuildError::Invalid(_) => {
            Failure::new(Exit::Artifact, format!("{}: cannot be packed", arguments.model.display())).because(error)
        }
    })?;
    let packed = Image::new(&bytes, "the packed model");
    let model = packed.model()?;
    self_test(&model)?;
    within(
        arguments.max_arena.map(|most| most as usize),
        model.arena_bytes() as usize,
        "of working memory",
        "--max-arena",
    )?;
    within(arguments.max_flash, bytes.len(), "of flash", "--max-flash")?;
    write_atomically(&arguments.out, &bytes)
        .map_err(|error| Failure::new(Exit::Usage, format!("--out {}", arguments.out.display())).because(error))?;
    let packed = Packed {
        out: arguments.out.display().to_string(),
        layout: layout_name(model.header().layout),
        bytes: bytes.len(),
        bytes_before: before.bytes().len(),
        arena_bytes: model.arena_bytes(),
    };
    if json {
        return print_json(&packed);
    }
    let Packed { out, layout, bytes, bytes_before, arena_bytes } = packed;
    print_text(&format!(
        "{out}: layout {layout}, {bytes} bytes ({bytes_before} before), {arena_bytes} bytes of working memory\n\
         Next: trunkline inspect {out}"
    ))
}

/// What a layout is called on the command line.
pub(super) fn layout_name(layout: Layout) -> &'static str {
    match layout {
        Layout::Plain => "plain",
        Layout::M4 => "m4",
        Layout::M0 => "m0",
    }
}

fn within(most: Option<usize>, needed: usize, what: &str, option: &str) -> Result<(), Failure> {
    match most {
        Some(most) if needed > most => {
            Err(Failure::new(Exit::Artifact, format!("the model needs {needed} bytes {what}, {option} allows {most}"))
                .remedy("nothing was written; train a smaller network (`[model] trunk`, `[tune]` with limits) or use a larger board"))
        }
        _ => Ok(()),
    }
}
