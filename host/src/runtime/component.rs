//! What a component is made of, as seen from outside: its imports, its exports, and whether it is a plugin.

use std::collections::BTreeSet;

use wasmtime::Engine;
use wasmtime::component::{Component, InstancePre, Linker};

use super::LoadError;
use super::host_api::LINKED;
use super::store::State;
use super::wit::exports;

/// The interfaces that a plugin may export, each of them optional.
pub(super) struct Exports {
    pub(super) tools: Option<exports::tools::GuestIndices>,
    pub(super) prompts: Option<exports::prompts::GuestIndices>,
    pub(super) resources: Option<exports::resources::GuestIndices>,
    pub(super) completions: Option<exports::completions::GuestIndices>,
}

const TOOLS: &str = "pegboard:plugin/tools@0.1.0";
const PROMPTS: &str = "pegboard:plugin/prompts@0.1.0";
const RESOURCES: &str = "pegboard:plugin/resources@0.1.0";
const COMPLETIONS: &str = "pegboard:plugin/completions@0.1.0";

impl Exports {
    /// Looks for each.
    pub(super) fn find(component: &InstancePre<State>) -> Result<Self, LoadError> {
        let found = Self {
            tools: interface(component, TOOLS, exports::tools::GuestIndices::new)?,
            prompts: interface(component, PROMPTS, exports::prompts::GuestIndices::new)?,
            resources: interface(component, RESOURCES, exports::resources::GuestIndices::new)?,
            completions: interface(component, COMPLETIONS, exports::completions::GuestIndices::new)?,
        };
        let none = found.tools.is_none()
            && found.prompts.is_none()
            && found.resources.is_none()
            && found.completions.is_none();
        if none {
            return Err(LoadError::NoExports { exports: names(component.component()).exports });
        }
        Ok(found)
    }
}

fn interface<T>(
    component: &InstancePre<State>,
    name: &'static str,
    find: impl FnOnce(&InstancePre<State>) -> wasmtime::Result<T>,
) -> Result<Option<T>, LoadError> {
    if component.component().get_export_index(None, name).is_none() {
        return Ok(None);
    }
    find(component).map(Some).map_err(|error| LoadError::Export { name, reason: chain(&error) })
}

/// The names of what a component wants and gives.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Names {
    /// Interfaces and functions that it imports.
    pub imports: Vec<String>,
    /// Interfaces and functions that it exports.
    pub exports: Vec<String>,
}

/// Reads the names from `component`.
#[must_use]
pub fn names(component: &Component) -> Names {
    let of = component.component_type();
    let engine: &Engine = component.engine();
    Names {
        imports: of.imports(engine).map(|(name, _)| name.to_owned()).collect(),
        exports: of.exports(engine).map(|(name, _)| name.to_owned()).collect(),
    }
}

/// Links `component`; where that fails, says all that is missing rather than the first.
pub(super) fn link(linker: &Linker<State>, component: &Component) -> Result<InstancePre<State>, LoadError> {
    linker.instantiate_pre(component).map_err(|error| {
        let missing: BTreeSet<String> =
            names(component).imports.into_iter().filter(|import| !is_linked(import)).collect();
        if missing.is_empty() {
            LoadError::Link { reason: chain(&error) }
        } else {
            LoadError::MissingImports { imports: missing.into_iter().collect() }
        }
    })
}

/// Is `import` (`wasi:io/streams@0.2.6`) of a package that the host has?
fn is_linked(import: &str) -> bool {
    LINKED.iter().any(|(package, version)| {
        import
            .strip_prefix(package)
            .is_some_and(|rest| rest.split_once('@').is_some_and(|(_, asked)| asked.starts_with(version)))
    })
}

/// An error and its causes, on one line.
fn chain(error: &wasmtime::Error) -> String {
    let causes: Vec<String> = error.chain().map(|cause| super::output::excerpt(&cause.to_string(), 512)).collect();
    causes.join(": ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_linked_is_known_by_package_and_version() {
        for linked in ["wasi:io/streams@0.2.6", "wasi:http/types@0.2.12", "pegboard:plugin/client@0.1.0"] {
            assert!(is_linked(linked), "{linked}");
        }
        for not in
            ["wasi:nn/tensor@0.2.0", "wasi:io/streams@0.3.0", "wasi:io/streams", "host", "pegboard:plugin/x@1.0.0"]
        {
            assert!(!is_linked(not), "{not}");
        }
    }
}
