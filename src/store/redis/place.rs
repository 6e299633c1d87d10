//! Where the server is that takes writes, and how a connection to it is made.
//!
//! **Invariant:** a connection is given only to a server that calls itself master, whose version has what the scripts need, and that
//! evicts no keys.
//! **Invariant:** no password and no value is in an error's text.

use std::sync::Arc;
use std::time::Duration;

use redis::aio::MultiplexedConnection;
use redis::{
    AsyncConnectionConfig, Client, Cmd, ConnectionAddr, FromRedisValue, IntoConnectionInfo as _,
    RedisConnectionInfo, TlsCertificates, Value, from_redis_value,
};

use crate::base::secret::Secret;
use crate::base::settings::{RedisNode, RedisPlace, RedisSettings};
use crate::store::Unavailable;

/// The least major version: scripts that say what they do.
const VERSION: u32 = 7;

/// Finds the server.
pub(super) struct Place {
    pub(super) settings: Arc<RedisSettings>,
    /// Any key of the tenant: tells its slot in a cluster.
    key: String,
}

impl Place {
    pub(super) const fn new(settings: Arc<RedisSettings>, key: String) -> Self {
        Self { settings, key }
    }

    /// A connection to the server that takes writes.
    pub(super) async fn connect(&self) -> Result<MultiplexedConnection, Unavailable> {
        let node = self.primary().await?;
        let mut connection = self.reach(&node).await?;
        check(&mut connection, &node).await?;
        Ok(connection)
    }

    /// What can connect to the server that takes writes.
    pub(super) async fn client(&self) -> Result<Client, Unavailable> {
        let node = self.primary().await?;
        self.client_of(&node, self.settings.username.as_deref(), self.settings.password.as_ref())
    }

    async fn primary(&self) -> Result<RedisNode, Unavailable> {
        match &self.settings.place {
            RedisPlace::Single(node) => Ok(node.clone()),
            RedisPlace::Sentinel { sentinels, name } => {
                let mut why = Unavailable::because("no sentinel is named");
                for sentinel in sentinels {
                    match self.ask_sentinel(sentinel, name).await {
                        Ok(node) => return Ok(node),
                        Err(error) => why = error,
                    }
                }
                Err(why)
            }
            RedisPlace::Cluster(seeds) => {
                let mut why = Unavailable::because("no node of the cluster is named");
                for seed in seeds {
                    match self.ask_cluster(seed).await {
                        Ok(node) => return Ok(node),
                        Err(error) => why = error,
                    }
                }
                Err(why)
            }
        }
    }

    async fn ask_sentinel(&self, sentinel: &RedisNode, name: &str) -> Result<RedisNode, Unavailable> {
        let client = self.client_of(sentinel, None, self.settings.sentinel_password.as_ref())?;
        let mut connection = self.open(&client, sentinel).await?;
        let mut ask = redis::cmd("SENTINEL");
        ask.arg("GET-MASTER-ADDR-BY-NAME").arg(name);
        let found: Option<(String, u16)> = query(&mut connection, &ask).await?;
        let (host, port) = found.ok_or_else(|| {
            Unavailable::because(format!("the sentinel {sentinel} knows no master `{name}`"))
        })?;
        Ok(RedisNode { host, port })
    }

    async fn ask_cluster(&self, seed: &RedisNode) -> Result<RedisNode, Unavailable> {
        let mut connection = self.reach(seed).await?;
        let slot: u16 = query(&mut connection, redis::cmd("CLUSTER").arg("KEYSLOT").arg(&self.key)).await?;
        let slots: Vec<Vec<Value>> = query(&mut connection, redis::cmd("CLUSTER").arg("SLOTS")).await?;
        let owner = slots.into_iter().find_map(|range| {
            let mut range = range.into_iter();
            let first: u16 = from_redis_value(range.next()?).ok()?;
            let last: u16 = from_redis_value(range.next()?).ok()?;
            let master: Vec<Value> = from_redis_value(range.next()?).ok()?;
            let mut master = master.into_iter();
            let host: Option<String> = from_redis_value(master.next()?).ok()?;
            let port: u16 = from_redis_value(master.next()?).ok()?;
            // A node that does not know its own address is the one that was asked.
            let host = host.filter(|host| !host.is_empty()).unwrap_or_else(|| seed.host.clone());
            (first <= slot && slot <= last).then_some(RedisNode { host, port })
        });
        owner.ok_or_else(|| Unavailable::because(format!("nobody in the cluster of {seed} has slot {slot}")))
    }

    async fn reach(&self, node: &RedisNode) -> Result<MultiplexedConnection, Unavailable> {
        let settings = &self.settings;
        let client = self.client_of(node, settings.username.as_deref(), settings.password.as_ref())?;
        self.open(&client, node).await
    }

    async fn open(&self, client: &Client, node: &RedisNode) -> Result<MultiplexedConnection, Unavailable> {
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(self.settings.timeout))
            .set_response_timeout(Some(self.patience()));
        client
            .get_multiplexed_async_connection_with_config(&config)
            .await
            .map_err(|error| Unavailable::because(format!("{node} cannot be reached: {}", reason(&error))))
    }

    /// How long an answer is waited for, the wait for replicas included.
    fn patience(&self) -> Duration {
        let settings = &self.settings;
        if settings.quorum() == 0 { settings.timeout } else { settings.timeout.saturating_mul(2) }
    }

    fn client_of(
        &self,
        node: &RedisNode,
        username: Option<&str>,
        password: Option<&Secret>,
    ) -> Result<Client, Unavailable> {
        let unusable = |error: redis::RedisError| {
            Unavailable::because(format!("the settings for {node} cannot be used: {}", reason(&error)))
        };
        let settings = &self.settings;
        let address = if settings.tls {
            ConnectionAddr::TcpTls {
                host: node.host.clone(),
                port: node.port,
                insecure: false,
                tls_params: None,
            }
        } else {
            ConnectionAddr::Tcp(node.host.clone(), node.port)
        };
        let mut login = RedisConnectionInfo::default().set_db(match settings.place {
            RedisPlace::Single(_) | RedisPlace::Sentinel { .. } => settings.database,
            RedisPlace::Cluster(_) => 0,
        });
        if let Some(name) = username {
            login = login.set_username(name);
        }
        if let Some(password) = password {
            let text = password.expose(|bytes| String::from_utf8_lossy(bytes).into_owned());
            login = login.set_password(text);
        }
        let info = address.into_connection_info().map_err(unusable)?.set_redis_settings(login);
        if settings.tls {
            let certificates = TlsCertificates { client_tls: None, root_cert: settings.ca.clone() };
            Client::build_with_tls(info, certificates).map_err(unusable)
        } else {
            Client::open(info).map_err(unusable)
        }
    }
}

/// Refuses a server on which the promises of a store cannot be kept.
async fn check(connection: &mut MultiplexedConnection, node: &RedisNode) -> Result<(), Unavailable> {
    let info: String = query(connection, &redis::cmd("INFO")).await?;
    if field(&info, "role") != Some("master") {
        return Err(Unavailable::because(format!("{node} is not the master now")));
    }
    let version = field(&info, "redis_version").unwrap_or_default();
    let major = version.split('.').next().and_then(|major| major.parse().ok()).unwrap_or(0u32);
    if major < VERSION {
        return Err(Unavailable::because(format!("{node} is version {version}; {VERSION}.0 is needed")));
    }
    if field(&info, "maxmemory").is_some_and(|most| most != "0")
        && field(&info, "maxmemory_policy") != Some("noeviction")
    {
        return Err(Unavailable::because(format!(
            "{node} may evict keys; set `maxmemory-policy noeviction`"
        )));
    }
    Ok(())
}

/// One line of `INFO`.
pub(super) fn field<'a>(info: &'a str, name: &str) -> Option<&'a str> {
    info.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':')).map(str::trim)
}

/// Asks, with an error that says no more than it should.
pub(super) async fn query<T: FromRedisValue>(
    connection: &mut MultiplexedConnection,
    command: &Cmd,
) -> Result<T, Unavailable> {
    command.query_async(connection).await.map_err(|error| Unavailable::because(reason(&error)))
}

/// What went wrong: the server's own code and words, or the kind of the failure.
pub(super) fn reason(error: &redis::RedisError) -> String {
    if error.is_timeout() {
        return "no answer in time".to_owned();
    }
    match (error.code(), error.detail()) {
        (Some(code), Some(detail)) => format!("{code} {detail}"),
        (Some(code), None) => code.to_owned(),
        _ => error.to_string(),
    }
}
