//! What the official conformance suite calls, gets and reads: its names are the suite's, and so are many of its words.
//!
//! The suite calls the first tool of the list without arguments and without capabilities, and reads the first resource,
//! so the order means something.

mod content;
mod during;
mod prompts;
mod questions;
mod resources;
mod rounds;
mod schemas;
mod tasks;

pegboard_sdk::plugin! {
    tools: [
        content::test_simple_text,
        content::test_image_content,
        content::test_audio_content,
        content::test_embedded_resource,
        content::test_multiple_content_types,
        content::test_error_handling,
        during::test_tool_with_progress,
        during::test_tool_with_logging,
        during::test_logging_tool,
        during::test_reconnection,
        during::test_trigger_tool_change,
        during::test_trigger_prompt_change,
        questions::test_sampling,
        questions::test_elicitation,
        questions::test_elicitation_sep1034_defaults,
        questions::test_elicitation_sep1330_enums,
        questions::test_streaming_elicitation,
        questions::test_missing_capability,
        rounds::test_input_required_result_elicitation,
        rounds::test_input_required_result_sampling,
        rounds::test_input_required_result_list_roots,
        rounds::test_input_required_result_request_state,
        rounds::test_input_required_result_multiple_inputs,
        rounds::test_input_required_result_multi_round,
        rounds::test_input_required_result_tampered_state,
        rounds::test_input_required_result_capabilities,
        schemas::json_schema_2020_12_tool,
        schemas::test_custom_header,
        tasks::greet,
        tasks::slow_compute,
        tasks::failing_job,
        tasks::protocol_error_job,
        tasks::confirm_delete,
        tasks::multi_input,
        tasks::test_tool_with_task,
    ],
    prompts: [
        prompts::test_simple_prompt,
        prompts::test_prompt_with_arguments,
        prompts::test_prompt_with_embedded_resource,
        prompts::test_prompt_with_image,
        prompts::test_input_required_result_prompt,
    ],
    resources: [
        resources::static_text,
        resources::static_binary,
        resources::watched,
        resources::template_data,
    ],
    completions: [
        prompts::test_prompt_with_arguments,
        resources::template_data,
    ],
}

#[cfg(test)]
mod tests {
    use pegboard_sdk::prelude::*;

    use crate::PLUGIN;

    #[test]
    fn the_first_tool_needs_no_arguments_and_no_capabilities() {
        let tools = PLUGIN.list_tools().unwrap();
        assert_eq!((tools[0].name.as_str(), &tools[0].needs), ("test_simple_text", &None));
        assert!(!PLUGIN.call_tool(&Context::test(), &tools[0].name, &json!({})).unwrap().is_error);
    }

    #[test]
    fn the_first_resource_can_be_read() {
        let ctx = Context::test();
        let first = PLUGIN.list_resources(&ctx).unwrap().remove(0);
        assert_eq!(PLUGIN.read_resource(&ctx, &first.uri).unwrap().contents[0].uri, "test://static-text");
    }
}
