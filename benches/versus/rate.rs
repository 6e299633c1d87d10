//! Asks at a constant rate and measures how long each answer took since its request was due.
//!
//! `rate ADDRESS RATE SECONDS [FIELD...]`, in lines of the form `Name: value`; prints the median and the 99th percentile in microseconds.
//! A request is due at its own time, however long those before it take, and its time counts from there: an answer that is late delays
//! nothing and hides nothing ("coordinated omission"). Started by `versus.py`.

#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "a measurement takes times, waits and prints"
)]

use std::error::Error;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::thread;
use std::time::{Duration, Instant};

type Outcome<T> = Result<T, Box<dyn Error + Send + Sync>>;

/// Connections, each with a thread of its own: as many may be late at a time.
const CONNECTIONS: u32 = 16;
/// What is asked before times are taken.
const WARMING: u32 = 50;

fn main() -> Outcome<()> {
    let mut args = std::env::args().skip(1);
    let (Some(address), Some(rate), Some(seconds)) = (args.next(), args.next(), args.next()) else {
        return Err("usage: rate ADDRESS RATE SECONDS [FIELD...]".into());
    };
    let (rate, seconds): (u32, u32) = (rate.parse()?, seconds.parse()?);
    let fields: String = args.map(|field| field + "\r\n").collect();
    let request = format!("GET /item/1 HTTP/1.1\r\n{fields}\r\n");
    // Linux lets a sleeper sleep 50 microseconds longer than it asked for; threads inherit this.
    drop(std::fs::write("/proc/self/timerslack_ns", "1"));
    let each = Duration::from_secs(1) / rate;
    let start = Instant::now() + Duration::from_millis(200);
    let askers = (0..CONNECTIONS).map(|number| {
        let (address, request) = (address.clone(), request.clone());
        thread::spawn(move || -> Outcome<Vec<Duration>> {
            let mut connection = TcpStream::connect(&address)?;
            connection.set_nodelay(true)?;
            let mut times = Vec::new();
            for _ in 0..WARMING {
                ask(&mut connection, &request)?;
            }
            for turn in (number..rate * seconds).step_by(CONNECTIONS as usize) {
                let due = start + each * turn;
                thread::sleep(due.saturating_duration_since(Instant::now()));
                ask(&mut connection, &request)?;
                times.push(due.elapsed());
            }
            Ok(times)
        })
    });
    let askers: Vec<_> = askers.collect();
    let mut times = Vec::new();
    for asker in askers {
        times.extend(asker.join().map_err(|_| "an asker panicked")??);
    }
    times.sort();
    let at =
        |part: usize| times.get(times.len() * part / 100).copied().unwrap_or_default().as_secs_f64() * 1e6;
    println!("{:.1} {:.1}", at(50), at(99));
    Ok(())
}

/// One request and its whole answer, which must have a length.
fn ask(connection: &mut TcpStream, request: &str) -> Outcome<()> {
    connection.write_all(request.as_bytes())?;
    let (mut answer, mut piece) = (Vec::new(), [0; 8192]);
    loop {
        let count = connection.read(&mut piece)?;
        if count == 0 {
            return Err("the connection ended".into());
        }
        answer.extend_from_slice(piece.get(..count).unwrap_or_default());
        let Some(end) = answer.windows(4).position(|four| four == b"\r\n\r\n") else { continue };
        let head = String::from_utf8_lossy(answer.get(..end).unwrap_or_default()).to_ascii_lowercase();
        if !head.starts_with("http/1.1 200") {
            return Err(format!("an unexpected answer: {head}").into());
        }
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
        let length: usize = length.ok_or("an answer without a length")?.trim().parse()?;
        if answer.len() >= end + 4 + length {
            return Ok(());
        }
    }
}
