//! The time now, in other zones, and between two times. The zones' rules are built in, so that nothing depends on
//! the machine.

mod convert;
mod difference;
mod moment;
mod now;
mod read;
mod zone;

pegboard_sdk::plugin!(now::now, convert::convert_time, difference::time_difference);
