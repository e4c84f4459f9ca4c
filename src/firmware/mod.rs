//! The firmware. (Helper boot's file has the rest: of this one only the line below is to be kept.)

pub mod status_txt;
