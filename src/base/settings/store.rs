//! Where records and bodies live.

use std::sync::Arc;
use std::time::Duration;

use crate::base::secret::Secret;

/// Which engine, and how it is reached.
#[derive(Debug, Default)]
pub enum StoreSettings {
    /// A file of this gateway's own, in its data folder.
    #[default]
    Embedded,
    /// Redis or Valkey, shared with other gateways.
    Redis(Arc<RedisSettings>),
}

/// How a shared Redis or Valkey is reached.
#[derive(Debug)]
pub struct RedisSettings {
    /// How the server that takes writes is found.
    pub place: RedisPlace,
    /// Whether connections are encrypted.
    pub tls: bool,
    /// The authority that certificates must come from (PEM); the machine's when there is none.
    pub ca: Option<Vec<u8>>,
    /// The user of its access list, where it is not the default one.
    pub username: Option<String>,
    /// The password of that user.
    pub password: Option<Secret>,
    /// The password of the sentinels, where they have one.
    pub sentinel_password: Option<Secret>,
    /// The number of the database; 0 in a cluster.
    pub database: i64,
    /// What all keys begin with, so that several installations can share one server.
    pub namespace: String,
    /// How many replicas there are: a majority of them must have a change before it counts.
    pub replicas: u32,
    /// How long an answer is waited for.
    pub timeout: Duration,
}

impl RedisSettings {
    /// How many replicas must have a change before it counts: a majority, so that any that is promoted by a majority has it.
    pub const fn quorum(&self) -> u32 {
        match self.replicas {
            0 => 0,
            replicas => replicas / 2 + 1,
        }
    }
}

/// How the server that takes writes is found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RedisPlace {
    /// It is this one.
    Single(RedisNode),
    /// Sentinels know it, under a name.
    Sentinel {
        /// The sentinels, tried in turn.
        sentinels: Vec<RedisNode>,
        /// What they call it.
        name: String,
    },
    /// It is the one that has the tenant's slot.
    Cluster(Vec<RedisNode>),
}

/// A host and port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RedisNode {
    /// A name or an address, without brackets.
    pub host: String,
    /// The port.
    pub port: u16,
}

impl std::fmt::Display for RedisNode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.host.contains(':') {
            write!(f, "[{}]:{}", self.host, self.port)
        } else {
            write!(f, "{}:{}", self.host, self.port)
        }
    }
}
