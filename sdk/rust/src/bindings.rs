//! What `wit-bindgen` writes for the interface.
//!
//! One `generate!` per exported family, since a component must export what its world says: a plugin without
//! prompts would otherwise have to export them. They share the types of the first, and the linker merges the
//! worlds of those that a plugin uses.

wit_bindgen::generate!({
    path: "wit/v0.1.0",
    world: "pegboard:plugin/imports",
    generate_all,
});

pub mod tools {
    wit_bindgen::generate!({
        path: "wit/v0.1.0",
        inline: "package pegboard:sdk; world tools { export pegboard:plugin/tools@0.1.0; }",
        world: "pegboard:sdk/tools",
        with: { "pegboard:plugin/types@0.1.0": super::pegboard::plugin::types },
        pub_export_macro: true,
        export_macro_name: "export_tools",
        default_bindings_module: "pegboard_sdk::bindings::tools",
    });
}

pub mod prompts {
    wit_bindgen::generate!({
        path: "wit/v0.1.0",
        inline: "package pegboard:sdk; world prompts { export pegboard:plugin/prompts@0.1.0; }",
        world: "pegboard:sdk/prompts",
        with: { "pegboard:plugin/types@0.1.0": super::pegboard::plugin::types },
        pub_export_macro: true,
        export_macro_name: "export_prompts",
        default_bindings_module: "pegboard_sdk::bindings::prompts",
    });
}

pub mod resources {
    wit_bindgen::generate!({
        path: "wit/v0.1.0",
        inline: "package pegboard:sdk; world resources { export pegboard:plugin/resources@0.1.0; }",
        world: "pegboard:sdk/resources",
        with: { "pegboard:plugin/types@0.1.0": super::pegboard::plugin::types },
        pub_export_macro: true,
        export_macro_name: "export_resources",
        default_bindings_module: "pegboard_sdk::bindings::resources",
    });
}

pub mod completions {
    wit_bindgen::generate!({
        path: "wit/v0.1.0",
        inline: "package pegboard:sdk; world completions { export pegboard:plugin/completions@0.1.0; }",
        world: "pegboard:sdk/completions",
        with: { "pegboard:plugin/types@0.1.0": super::pegboard::plugin::types },
        pub_export_macro: true,
        export_macro_name: "export_completions",
        default_bindings_module: "pegboard_sdk::bindings::completions",
    });
}
