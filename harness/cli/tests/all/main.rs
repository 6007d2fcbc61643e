//! Everything that is tested through the whole program, and the rules of the house.

mod agree;
mod arithmetic;
mod command;
mod compare;
mod compose;
mod docker;
mod drills;
mod example;
mod external;
mod frozen_or_killed;
mod guards;
mod house;
mod leftovers;
mod memory;
mod mistakes;
mod outside;
mod repeatable;
mod repeats;
mod schema;
mod serve;
mod signals;
mod unproven;
mod voice;
