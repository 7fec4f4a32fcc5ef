//! The corpus of hostile guests, in one table: what each is, what is done with it, and how that must end.
//!
//! The suite has a test for each row, under its name; `tests/bench/hostile` measures for each what an echo tool's callers
//! notice of it.
//!
//! | module | what it is about |
//! |---|---|
//! | [`time`] | computing and waiting without end |
//! | [`memory`] | memory, tables and stack without end |
//! | [`results`] | results that are too large, malformed or pose as something else |
//! | [`floods`] | too much of what a plugin may do a little of |
//! | [`handles`] | handles of the host, taken and never given back |
//! | [`escapes`] | looking for a way out |
//! | [`granted`] | what it may reach does its worst |
//! | [`listings`] | what a plugin says that it offers |
//! | [`loading`] | components that are an attack on who compiles them |

pub mod escapes;
pub mod floods;
pub mod granted;
pub mod handles;
pub mod listings;
pub mod loading;
pub mod memory;
pub mod results;
pub mod time;

use serde_json::{Value, json};

use crate::component::{Made, tool};
use crate::guests::guest;
use crate::server::Setup;

/// All of it, by theme.
pub const ALL: [(&str, &[Hostile]); 9] = [
    ("time", time::ALL),
    ("memory", memory::ALL),
    ("results", results::ALL),
    ("floods", floods::ALL),
    ("handles", handles::ALL),
    ("escapes", escapes::ALL),
    ("granted", granted::ALL),
    ("listings", listings::ALL),
    ("loading", loading::ALL),
];

/// One hostile guest.
#[derive(Clone, Copy)]
pub struct Hostile {
    /// What it does; the name of its test.
    pub name: &'static str,
    /// What it is made of.
    pub file: File,
    /// The tool that is called. None: the file is hung up, and that is all.
    pub tool: Option<&'static str>,
    /// What the tool is called with.
    pub arguments: fn(&Surroundings) -> Value,
    /// What the client can do.
    pub capabilities: &'static str,
    /// The client wants to hear of progress.
    pub progress: bool,
    /// How it must end, each time.
    pub outcome: Outcome,
    /// Further settings of the server.
    pub settings: &'static str,
    /// What it is granted; empty: nothing.
    pub grants: fn(&Surroundings) -> String,
    /// So many at the same time.
    pub at_once: usize,
}

/// Where a component comes from.
#[derive(Clone, Copy)]
pub enum File {
    /// A crate of `tests/guests`.
    Guest(&'static str),
    /// Made on the spot.
    Made(fn(&Surroundings) -> Vec<u8>),
}

/// What an attack may need to know.
pub struct Surroundings {
    /// An address of this machine, at which somebody listens whom no guest may reach.
    pub decoy: String,
    /// An address of this machine that may be granted, at which somebody does their worst.
    pub ally: String,
    /// Bytes of memory that an instance may have.
    pub memory_bytes: u64,
    /// Bytes that a guest may hand over at once.
    pub output_bytes: u64,
}

/// How something hostile ends.
#[derive(Debug, Clone, Copy)]
pub enum Outcome {
    /// The call fails, and the client is told one of these.
    Fails(&'static [&'static str]),
    /// The call works, and gives a text with this in it.
    Gives(&'static str),
    /// The call ends, in whichever way.
    Ends,
    /// The file is refused, in a line with all of these.
    Refused(&'static [&'static str]),
}

/// The name under which it is hung up.
pub const PLUGIN: &str = "stranger";

/// What a call is told that has used up its CPU time.
pub const CPU_TIME: &[&str] = &["ms of CPU time"];
/// What a call is told whose time is over.
pub const WALL_TIME: &[&str] = &["took longer than"];
/// What a call is told that wanted too much memory.
pub const MEMORY: &[&str] = &["bytes of memory"];
/// What a call is told that gave too much at once.
pub const OUTPUT: &[&str] = &["bytes at once"];

/// The tool of a plugin that was made for the corpus.
pub const TOOL: &str = "act";

impl Hostile {
    const fn new(name: &'static str, file: File, tool: Option<&'static str>) -> Self {
        Self {
            name,
            file,
            tool,
            arguments: |_| json!({}),
            capabilities: "{}",
            progress: false,
            outcome: Outcome::Fails(CPU_TIME),
            settings: "",
            grants: |_| String::new(),
            at_once: 50,
        }
    }

    /// A tool of the guest `hostile`.
    const fn guest(name: &'static str, tool: &'static str) -> Self {
        Self::new(name, File::Guest("hostile"), Some(tool))
    }

    /// A script of the guest `puppet`.
    const fn puppet(name: &'static str, script: fn(&Surroundings) -> Value) -> Self {
        Self::new(name, File::Guest("puppet"), Some("play")).with(script)
    }

    /// One that is made.
    const fn made(name: &'static str, make: fn(&Surroundings) -> Vec<u8>) -> Self {
        Self::new(name, File::Made(make), Some(TOOL))
    }

    /// One that is made, and does its worst when it is hung up.
    const fn hung_up(name: &'static str, make: fn(&Surroundings) -> Vec<u8>, refused: &'static [&'static str]) -> Self {
        Self { outcome: Outcome::Refused(refused), ..Self::new(name, File::Made(make), None) }
    }

    const fn with(self, arguments: fn(&Surroundings) -> Value) -> Self {
        Self { arguments, ..self }
    }

    const fn client_can(self, capabilities: &'static str) -> Self {
        Self { capabilities, ..self }
    }

    /// Another tool of the same guest.
    const fn of(self, tool: &'static str) -> Self {
        Self { tool: Some(tool), ..self }
    }

    const fn with_progress(self) -> Self {
        Self { progress: true, ..self }
    }

    const fn fails(self, with: &'static [&'static str]) -> Self {
        Self { outcome: Outcome::Fails(with), ..self }
    }

    const fn gives(self, text: &'static str) -> Self {
        Self { outcome: Outcome::Gives(text), ..self }
    }

    const fn ends(self) -> Self {
        Self { outcome: Outcome::Ends, ..self }
    }

    const fn under(self, settings: &'static str) -> Self {
        Self { settings, ..self }
    }

    const fn granted(self, grants: fn(&Surroundings) -> String) -> Self {
        Self { grants, ..self }
    }

    const fn at_once(self, at_once: usize) -> Self {
        Self { at_once, ..self }
    }

    /// A server with it, or, if it is only to be hung up, with its grants.
    pub fn on(&self, setup: Setup, surroundings: &Surroundings) -> Setup {
        let setup = setup.settings(self.settings);
        let grants = (self.grants)(surroundings);
        let setup = if grants.is_empty() { setup } else { setup.grants(PLUGIN, &grants) };
        if self.tool.is_some() { setup.plugin(PLUGIN, self.component(surroundings)) } else { setup }
    }

    /// The component.
    pub fn component(&self, surroundings: &Surroundings) -> Vec<u8> {
        match self.file {
            File::Guest(name) => guest(name),
            File::Made(make) => make(surroundings),
        }
    }
}

impl Outcome {
    /// Is this how a call must end? `told` is what its client was told, `worked` whether that is a success.
    pub fn holds(&self, worked: bool, told: &str) -> bool {
        match self {
            Self::Fails(signs) => !worked && signs.iter().any(|sign| told.contains(sign)),
            Self::Gives(text) => worked && told.contains(text),
            Self::Ends => true,
            Self::Refused(_) => false,
        }
    }
}

/// The row `name`.
pub fn named(name: &str) -> &'static Hostile {
    let mut all = ALL.iter().flat_map(|(_, rows)| *rows);
    all.find(|row| row.name == name).unwrap_or_else(|| panic!("the corpus has no {name}"))
}

/// One that has a single tool, and does this when it is called.
fn acts(body: &str) -> Vec<u8> {
    one().when_called(body).component()
}

/// One with a single tool, about which there is nothing hostile yet.
fn one() -> Made {
    Made::new(&[tool(TOOL)], "done")
}
