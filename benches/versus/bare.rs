//! Bare Pingora, to compare with: its own server and listener, one thread, and hooks that only pick the peer.
//!
//! `bare LISTEN UPSTREAM`, both addresses. Peer and pool are set up as the gateway's are. Started by `versus.py`.

use std::net::SocketAddr;
use std::time::Duration;

use async_trait::async_trait;
use pingora::Result;
use pingora::proxy::{ProxyHttp, Session, http_proxy_service};
use pingora::server::Server;
use pingora::server::configuration::ServerConf;
use pingora::upstreams::peer::HttpPeer;

/// As the gateway has it.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

struct Bare(SocketAddr);

#[async_trait]
impl ProxyHttp for Bare {
    type CTX = ();

    fn new_ctx(&self) {}

    // The compression that Pingora's own service brings along is not in the gateway either.
    fn init_downstream_modules(&self, _modules: &mut pingora::modules::http::HttpModules) {}

    async fn upstream_peer(&self, _session: &mut Session, _ctx: &mut ()) -> Result<Box<HttpPeer>> {
        let mut peer = HttpPeer::new(self.0, false, String::new());
        let options = &mut peer.options;
        options.connection_timeout = Some(Duration::from_secs(5));
        options.total_connection_timeout = Some(Duration::from_secs(10));
        options.idle_timeout = Some(Duration::from_secs(60));
        options.read_timeout = Some(Duration::from_secs(60));
        options.write_timeout = Some(Duration::from_secs(60));
        Ok(Box::new(peer))
    }
}

fn main() -> std::result::Result<(), Box<dyn std::error::Error>> {
    let mut args = std::env::args().skip(1);
    let (Some(listen), Some(upstream)) = (args.next(), args.next()) else {
        return Err("usage: bare LISTEN UPSTREAM".into());
    };
    let conf = ServerConf { threads: 1, ..ServerConf::default() };
    let mut server = Server::new_with_opt_and_conf(None, conf);
    server.bootstrap();
    let mut service = http_proxy_service(&server.configuration, Bare(upstream.parse()?));
    service.add_tcp(&listen);
    server.add_service(service);
    server.run_forever()
}
