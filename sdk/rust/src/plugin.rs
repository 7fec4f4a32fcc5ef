//! A plugin: what its file offers.

use std::collections::HashSet;

use serde_json::Value;

use crate::context::Context;
use crate::error::Error;
use crate::result::ToolResult;
use crate::tool::{Tool, ToolItem};

/// What [`plugin!`](crate::plugin!) makes, as `PLUGIN`: all that a plugin offers. In tests it is called as a
/// client would call it, by name and with JSON:
///
/// ```
/// use pegboard_sdk::prelude::*;
///
/// /// Adds two numbers.
/// #[tool]
/// fn add(a: u32, b: u32) -> u32 {
///     a + b
/// }
///
/// pegboard_sdk::plugin!(add);
///
/// # fn main() {
/// let result = PLUGIN.call_tool(&Context::test(), "add", &json!({ "a": 1, "b": 2 })).unwrap();
/// assert_eq!(result.to_value(), Some(json!({ "result": 3 })));
/// # }
/// ```
#[derive(Debug)]
pub struct Plugin {
    #[doc(hidden)]
    pub tools: &'static [&'static [ToolItem]],
}

impl Plugin {
    /// The tools, in order.
    ///
    /// # Errors
    /// [`Error::Failed`] if a schema cannot be used; says of which tool and why.
    pub fn list_tools(&self) -> Result<Vec<Tool>, Error> {
        self.tool_items().map(|item| (item.describe)()).collect::<Result<_, _>>().map_err(Error::Failed)
    }

    /// Runs a tool.
    ///
    /// # Errors
    /// What the tool fails with; [`Error::NotFound`] if there is no such tool, [`Error::InvalidArguments`]
    /// if it cannot read its arguments.
    pub fn call_tool(&self, context: &Context, name: &str, args: &Value) -> Result<ToolResult, Error> {
        self.call_tool_text(context, name, &args.to_string())
    }

    pub(crate) fn call_tool_text(&self, context: &Context, name: &str, args: &str) -> Result<ToolResult, Error> {
        let tool = self.tool_items().find(|item| item.name == name).ok_or_else(|| Error::not_found(name))?;
        (tool.run)(context, args)
    }

    /// Looks for what a host would refuse: names that are wrong or used twice, and schemas that cannot be
    /// used. `plugin!` adds a test that calls this.
    ///
    /// # Errors
    /// What is wrong.
    pub fn check(&self) -> Result<(), String> {
        let tools = self.list_tools().map_err(|error| error.to_string())?;
        let mut names = HashSet::new();
        for tool in &tools {
            let name = &tool.name;
            let fits = (1..=64).contains(&name.len())
                && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-');
            if !fits {
                return Err(format!("tool `{name}`: a name has 1 to 64 of a-z, A-Z, 0-9, _ and -"));
            }
            if !names.insert(name) {
                return Err(format!("tool `{name}`: the name is used twice"));
            }
            if tool.annotations.read_only == Some(true) && tool.annotations.destructive == Some(true) {
                return Err(format!("tool `{name}`: what only reads destroys nothing"));
            }
        }
        Ok(())
    }

    fn tool_items(&self) -> impl Iterator<Item = &'static ToolItem> {
        self.tools.iter().copied().flatten()
    }
}

/// Makes a plugin of tools; once, at the root of a crate.
///
/// ```
/// # use pegboard_sdk::prelude::*;
/// # /// Adds.
/// # #[tool] fn add(a: f64, b: f64) -> f64 { a + b }
/// # mod more { use pegboard_sdk::prelude::*;
/// # /// Subtracts.
/// # #[tool] pub fn sub(a: f64, b: f64) -> f64 { a - b } }
/// pegboard_sdk::plugin!(add, more::sub);
/// # fn main() {}
/// ```
///
/// The tools are named, rather than found by the linker, so that clients see them in this order, that none
/// is lost because nothing refers to its module, and that an instance does no work before its first call.
///
/// It defines `PLUGIN`, a [`Plugin`], for tests; a test that [checks](Plugin::check) it; and on `wasm32`
/// what the component exports.
#[macro_export]
macro_rules! plugin {
    ($($tool:ty),+ $(,)?) => {
        $crate::plugin!(tools: $($tool),+);
    };
    (tools: $($tool:ty),+ $(,)?) => {
        /// All that this plugin offers.
        pub static PLUGIN: $crate::Plugin =
            $crate::Plugin { tools: &[$(<$tool as $crate::__private::Tools>::TOOLS),+] };

        #[cfg(target_arch = "wasm32")]
        $crate::__export_tools!();

        #[cfg(test)]
        mod pegboard_plugin {
            #[test]
            fn holds_nothing_that_a_host_would_refuse() {
                if let Err(what) = super::PLUGIN.check() {
                    panic!("{what}");
                }
            }
        }
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __export_tools {
    () => {
        #[allow(unsafe_code)]
        const _: () = {
            struct Export;

            impl $crate::bindings::tools::exports::pegboard::plugin::tools::Guest for Export {
                fn list_tools() -> $crate::__private::exports::ListTools {
                    $crate::__private::exports::list_tools(&PLUGIN)
                }

                fn call_tool(
                    name: ::std::string::String,
                    args: ::std::string::String,
                ) -> $crate::__private::exports::CallTool {
                    $crate::__private::exports::call_tool(&PLUGIN, &name, &args)
                }
            }

            $crate::bindings::tools::export_tools!(
                Export with_types_in $crate::bindings::tools
            );
        };
    };
}

/// What exported functions do, away from the macro.
#[doc(hidden)]
pub mod exports {
    use super::Plugin;
    use crate::bindings::pegboard::plugin::types::CallError;
    use crate::bindings::tools::exports::pegboard::plugin::tools;
    use crate::context::Context;

    pub type ListTools = Result<Vec<tools::Tool>, CallError>;
    pub type CallTool = Result<tools::ToolResult, CallError>;

    #[allow(clippy::missing_errors_doc)]
    pub fn list_tools(plugin: &Plugin) -> ListTools {
        crate::host::say_panics_on_one_line();
        Ok(plugin.list_tools()?.into_iter().map(Into::into).collect())
    }

    #[allow(clippy::missing_errors_doc)]
    pub fn call_tool(plugin: &Plugin, name: &str, args: &str) -> CallTool {
        crate::host::say_panics_on_one_line();
        Ok(plugin.call_tool_text(&Context::new(), name, args)?.into())
    }
}
