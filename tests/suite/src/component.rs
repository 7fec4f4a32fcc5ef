//! Plugins made on the spot, out of a few lines of WebAssembly text and the interface's own WIT: small, compiled in no
//! time, and as faulty as a test wants them.

mod made;
mod memory;

pub use made::Made;

/// A tool that a made plugin lists.
#[derive(Debug, Clone)]
pub struct Tool {
    /// Its name, good or bad.
    pub name: String,
    /// What people call it.
    pub title: Option<String>,
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
        title: None,
        description: format!("The tool {name}."),
        input_schema: r#"{"type":"object"}"#.into(),
        output_schema: None,
    }
}

/// A plugin that lists `tools`; each call of one gives the text `says`.
pub fn plugin(tools: &[Tool], says: &str) -> Vec<u8> {
    Made::new(tools, says).component()
}

/// A plugin that always lists the tool `name` alone, and announces a change of its tools each time it is called.
pub fn announcing(name: &str) -> Vec<u8> {
    let import = r#"(import "pegboard:plugin/client@0.1.0" "announce" (func $announce (param i32 i32 i32)))"#;
    // The first case of the variant, which has no payload.
    let announce = "(call $announce (i32.const 0) (i32.const 0) (i32.const 0))";
    Made::new(&[tool(name)], "announced").import(import).when_called(announce).component()
}

/// A plugin with the tool `name` alone, which tells how many calls its instance has served before, one digit.
pub fn counting(name: &str) -> Vec<u8> {
    let mut made = Made::new(&[tool(name)], "");
    let digit = made.put(b"/");
    let count = format!("(i32.store8 (i32.const {digit}) (i32.add (i32.load8_u (i32.const {digit})) (i32.const 1)))");
    made.gives_text_at(digit, 1).when_called(&count).component()
}

/// A plugin that has, where others list their tools, this body of a function instead: instructions that give an
/// address, or trap, or never end.
pub fn that_lists_by(body: &str) -> Vec<u8> {
    Made::new(&[], "").lists_by(body).component()
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
