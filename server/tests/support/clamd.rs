//! A clamd that does as it is told, over a real socket. Invariant: it speaks the dialogue of clamd to the byte, and what it
//! was not asked it does not say.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

/// The file that every scanner finds, in two halves so that no scanner finds this one.
pub fn eicar() -> Vec<u8> {
    [r"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR", "-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"].concat().into_bytes()
}

/// A scanner.
pub struct Clamd {
    pub address: SocketAddr,
    /// How many files it has read to the end.
    pub scanned: Arc<AtomicUsize>,
}

impl Clamd {
    /// Starts; it goes with the process of the tests.
    pub fn start() -> Self {
        Self::on(TcpListener::bind("127.0.0.1:0").unwrap())
    }

    /// On a listener that is there.
    pub fn on(listener: TcpListener) -> Self {
        let (address, scanned) = (listener.local_addr().unwrap(), Arc::new(AtomicUsize::new(0)));
        let count = Arc::clone(&scanned);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let _ = answer(stream, &count);
            }
        });
        Self { address, scanned }
    }
}

fn answer(mut stream: TcpStream, count: &AtomicUsize) -> std::io::Result<()> {
    let mut command = [0; 10];
    stream.read_exact(&mut command)?;
    assert_eq!(&command, b"zINSTREAM\0");
    let mut file = Vec::new();
    loop {
        let mut length = [0; 4];
        stream.read_exact(&mut length)?;
        let length = u32::from_be_bytes(length) as usize;
        if length == 0 {
            break;
        }
        let start = file.len();
        file.resize(start + length, 0);
        stream.read_exact(&mut file[start..])?;
    }
    count.fetch_add(1, Ordering::SeqCst);
    let mark = eicar();
    let is_found = file.windows(mark.len()).any(|window| window == mark);
    let said: &[u8] = if is_found { b"stream: Eicar-Signature FOUND\0" } else { b"stream: OK\0" };
    stream.write_all(said)
}
