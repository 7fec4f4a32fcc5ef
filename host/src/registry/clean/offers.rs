//! The texts of what plugins offer, field by field.

use super::json;
use super::{Kind, Report, clean, hidden};
use crate::plugin::{
    Annotations, Content, Icon, JsonObject, PromptOutput, PromptSpec, Resource, ResourceTemplate, ToolSpec,
};

/// The most bytes of a title, and of what else is one line.
const LINE_BYTES: usize = 256;
/// The most bytes of a description.
const DESCRIPTION_BYTES: usize = 16 << 10;
/// The most bytes of a URI.
const URI_BYTES: usize = 8 << 10;
/// The most pictures of one thing; further ones are left out.
const ICONS: usize = 16;
/// The most bytes of a picture that is in its URI.
const DATA_URI_BYTES: usize = 64 << 10;
/// The most bytes of the address of a picture.
const ICON_URI_BYTES: usize = 2 << 10;
/// The most sizes of a picture.
const ICON_SIZES: usize = 16;

/// Members that the host writes, and that no further member may forge.
const OF_TOOLS: [&str; 8] =
    ["name", "title", "description", "inputSchema", "outputSchema", "annotations", "icons", "_meta"];
const OF_PROMPTS: [&str; 6] = ["name", "title", "description", "arguments", "icons", "_meta"];
const OF_TEMPLATES: [&str; 8] =
    ["uriTemplate", "name", "title", "description", "mimeType", "annotations", "icons", "_meta"];
const OF_RESOURCES: [&str; 9] =
    ["uri", "name", "title", "description", "mimeType", "size", "annotations", "icons", "_meta"];

/// One thing that is offered: what it is called in sentences, and where they go.
pub(in super::super) struct Offer<'a> {
    pub(in super::super) called: String,
    pub(in super::super) report: &'a mut Report,
}

/// What is wrong, without the thing's name.
type Checked = Result<(), String>;

/// Cleans a tool but for its name, which has a rule of its own.
pub(in super::super) fn tool(spec: &mut ToolSpec, offer: &mut Offer<'_>) -> Checked {
    offer.line("title", spec.title.as_mut(), LINE_BYTES)?;
    offer.text("description", Some(&mut spec.description), DESCRIPTION_BYTES)?;
    if spec.description.trim().is_empty() {
        return Err("its description is empty: a model would not know when to use it".to_owned());
    }
    offer.schema("input schema", Some(&mut spec.input_schema))?;
    offer.schema("output schema", spec.output_schema.as_mut())?;
    offer.icons(&mut spec.icons);
    offer.object("needs", spec.needs.as_mut())?;
    offer.object("_meta", spec.meta.as_mut())?;
    offer.extra(spec.extra.as_mut(), &OF_TOOLS)
}

/// Cleans a prompt but for its name.
pub(in super::super) fn prompt(spec: &mut PromptSpec, offer: &mut Offer<'_>) -> Checked {
    offer.line("title", spec.title.as_mut(), LINE_BYTES)?;
    offer.text("description", spec.description.as_mut(), DESCRIPTION_BYTES)?;
    for argument in &mut spec.arguments {
        let name = argument.name.as_str();
        exact("name of an argument", name, LINE_BYTES)?;
        if name.is_empty() {
            return Err("the name of an argument is empty".to_owned());
        }
        let title = format!("title of the argument `{name}`");
        let description = format!("description of the argument `{name}`");
        offer.line(&title, argument.title.as_mut(), LINE_BYTES)?;
        offer.text(&description, argument.description.as_mut(), DESCRIPTION_BYTES)?;
    }
    offer.icons(&mut spec.icons);
    offer.object("_meta", spec.meta.as_mut())?;
    offer.extra(spec.extra.as_mut(), &OF_PROMPTS)
}

/// Cleans a resource template but for its template, which has a rule of its own.
pub(in super::super) fn template(spec: &mut ResourceTemplate, offer: &mut Offer<'_>) -> Checked {
    exact("URI template", &spec.uri_template, URI_BYTES)?;
    offer.line("name", Some(&mut spec.name), LINE_BYTES)?;
    offer.line("title", spec.title.as_mut(), LINE_BYTES)?;
    offer.text("description", spec.description.as_mut(), DESCRIPTION_BYTES)?;
    offer.line("media type", spec.mime_type.as_mut(), LINE_BYTES)?;
    offer.annotations(spec.annotations.as_mut())?;
    offer.icons(&mut spec.icons);
    offer.object("_meta", spec.meta.as_mut())?;
    offer.extra(spec.extra.as_mut(), &OF_TEMPLATES)
}

/// Cleans a resource as a plugin lists it at request time. Gives what was done, a sentence each.
///
/// # Errors
/// Says why the resource cannot be listed.
pub fn resource(resource: &mut Resource) -> Result<Vec<String>, String> {
    let mut report = Report::default();
    exact("URI", &resource.uri, URI_BYTES)?;
    if resource.uri.is_empty() {
        return Err("its URI is empty".to_owned());
    }
    let offer = &mut Offer { called: format!("resource `{:.200}`", resource.uri), report: &mut report };
    offer.line("name", Some(&mut resource.name), LINE_BYTES)?;
    offer.line("title", resource.title.as_mut(), LINE_BYTES)?;
    offer.text("description", resource.description.as_mut(), DESCRIPTION_BYTES)?;
    offer.line("media type", resource.mime_type.as_mut(), LINE_BYTES)?;
    offer.annotations(resource.annotations.as_mut())?;
    offer.icons(&mut resource.icons);
    offer.object("_meta", resource.meta.as_mut())?;
    offer.extra(resource.extra.as_mut(), &OF_RESOURCES)?;
    Ok(report.sentences())
}

/// Cleans a schema. Gives what was done, a sentence each.
///
/// # Errors
/// Says which place must be clean and is not, or which bound it is over.
pub fn schema(schema: &mut serde_json::Value) -> Result<Vec<String>, String> {
    let mut report = Report::default();
    json::schema(schema, &mut |place, removed| report.say(|| format!("{removed} at {place}, removed")))?;
    Ok(report.sentences())
}

/// Cleans what a prompt was filled in to: a person reads it in a list of messages, and then the model does. Gives
/// what was done, a sentence each.
#[must_use]
pub fn prompt_output(output: &mut PromptOutput) -> Vec<String> {
    let mut report = Report::default();
    let texts = output.messages.iter_mut().filter_map(|message| match &mut message.content {
        Content::Text(text) => Some(("message", &mut text.text)),
        _ => None,
    });
    for (field, text) in output.description.as_mut().map(|text| ("description", text)).into_iter().chain(texts) {
        if let Some(cleaned) = clean(text, Kind::Text) {
            *text = cleaned.text;
            report.say(|| format!("its {field} has {}, removed", cleaned.removed));
        }
    }
    report.sentences()
}

impl Offer<'_> {
    fn line(&mut self, field: &str, text: Option<&mut String>, most: usize) -> Checked {
        self.cleaned(field, text, most, Kind::Line)
    }

    fn text(&mut self, field: &str, text: Option<&mut String>, most: usize) -> Checked {
        self.cleaned(field, text, most, Kind::Text)
    }

    fn cleaned(&mut self, field: &str, text: Option<&mut String>, most: usize, kind: Kind) -> Checked {
        let Some(text) = text else { return Ok(()) };
        within(field, text, most)?;
        if let Some(cleaned) = clean(text, kind) {
            *text = cleaned.text;
            if cleaned.removed != super::Removed::default() {
                self.say(&format!("its {field} has {}, removed", cleaned.removed));
            }
        }
        Ok(())
    }

    fn schema(&mut self, field: &str, schema: Option<&mut serde_json::Value>) -> Checked {
        let Some(schema) = schema else { return Ok(()) };
        let tell = &mut |place: &str, removed| self.say(&format!("its {field} has {removed} at {place}, removed"));
        json::schema(schema, tell).map_err(|what| format!("its {field} is invalid: {what}"))
    }

    fn object(&mut self, field: &str, object: Option<&mut JsonObject>) -> Checked {
        let Some(object) = object else { return Ok(()) };
        let tell = &mut |place: &str, removed| self.say(&format!("its {field} has {removed} at {place}, removed"));
        json::object(object, tell).map_err(|what| format!("its {field}: {what}"))
    }

    /// Further members are for what revisions to come will have; none may stand in for a member that is checked.
    fn extra(&mut self, extra: Option<&mut JsonObject>, taken: &[&str]) -> Checked {
        let Some(extra) = extra else { return Ok(()) };
        for member in taken {
            if extra.shift_remove(*member).is_some() {
                self.say(&format!("the further member `{member}` is left out: it has a field of its own"));
            }
        }
        self.object("further members", Some(extra))
    }

    fn annotations(&mut self, annotations: Option<&mut Annotations>) -> Checked {
        let Some(annotations) = annotations else { return Ok(()) };
        self.line("time of its last change", annotations.last_modified.as_mut(), LINE_BYTES)
    }

    /// A picture is not worth a refusal: one that cannot be shown safely is left out.
    fn icons(&mut self, icons: &mut Vec<Icon>) {
        let all = icons.len();
        icons.retain(|icon| match icon_trouble(icon) {
            None => true,
            Some(trouble) => {
                self.say(&format!("an icon is left out: {trouble}"));
                false
            }
        });
        if icons.len() > ICONS {
            icons.truncate(ICONS);
            self.say(&format!("it has {all} icons; {ICONS} are taken"));
        }
    }

    /// Tells the operator.
    pub(in super::super) fn say(&mut self, what: &str) {
        self.report.say(|| format!("{}: {what}", self.called));
    }
}

fn icon_trouble(icon: &Icon) -> Option<String> {
    let most = match icon.src.split_once(':') {
        Some((scheme, _)) if scheme.eq_ignore_ascii_case("https") => ICON_URI_BYTES,
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("data") && rest.starts_with("image/") => DATA_URI_BYTES,
        _ => return Some("its source must be an https: address, or a data: URI of an image".to_owned()),
    };
    let fields = [("source", Some(&icon.src), most), ("media type", icon.mime_type.as_ref(), LINE_BYTES)];
    let fields = fields.into_iter().chain([("theme", icon.theme.as_ref(), LINE_BYTES)]);
    let sizes = icon.sizes.iter().take(ICON_SIZES + 1).map(|size| ("size", Some(size), LINE_BYTES));
    if icon.sizes.len() > ICON_SIZES {
        return Some(format!("it has more than {ICON_SIZES} sizes"));
    }
    fields.chain(sizes).find_map(|(field, text, most)| exact(field, text?, most).err())
}

/// A text that must be clean as it is, and of one line.
fn exact(field: &str, text: &str, most: usize) -> Checked {
    within(field, text, most)?;
    match hidden(text, Kind::Line) {
        Some(removed) => Err(format!("its {field} has {removed}")),
        None => Ok(()),
    }
}

fn within(field: &str, text: &str, most: usize) -> Checked {
    let bytes = text.len();
    if bytes > most { Err(format!("its {field} has {bytes} bytes; at most {most} are taken")) } else { Ok(()) }
}
