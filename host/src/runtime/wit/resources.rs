//! Resources and their templates, listed and read.

use super::exports::resources as wit;
use super::json::{self, Malformed};
use super::{CallError, content, imports::types};
use crate::plugin::{ReadOutput, Resource, ResourceTemplate};

/// What `list-resources` gave.
pub fn list(answer: Result<Vec<types::Resource>, types::CallError>) -> Result<Vec<Resource>, CallError> {
    let resources = answer.map_err(content::call_error)?;
    let convert = |resource: types::Resource| {
        let uri = resource.uri.clone();
        content::resource(resource).map_err(|error| error.within(format_args!("resource {uri:?}")))
    };
    Ok(resources.into_iter().map(convert).collect::<Result<_, _>>()?)
}

/// What `list-resource-templates` gave.
pub fn templates(
    answer: Result<Vec<wit::ResourceTemplate>, types::CallError>,
) -> Result<Vec<ResourceTemplate>, CallError> {
    let templates = answer.map_err(content::call_error)?;
    let convert = |template: wit::ResourceTemplate| {
        let uri = template.uri_template.clone();
        self::template(template).map_err(|error| error.within(format_args!("resource template {uri:?}")))
    };
    Ok(templates.into_iter().map(convert).collect::<Result<_, _>>()?)
}

fn template(template: wit::ResourceTemplate) -> Result<ResourceTemplate, Malformed> {
    Ok(ResourceTemplate {
        uri_template: template.uri_template,
        name: template.name,
        title: template.title,
        description: template.description,
        mime_type: template.mime_type,
        annotations: content::annotations(template.annotations)?,
        icons: content::icons(template.icons),
        meta: json::optional_object("meta", template.meta)?,
        extra: json::optional_object("extra", template.extra)?,
    })
}

/// What `read-resource` gave.
pub fn output(answer: Result<wit::ReadResult, types::CallError>) -> Result<ReadOutput, CallError> {
    let result = answer.map_err(content::call_error)?;
    let contents = result.contents.into_iter().enumerate().map(|(index, contents)| {
        content::resource_contents(contents).map_err(|error| error.within(format_args!("contents[{index}]")))
    });
    Ok(ReadOutput {
        contents: contents.collect::<Result<_, _>>()?,
        meta: json::optional_object("meta", result.meta)?,
        extra: json::optional_object("extra", result.extra)?,
    })
}
