//! A plugin put together from parts, any of which can be a bad one.

use std::fmt::Write as _;

use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

use super::Tool;
use super::memory::{BASE, Memory};
use crate::guests::root;

/// A plugin in WebAssembly text. What is not changed is as it should be.
pub struct Made {
    memory: Memory,
    pages: u64,
    packages: Vec<&'static str>,
    world: String,
    imports: String,
    fields: String,
    realloc: String,
    list: String,
    result: String,
    before: String,
}

/// An address after all that is put there, and after what is given to the host.
const UNTOUCHED: u32 = 1 << 20;

impl Made {
    /// Lists `tools`; each call of one gives the text `says`.
    pub fn new(tools: &[Tool], says: &str) -> Self {
        let mut memory = Memory::default();
        let list = format!("i32.const {}", memory.list(tools));
        let result = format!("i32.const {}", memory.texts(says.as_bytes(), says.len(), 1));
        Self {
            memory,
            pages: 16,
            packages: vec![],
            world: "import pegboard:plugin/client@0.1.0; export pegboard:plugin/tools@0.1.0;".into(),
            imports: String::new(),
            fields: String::new(),
            realloc: String::new(),
            list,
            result,
            before: String::new(),
        }
    }

    /// Its memory has so many pages from the start.
    #[must_use]
    pub fn pages(mut self, pages: u64) -> Self {
        self.pages = pages;
        self
    }

    /// Imports a core function.
    #[must_use]
    pub fn import(mut self, text: &str) -> Self {
        self.imports.push_str(text);
        self
    }

    /// Knows a WIT package beside the interface's own, and has this line in its world.
    #[must_use]
    pub fn package(mut self, package: &'static str, line: &str) -> Self {
        self.packages.push(package);
        self.world.push_str(line);
        self
    }

    /// Has further fields in its module: functions, tables, what is run at its start.
    #[must_use]
    pub fn field(mut self, text: &str) -> Self {
        self.fields.push_str(text);
        self
    }

    /// Does this each time that the host wants memory of it, before it gives some.
    #[must_use]
    pub fn when_asked_for_memory(mut self, body: &str) -> Self {
        self.realloc = body.into();
        self
    }

    /// Lists its tools by this body of a function: instructions that give an address, or trap, or never end.
    #[must_use]
    pub fn lists_by(mut self, body: &str) -> Self {
        self.list = body.into();
        self
    }

    /// Does this in a call before it gives its result.
    #[must_use]
    pub fn when_called(mut self, body: &str) -> Self {
        self.before = body.into();
        self
    }

    /// Gives, as the result of a call, what stands at this address.
    #[must_use]
    pub fn gives_what_is_at(mut self, address: u32) -> Self {
        self.result = format!("i32.const {address}");
        self
    }

    /// Gives `pieces` times one text, which is told to be `length` long.
    #[must_use]
    pub fn gives(mut self, text: &[u8], length: usize, pieces: usize) -> Self {
        self.result = format!("i32.const {}", self.memory.texts(text, length, pieces));
        self
    }

    /// Gives the text that is `length` long at this address.
    #[must_use]
    pub fn gives_text_at(mut self, address: u32, length: usize) -> Self {
        self.result = format!("i32.const {}", self.memory.pieces(address, length, 1));
        self
    }

    /// Gives `pieces` times a text of so many zeros, which may be more than there is in memory.
    #[must_use]
    pub fn gives_zeros(mut self, length: usize, pieces: usize) -> Self {
        self.result = format!("i32.const {}", self.memory.pieces(UNTOUCHED, length, pieces));
        self
    }

    /// Gives a list of so many pieces, all of which are nothing but zeros: empty texts.
    #[must_use]
    pub fn gives_empty(mut self, pieces: usize) -> Self {
        self.result = format!("i32.const {}", self.memory.result(UNTOUCHED, pieces));
        self
    }

    /// Has `bytes` in its memory; says where.
    pub fn put(&mut self, bytes: &[u8]) -> u32 {
        self.memory.put(bytes)
    }

    /// Does this once the host has read the result of a call.
    #[must_use]
    pub fn afterwards(self, body: &str) -> Self {
        let name = "cabi_post_pegboard:plugin/tools@0.1.0#call-tool";
        self.field(&format!(r#"(func (export "{name}") (param i32) {body})"#))
    }

    /// Does this when an instance is made.
    #[must_use]
    pub fn at_the_start(self, body: &str) -> Self {
        self.field(&format!("(func $start {body}) (start $start)"))
    }

    /// The component.
    pub fn component(&self) -> Vec<u8> {
        let mut resolve = Resolve::default();
        for package in &self.packages {
            resolve.push_str("further.wit", package).expect("a package");
        }
        let (interface, _) = resolve.push_dir(root().join("wit/v0.1.0")).expect("the interface");
        let text = format!("package tests:made; world made {{ {} }}", self.world);
        let made = resolve.push_str("made.wit", &text).expect("a world");
        let world = resolve.select_world(&[made, interface], Some("tests:made/made")).expect("the world");
        let mut module = wat::parse_str(self.module()).expect("a module");
        embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8, false).expect("metadata");
        let mut encoder = ComponentEncoder::default();
        encoder.module(&module).expect("a module that fits its world").encode().expect("a component")
    }

    fn module(&self) -> String {
        let Self { imports, fields, realloc, list, before, result, pages, memory, .. } = self;
        let mut data = String::new();
        for byte in &memory.bytes {
            let _ = write!(data, "\\{byte:02x}");
        }
        format!(
            r#"(module
              {imports}
              (memory (export "memory") {pages})
              (global $top (mut i32) (i32.const 0x80000))
              (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
                (local $at i32)
                {realloc}
                (local.set $at (i32.and (i32.add (global.get $top) (i32.const 7)) (i32.const -8)))
                (global.set $top (i32.add (local.get $at) (local.get 3)))
                (local.get $at))
              (func (export "pegboard:plugin/tools@0.1.0#list-tools") (result i32) {list})
              (func (export "pegboard:plugin/tools@0.1.0#call-tool") (param i32 i32 i32 i32) (result i32) {before} {result})
              {fields}
              (data (i32.const {BASE}) "{data}"))"#
        )
    }
}
