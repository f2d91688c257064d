//! What a connection is: TCP, or TLS over it.

use hyper_util::rt::TokioIo;
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpStream,
};
use tokio_rustls::client::TlsStream;

pub(super) trait Socket: AsyncRead + AsyncWrite + Send + Unpin {
    fn tcp(&self) -> &TcpStream;

    /// Whether nothing was received of which nobody has been told.
    fn is_quiet(&mut self) -> bool;
}

impl Socket for TcpStream {
    fn tcp(&self) -> &TcpStream {
        self
    }

    fn is_quiet(&mut self) -> bool {
        true
    }
}

impl Socket for TlsStream<TokioIo<TokioIo<TcpStream>>> {
    fn tcp(&self) -> &TcpStream {
        self.get_ref().0.inner().inner()
    }

    fn is_quiet(&mut self) -> bool {
        let state = self.get_mut().1.process_new_packets();
        state.is_ok_and(|state| state.plaintext_bytes_to_read() == 0 && !state.peer_has_closed())
    }
}
