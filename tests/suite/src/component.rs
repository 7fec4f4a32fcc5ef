//! Plugins made on the spot, out of a few lines of WebAssembly text and the interface's own WIT: small, compiled in no
//! time, and as faulty as a test wants them.

use std::fmt::Write as _;

use wit_component::{ComponentEncoder, StringEncoding, embed_component_metadata};
use wit_parser::Resolve;

use crate::guests::root;

/// A tool that a made plugin lists.
#[derive(Debug, Clone)]
pub struct Tool {
    /// Its name, good or bad.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// The schema of its arguments, good or bad.
    pub input_schema: String,
    /// The schema of its results, good or bad.
    pub output_schema: Option<String>,
}

/// A tool that nobody could object to.
pub fn tool(name: &str) -> Tool {
    Tool {
        name: name.into(),
        description: format!("The tool {name}."),
        input_schema: r#"{"type":"object"}"#.into(),
        output_schema: None,
    }
}

/// A plugin that lists `tools`; each call of one gives the text `says`.
pub fn plugin(tools: &[Tool], says: &str) -> Vec<u8> {
    let mut memory = Memory::default();
    let list = memory.list(tools);
    let result = memory.result(says);
    component(&module(&memory, "", &format!("i32.const {list}"), &format!("i32.const {result}")))
}

/// A plugin that always lists the tool `name` alone, and announces a change of its tools each time it is called.
pub fn announcing(name: &str) -> Vec<u8> {
    let mut memory = Memory::default();
    let list = memory.list(&[tool(name)]);
    let result = memory.result("announced");
    let import = r#"(import "pegboard:plugin/client@0.1.0" "announce" (func $announce (param i32 i32 i32)))"#;
    // The first case of the variant, which has no payload.
    let call = format!("(call $announce (i32.const 0) (i32.const 0) (i32.const 0)) i32.const {result}");
    component(&module(&memory, import, &format!("i32.const {list}"), &call))
}

/// A plugin with the tool `name` alone, which tells how many calls its instance has served before, one digit.
pub fn counting(name: &str) -> Vec<u8> {
    let mut memory = Memory::default();
    let list = memory.list(&[tool(name)]);
    let digit = memory.put(b"/");
    let result = memory.result_at(digit, 1);
    let call = format!(
        "(i32.store8 (i32.const {digit}) (i32.add (i32.load8_u (i32.const {digit})) (i32.const 1))) i32.const {result}"
    );
    component(&module(&memory, "", &format!("i32.const {list}"), &call))
}

/// A plugin that has, where others list their tools, this body of a function instead: instructions that give an
/// address, or trap, or never end.
pub fn that_lists_by(body: &str) -> Vec<u8> {
    component(&module(&Memory::default(), "", body, "unreachable"))
}

/// A component that is none of ours: it exports one function of its own.
pub fn of_another_kind() -> Vec<u8> {
    let text = r#"(component
      (core module $m (func (export "answer") (result i32) i32.const 42))
      (core instance $i (instantiate $m))
      (func $answer (result u32) (canon lift (core func $i "answer")))
      (export "answer" (func $answer)))"#;
    wat::parse_str(text).expect("a component")
}

/// A component that imports what no host has.
pub fn that_imports(name: &str) -> Vec<u8> {
    wat::parse_str(format!(r#"(component (import "{name}" (instance (export "infer" (func)))))"#)).expect("a component")
}

/// A core module, which is no component.
pub fn core_module() -> Vec<u8> {
    wat::parse_str("(module)").expect("a module")
}

fn module(memory: &Memory, import: &str, list: &str, call: &str) -> Vec<u8> {
    let mut data = String::new();
    for byte in &memory.bytes {
        let _ = write!(data, "\\{byte:02x}");
    }
    let text = format!(
        r#"(module
          {import}
          (memory (export "memory") 16)
          (global $top (mut i32) (i32.const 0x80000))
          (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32)
            (local $at i32)
            (local.set $at (i32.and (i32.add (global.get $top) (i32.const 7)) (i32.const -8)))
            (global.set $top (i32.add (local.get $at) (local.get 3)))
            (local.get $at))
          (func (export "pegboard:plugin/tools@0.1.0#list-tools") (result i32) {list})
          (func (export "pegboard:plugin/tools@0.1.0#call-tool") (param i32 i32 i32 i32) (result i32) {call})
          (data (i32.const {BASE}) "{data}"))"#
    );
    wat::parse_str(text).expect("a module")
}

fn component(module: &[u8]) -> Vec<u8> {
    let mut resolve = Resolve::default();
    let (interface, _) = resolve.push_dir(root().join("wit/v0.1.0")).expect("the interface");
    let text =
        "package tests:made; world made { import pegboard:plugin/client@0.1.0; export pegboard:plugin/tools@0.1.0; }";
    let made = resolve.push_str("made.wit", text).expect("a world");
    let world = resolve.select_world(&[made, interface], Some("tests:made/made")).expect("the world");
    let mut module = module.to_vec();
    embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8, false).expect("metadata");
    let mut encoder = ComponentEncoder::default();
    encoder.module(&module).expect("a module that fits its world").encode().expect("a component")
}

/// Where the data of a made plugin begins.
const BASE: u32 = 1024;

/// Values laid out as the canonical ABI has them.
#[derive(Default)]
struct Memory {
    bytes: Vec<u8>,
}

impl Memory {
    /// Puts `bytes` at an address that can be divided by 8.
    fn put(&mut self, bytes: &[u8]) -> u32 {
        self.bytes.resize(self.bytes.len().next_multiple_of(8), 0);
        let at = BASE + u32::try_from(self.bytes.len()).expect("a small plugin");
        self.bytes.extend_from_slice(bytes);
        at
    }

    fn text(&mut self, text: &str) -> [u8; 8] {
        let at = self.put(text.as_bytes());
        pair(at, text.len())
    }

    fn option(&mut self, text: Option<&str>) -> [u8; 12] {
        let mut option = [0; 12];
        if let Some(text) = text {
            option[0] = 1;
            option[4..].copy_from_slice(&self.text(text));
        }
        option
    }

    /// `result<list<tool>, call-error>`
    fn list(&mut self, tools: &[Tool]) -> u32 {
        let mut records = Vec::new();
        for tool in tools {
            let mut record = [0; 108];
            record[0..8].copy_from_slice(&self.text(&tool.name));
            record[20..28].copy_from_slice(&self.text(&tool.description));
            record[28..36].copy_from_slice(&self.text(&tool.input_schema));
            record[36..48].copy_from_slice(&self.option(tool.output_schema.as_deref()));
            records.extend_from_slice(&record);
        }
        let at = self.put(&records);
        let mut result = [0; 32];
        result[4..12].copy_from_slice(&pair(at, tools.len()));
        self.put(&result)
    }

    /// `result<tool-result, call-error>`, with one text.
    fn result(&mut self, text: &str) -> u32 {
        let at = self.put(text.as_bytes());
        self.result_at(at, text.len())
    }

    /// The same, with the text that is at an address.
    fn result_at(&mut self, address: u32, length: usize) -> u32 {
        let mut content = [0; 256];
        content[8..16].copy_from_slice(&pair(address, length));
        let at = self.put(&content);
        let mut result = [0; 64];
        result[4..12].copy_from_slice(&pair(at, 1));
        self.put(&result)
    }
}

fn pair(address: u32, length: usize) -> [u8; 8] {
    let mut pair = [0; 8];
    pair[..4].copy_from_slice(&address.to_le_bytes());
    pair[4..].copy_from_slice(&u32::try_from(length).expect("a small plugin").to_le_bytes());
    pair
}
