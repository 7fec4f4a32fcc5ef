//! What a component exports: macros that [`plugin!`](crate::plugin!) calls, one for each family, and what the exported
//! functions do, away from the macros.

use super::Plugin;
use crate::arguments::Arguments;
use crate::bindings::completions::exports::pegboard::plugin::completions;
use crate::bindings::pegboard::plugin::types::{Argument, CallError, Resource};
use crate::bindings::prompts::exports::pegboard::plugin::prompts;
use crate::bindings::resources::exports::pegboard::plugin::resources;
use crate::bindings::tools::exports::pegboard::plugin::tools;
use crate::completion::Target;
use crate::context::Context;
use crate::error::Error;

pub type Outcome<T> = Result<T, CallError>;

fn all<A, B: From<A>>(listed: Result<Vec<A>, Error>) -> Outcome<Vec<B>> {
    Ok(listed?.into_iter().map(Into::into).collect())
}

fn named(args: Vec<Argument>) -> Arguments {
    args.into_iter().map(|argument| (argument.name, argument.value)).collect()
}

/// The context of a call that begins here.
fn begin() -> Context {
    crate::host::say_panics_on_one_line();
    Context::new()
}

macro_rules! exported {
    ($(fn $name:ident($plugin:ident, $ctx:ident $(, $arg:ident: $kind:ty)*) -> $output:ty $body:block)+) => {
        $(
            #[allow(clippy::missing_errors_doc)]
            pub fn $name($plugin: &Plugin $(, $arg: $kind)*) -> Outcome<$output> {
                let $ctx = &begin();
                $body
            }
        )+
    };
}

exported! {
    fn list_tools(plugin, _ctx) -> Vec<tools::Tool> {
        all(plugin.list_tools())
    }

    fn call_tool(plugin, ctx, name: &str, args: &str) -> tools::ToolResult {
        Ok(plugin.call_tool_text(ctx, name, args)?.into())
    }

    fn list_prompts(plugin, _ctx) -> Vec<prompts::Prompt> {
        all(plugin.list_prompts())
    }

    fn get_prompt(plugin, ctx, name: &str, args: Vec<Argument>) -> prompts::PromptResult {
        Ok(plugin.get_prompt_with(ctx, name, &named(args))?.into())
    }

    fn list_resources(plugin, ctx) -> Vec<Resource> {
        all(plugin.list_resources(ctx))
    }

    fn list_resource_templates(plugin, _ctx) -> Vec<resources::ResourceTemplate> {
        all(plugin.list_resource_templates())
    }

    fn read_resource(plugin, ctx, uri: &str) -> resources::ReadResult {
        Ok(plugin.read_resource(ctx, uri)?.into())
    }

    fn complete(
        plugin, ctx, target: &completions::CompletionRef, argument: &Argument, resolved: Vec<Argument>
    ) -> completions::Completion {
        let target = match target {
            completions::CompletionRef::Prompt(name) => Target::Prompt(name),
            completions::CompletionRef::ResourceTemplate(uri) => Target::ResourceTemplate(uri),
        };
        Ok(plugin.complete_with(ctx, target, &argument.name, &argument.value, &named(resolved))?.into())
    }
}

/// Exports a family: implements the generated trait by the functions above.
#[doc(hidden)]
#[macro_export]
macro_rules! __export {
    ($family:ident, $export:ident, $($name:ident($($arg:ident: $kind:ty => $pass:expr),*) -> $output:ty;)+) => {
        #[allow(unsafe_code)]
        const _: () = {
            use ::std::{string::String, vec::Vec};
            #[allow(unused_imports)]
            use $crate::bindings::{
                $family::exports::pegboard::plugin::$family::*,
                pegboard::plugin::types::{Argument, Resource},
            };
            use $crate::__private::exports::{self, Outcome};

            struct Export;

            impl Guest for Export {
                $(
                    fn $name($($arg: $kind),*) -> Outcome<$output> {
                        exports::$name(&PLUGIN, $($pass),*)
                    }
                )+
            }

            $crate::bindings::$family::$export!(Export with_types_in $crate::bindings::$family);
        };
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __export_tools {
    () => {
        $crate::__export! { tools, export_tools,
            list_tools() -> Vec<Tool>;
            call_tool(name: String => &name, args: String => &args) -> ToolResult;
        }
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __export_prompts {
    () => {
        $crate::__export! { prompts, export_prompts,
            list_prompts() -> Vec<Prompt>;
            get_prompt(name: String => &name, args: Vec<Argument> => args) -> PromptResult;
        }
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __export_resources {
    () => {
        $crate::__export! { resources, export_resources,
            list_resources() -> Vec<Resource>;
            list_resource_templates() -> Vec<ResourceTemplate>;
            read_resource(uri: String => &uri) -> ReadResult;
        }
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __export_completions {
    () => {
        $crate::__export! { completions, export_completions,
            complete(
                target: CompletionRef => &target, argument: Argument => &argument, resolved: Vec<Argument> => resolved
            ) -> Completion;
        }
    };
}
