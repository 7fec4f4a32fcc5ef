//! What `wit-bindgen` writes.
#![allow(unsafe_code, clippy::pedantic, missing_docs)]

wit_bindgen::generate!({
    path: "../../../wit/v0.1.0",
    inline: "package tests:puppet; world puppet {
        import pegboard:plugin/client@0.1.0;
        export pegboard:plugin/tools@0.1.0;
        export pegboard:plugin/prompts@0.1.0;
        export pegboard:plugin/resources@0.1.0;
        export pegboard:plugin/completions@0.1.0;
    }",
    world: "tests:puppet/puppet",
    generate_all,
    pub_export_macro: true,
});
