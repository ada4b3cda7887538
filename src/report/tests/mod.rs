//! Reports of hand-made outputs, compared letter by letter.

mod json;
mod samples;
mod text;
