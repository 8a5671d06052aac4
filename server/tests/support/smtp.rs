//! A mail relay that does what a test tells it to. Invariant: one order is used up by each mail that is offered; without orders
//! it takes everything. It goes with the test, and offers no encryption.

use std::{
    collections::VecDeque,
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex},
};

/// What is done with the next mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// Taken.
    Take,
    /// This answer to its sender.
    Sender(u16),
    /// This answer to its recipient.
    Recipient(u16),
    /// This answer to its text.
    Text(u16),
    /// No answer, for ever.
    Hang,
    /// The text is taken, and the connection ends before the answer.
    CutAfterText,
}

#[derive(Default)]
struct Heard {
    orders: VecDeque<Order>,
    commands: Vec<String>,
    texts: Vec<String>,
}

/// The relay.
pub struct Relay {
    pub port: u16,
    heard: Arc<Mutex<Heard>>,
}

impl Relay {
    pub fn new(orders: &[Order]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let heard = Arc::new(Mutex::new(Heard { orders: orders.iter().copied().collect(), ..Heard::default() }));
        let shared = Arc::clone(&heard);
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let heard = Arc::clone(&shared);
                // A connection that breaks is what the other side wanted.
                std::thread::spawn(move || drop(talk(stream, &heard)));
            }
        });
        Self { port, heard }
    }

    /// The first words of all commands so far.
    pub fn commands(&self) -> Vec<String> {
        self.heard.lock().unwrap().commands.clone()
    }

    /// Every text that came whole, whatever was answered to it.
    pub fn texts(&self) -> Vec<String> {
        self.heard.lock().unwrap().texts.clone()
    }
}

fn talk(mut stream: TcpStream, heard: &Mutex<Heard>) -> std::io::Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut order = Order::Take;
    stream.write_all(b"220 relay\r\n")?;
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line)? == 0 {
            return Ok(());
        }
        let verb = line.split([' ', ':', '\r']).next().unwrap_or_default().to_ascii_uppercase();
        heard.lock().unwrap().commands.push(verb.clone());
        if verb == "MAIL" {
            order = heard.lock().unwrap().orders.pop_front().unwrap_or(Order::Take);
        }
        let answer = match (verb.as_str(), order) {
            ("MAIL", Order::Hang) => {
                // Until the other side gives up.
                reader.read_to_end(&mut Vec::new())?;
                return Ok(());
            }
            ("MAIL", Order::Sender(code)) | ("RCPT", Order::Recipient(code)) => format!("{code} no\r\n"),
            ("DATA", _) => {
                stream.write_all(b"354 go on\r\n")?;
                let mut text = String::new();
                while !text.ends_with("\r\n.\r\n") {
                    if reader.read_line(&mut text)? == 0 {
                        return Ok(());
                    }
                }
                heard.lock().unwrap().texts.push(text);
                match order {
                    Order::CutAfterText => return Ok(()),
                    Order::Text(code) => format!("{code} no\r\n"),
                    _ => "250 taken\r\n".to_owned(),
                }
            }
            ("QUIT", _) => {
                stream.write_all(b"221 bye\r\n")?;
                return Ok(());
            }
            _ => "250 relay\r\n".to_owned(),
        };
        stream.write_all(answer.as_bytes())?;
    }
}
