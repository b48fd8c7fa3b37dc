//! `regrade`: which recycled-aluminium grades qualify for which car components, up to which scrap ratio.
//!
//! One direction of flow: source files → rows and findings → lake → heats → fits → verdicts → report.
//! Each room below knows the rooms before it and none behind it.

// Rooms, in the order of the flow.
pub mod domain;

pub mod contract;

pub mod curve;

pub mod source;

pub mod lake;

pub mod features;

pub mod models;

pub mod qualify;

pub mod report;

pub mod synth;

// The program around them.
pub mod output;

pub mod settings;

pub mod error;

pub mod console;

pub mod cli;

pub mod commands;

pub mod run;

pub mod dispatch;
