//! Whole captures, built byte by byte, through the reader.

mod compressed;
mod files;
mod pcap;
mod pcapng;
mod samples;
