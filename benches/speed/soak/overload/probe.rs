//! Probe requests from separate threads, so that their latency does not depend on the load of the generator.

use std::{
    io::{self, Read, Write},
    net::{SocketAddr, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::{JoinHandle, sleep, spawn},
    time::{Duration, Instant},
};

use crate::stats::ms;

const THREADS: usize = 16;
const PAUSE: Duration = Duration::from_millis(10);
const PATIENCE: Duration = Duration::from_secs(30);

pub struct Probes {
    over: Arc<AtomicBool>,
    threads: Vec<JoinHandle<io::Result<Vec<f64>>>>,
}

impl Probes {
    pub fn start(to: SocketAddr, request: &[u8]) -> Self {
        let over = Arc::new(AtomicBool::new(false));
        let one = |_| {
            let (over, request) = (over.clone(), request.to_vec());
            spawn(move || ask(to, &request, &over))
        };
        Self {
            threads: (0..THREADS).map(one).collect(),
            over,
        }
    }

    /// Latencies in milliseconds of the 503 responses with `Retry-After`.
    pub async fn stop(self) -> io::Result<Vec<f64>> {
        self.over.store(true, Ordering::Relaxed);
        let mut all = Vec::new();
        while !self.threads.iter().all(JoinHandle::is_finished) {
            tokio::time::sleep(PAUSE).await;
        }
        for thread in self.threads {
            all.extend(thread.join().expect("no panic")?);
        }
        Ok(all)
    }
}

fn ask(to: SocketAddr, request: &[u8], over: &AtomicBool) -> io::Result<Vec<f64>> {
    let mut stream = TcpStream::connect(to)?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    let mut shed = Vec::new();
    while !over.load(Ordering::Relaxed) {
        let began = Instant::now();
        stream.write_all(request)?;
        if read(&mut stream)? {
            shed.push(ms(began.elapsed()));
        }
        sleep(PAUSE);
    }
    Ok(shed)
}

/// Reads an answer to its end; true for a 503 with `Retry-After`.
fn read(stream: &mut TcpStream) -> io::Result<bool> {
    let (mut answer, mut piece) = (Vec::new(), [0; 16 * 1024]);
    loop {
        let length = stream.read(&mut piece)?;
        answer.extend_from_slice(&piece[..length]);
        let text = String::from_utf8_lossy(&answer);
        let shed = text.starts_with("HTTP/1.1 503") && text.contains("\r\nretry-after: ");
        // A problem is one object, in one write; a stream is in chunks.
        match text.split_once("\r\n\r\n") {
            Some((_, body)) if shed && body.ends_with('}') => return Ok(true),
            Some((_, body)) if !shed && body.ends_with("\r\n0\r\n\r\n") => return Ok(false),
            _ if length == 0 => return Err(io::ErrorKind::UnexpectedEof.into()),
            _ => {}
        }
    }
}
