//! Differences, regular expressions, letter case and counts: exact work on texts, which models do by eye.

mod case;
mod count;
mod diff;
mod find;
mod pattern;
mod replace;

pegboard_sdk::plugin!(diff::diff, find::regex_find, replace::regex_replace, case::change_case, count::count_text);
