//! The application that runs on the machine: hardware-free, `no_std`, no allocation.
//!
//! ```text
//!  timer tick ─► Sampler ──(heapless queue)──► WindowAssembler ─► Runtime ─► Reporter ─► port
//!                reads the channels             channel after      all tasks   postcard,
//!                now due                        channel            at once     CRC, COBS
//! ```
//!
//! A board is a thin binary: it implements [`board::Board`], owns the static buffers ([`app::Memory`]), calls [`app::boot`],
//! then [`acquire::Sampler::tick`] at the rate that the model asks for and [`app::App::poll`] in its main loop. The model is not
//! compiled in: it lies in a flash region of its own and is checked, self-tested and accepted or refused at boot.
//!
//! The PC simulation drives the same code with a simulated board.
#![no_std]
#![forbid(unsafe_code)]

pub mod acquire;
pub mod app;
pub mod board;
pub mod encoder;
mod log;
pub mod playback;
pub mod refusal;
pub mod report;
pub mod window;
