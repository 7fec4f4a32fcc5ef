//! Decimal arithmetic and units of measurement: what models get wrong when they do it in their heads.

mod calculate;
mod convert;
mod expression;
mod functions;
mod number;
mod token;
mod units;

pegboard_sdk::plugin!(calculate::calculate, convert::convert_units);
