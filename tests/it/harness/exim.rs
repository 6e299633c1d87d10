//! Exim, from Debian's package, as a mail server of the test's own: one process for each connection, with STARTTLS or TLS from the start,
//! sign-in, and delivery into a Maildir. It runs as whoever runs the tests.
//!
//! The test accepts the connection and hands Exim one end of a socket pair: so there is no port to fight for, and no daemon to stop.

use std::net::SocketAddr;
use std::os::fd::OwnedFd;
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use tokio::net::{TcpListener, UnixStream};

use super::certs::Authority;
use super::raw::PATIENCE;

/// The user and password that it knows.
pub(crate) const LOGIN: (&str, &str) = ("gateway", "mail-secret-canary");

/// A running mail server.
pub(crate) struct Exim {
    /// With STARTTLS.
    pub(crate) address: SocketAddr,
    /// With TLS from the first byte.
    pub(crate) tls: SocketAddr,
    folder: tempfile::TempDir,
}

/// A message as it was delivered.
#[derive(Debug)]
pub(crate) struct Delivered {
    /// The head, unfolded.
    pub(crate) head: String,
    /// The body, as it came.
    pub(crate) body: String,
}

impl Delivered {
    /// All values of a field.
    pub(crate) fn all(&self, name: &str) -> Vec<&str> {
        let fields = self.head.lines().filter_map(|line| line.split_once(':'));
        fields.filter(|(other, _)| other.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim()).collect()
    }

    /// The one part of this type, decoded.
    pub(crate) fn part(&self, kind: &str) -> String {
        let content = self.all("content-type").join(" ");
        let boundary = content.split("boundary=\"").nth(1).unwrap().split('"').next().unwrap();
        let marker = format!("--{boundary}");
        let part =
            self.body.split(&marker).find(|part| part.contains(&format!("Content-Type: {kind}"))).unwrap();
        let (head, body) = part.split_once("\n\n").unwrap();
        if head.to_lowercase().contains("quoted-printable") {
            quoted_printable(body)
        } else if head.to_lowercase().contains("base64") {
            let plain: String = body.split_whitespace().collect();
            String::from_utf8(data_encoding::BASE64.decode(plain.as_bytes()).unwrap()).unwrap()
        } else {
            body.to_owned()
        }
    }

    /// The code in it.
    pub(crate) fn code(&self) -> String {
        super::postbox::code_in(&self.part("text/plain"))
    }
}

impl Exim {
    /// Starts one.
    pub(crate) async fn start() -> Self {
        let (folder, authority) = (tempfile::tempdir().unwrap(), Authority::new());
        authority.files(folder.path(), "mail", &["localhost"]);
        std::fs::write(folder.path().join("ca.pem"), authority.pem()).unwrap();
        let open = |name: &str, mode| {
            let path = folder.path().join(name);
            std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
        };
        for name in ["spool", "log", "mail"] {
            std::fs::create_dir(folder.path().join(name)).unwrap();
            open(name, 0o777);
        }
        open("", 0o755);
        open("mail.key", 0o644);
        std::fs::write(folder.path().join("exim.conf"), configuration(&folder)).unwrap();
        let (address, tls) = (listen(&folder, &[]).await, listen(&folder, &["-tls-on-connect"]).await);
        Self { address, tls, folder }
    }

    /// The authority of its certificate.
    pub(crate) fn ca(&self) -> PathBuf {
        self.folder.path().join("ca.pem")
    }

    /// From now on it says "later" to every recipient, or takes them again.
    pub(crate) fn defer(&self, defers: bool) {
        let mark = self.folder.path().join("defer");
        if defers {
            std::fs::write(mark, "").unwrap();
        } else {
            std::fs::remove_file(mark).unwrap();
        }
    }

    /// Lines of `[mail]` that name it.
    pub(crate) fn table(&self) -> String {
        std::fs::write(self.folder.path().join("password"), format!("{}\n", LOGIN.1)).unwrap();
        format!(
            "[mail]\nurl = \"smtp://localhost:{}\"\nfrom = \"approve@example.com\"\nfrom_name = \"Approvals\"\nuser = \"{}\"\n\
             password = {{ file = \"{}\" }}\nca = \"{}\"\n",
            self.address.port(),
            LOGIN.0,
            self.folder.path().join("password").display(),
            self.ca().display(),
        )
    }

    /// What was delivered so far.
    pub(crate) fn delivered(&self) -> Vec<Delivered> {
        let Ok(entries) = std::fs::read_dir(self.folder.path().join("mail/new")) else { return Vec::new() };
        let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
        // Their names have the parts of a second without leading zeros.
        paths.sort_by_key(|path| (path.metadata().and_then(|about| about.modified()).ok(), path.clone()));
        paths.iter().map(|path| read(&std::fs::read_to_string(path).unwrap())).collect()
    }

    /// Waits until `count` messages were delivered: Exim does that in a process of its own, which tells nobody.
    pub(crate) async fn wait_for(&self, count: usize) -> Vec<Delivered> {
        let mut tick = tokio::time::interval(std::time::Duration::from_millis(20));
        let arrive = async {
            loop {
                tick.tick().await;
                let delivered = self.delivered();
                if delivered.len() >= count {
                    return delivered;
                }
            }
        };
        tokio::time::timeout(PATIENCE, arrive).await.unwrap_or_else(|_| panic!("{}", self.log()))
    }

    fn log(&self) -> String {
        let logs = std::fs::read_dir(self.folder.path().join("log")).unwrap();
        logs.map(|log| std::fs::read_to_string(log.unwrap().path()).unwrap_or_default()).collect()
    }
}

fn read(text: &str) -> Delivered {
    let text = text.replace("\r\n", "\n");
    let (head, body) = text.split_once("\n\n").unwrap();
    let head = head.replace("\n ", " ").replace("\n\t", " ");
    Delivered { head, body: body.to_owned() }
}

fn quoted_printable(text: &str) -> String {
    let text = text.replace("=\n", "");
    let (mut out, mut rest) = (Vec::new(), text.as_bytes());
    while let Some((first, after)) = rest.split_first() {
        if *first == b'=' && after.len() >= 2 {
            out.push(u8::from_str_radix(std::str::from_utf8(&after[..2]).unwrap(), 16).unwrap());
            rest = &after[2..];
        } else {
            out.push(*first);
            rest = after;
        }
    }
    String::from_utf8(out).unwrap()
}

async fn listen(folder: &tempfile::TempDir, more: &'static [&'static str]) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (address, config) = (listener.local_addr().unwrap(), folder.path().join("exim.conf"));
    super::run(async move {
        while let Ok((mut socket, _)) = listener.accept().await {
            let (ours, theirs) = std::os::unix::net::UnixStream::pair().unwrap();
            let theirs = OwnedFd::from(theirs);
            let exim = Command::new("/usr/sbin/exim4")
                .arg("-C")
                .arg(&config)
                .arg("-bs")
                .args(more)
                .stdin(Stdio::from(theirs.try_clone().unwrap()))
                .stdout(Stdio::from(theirs))
                .stderr(Stdio::null())
                .spawn();
            let mut exim = exim.expect("exim4-daemon-light is installed (.ci/deps test)");
            ours.set_nonblocking(true).unwrap();
            let mut ours = UnixStream::from_std(ours).unwrap();
            super::run(async move {
                tokio::io::copy_bidirectional(&mut socket, &mut ours).await.ok();
                drop((socket, ours));
                tokio::task::spawn_blocking(move || exim.wait()).await.unwrap().unwrap();
            });
        }
    });
    address
}

fn configuration(folder: &tempfile::TempDir) -> String {
    let owner = std::fs::metadata(folder.path()).unwrap();
    // As root Exim changes to its own user; as anybody else it stays who it is.
    let own = if owner.uid() == 0 {
        String::new()
    } else {
        format!("exim_user = {}\nexim_group = {}\n", owner.uid(), owner.gid())
    };
    let (dir, user, password) = (folder.path().display(), LOGIN.0, LOGIN.1);
    format!(
        r"{own}exim_path = /usr/sbin/exim4
spool_directory = {dir}/spool
log_file_path = {dir}/log/%slog
primary_hostname = mail.test
qualify_domain = example.com
host_lookup =
keep_environment =
deliver_drop_privilege = true
tls_advertise_hosts = *
tls_certificate = {dir}/mail.pem
tls_privatekey = {dir}/mail.key
acl_smtp_rcpt = rcpt
acl_smtp_data = accept

begin acl
rcpt:
  defer condition = ${{if exists{{{dir}/defer}}}}
        message = try later
  deny  local_parts = refused
        message = no such user
  require authenticated = *
  accept

begin routers
all:
  driver = accept
  transport = box

begin transports
box:
  driver = appendfile
  directory = {dir}/mail
  maildir_format

begin authenticators
plain:
  driver = plaintext
  public_name = PLAIN
  server_prompts = :
  server_condition = ${{if and{{{{eq{{$auth2}}{{{user}}}}}{{eq{{$auth3}}{{{password}}}}}}}}}
  server_advertise_condition = ${{if def:tls_in_cipher}}
"
    )
}
