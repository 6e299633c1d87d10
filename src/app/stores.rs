//! The store of a configuration: which engine, opened with which keys.
//!
//! **Invariant:** a store into which a backup was put in part is used by nobody.
//! Called by [`app`](super) only.

use std::path::Path;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

use super::{Machine, StartError, failed};
use crate::audit::Actor;
use crate::base::secret::Secret;
use crate::base::settings::{RedisSettings, SealKey, StoreSettings};
use crate::base::text::UserName;
use crate::config::Settings;
use crate::flow::backup::{self, Restored, unfinished};
use crate::store::Store;
use crate::store::embedded::{Embedded, OpenError};
use crate::store::redis::Redis;
use crate::store::seal::{self, Seal};

const UNUSABLE: &str = "the store cannot be opened";

/// What seals the records of a configuration.
pub(super) fn sealing(settings: &Settings, machine: &Machine) -> Result<Arc<Seal>, StartError> {
    let keys = if settings.seal_keys.is_empty() {
        let key = seal::own_key(&settings.data_dir, machine.entropy.as_ref());
        vec![key.map_err(failed("the seal key cannot be used"))?]
    } else {
        settings.seal_keys.iter().map(seal_key).collect::<Result<Vec<_>, _>>()?
    };
    let seal = Seal::new(keys, machine.entropy.clone()).map_err(failed("the seal keys cannot be used"))?;
    Ok(Arc::new(seal))
}

pub(super) fn embedded(data_dir: &Path, seal: &Arc<Seal>) -> Result<Arc<dyn Store>, OpenError> {
    Ok(Arc::new(Embedded::open(data_dir, seal.clone())?))
}

/// The shared one, as it is.
async fn redis(
    settings: &Arc<RedisSettings>,
    seal: &Arc<Seal>,
    machine: &Machine,
) -> Result<Arc<dyn Store>, StartError> {
    let opening = Redis::open(settings.clone(), seal.clone(), machine.clock.clone());
    Ok(Arc::new(opening.await.map_err(failed(UNUSABLE))?))
}

/// It, as it is.
async fn opened(
    settings: &Settings,
    seal: &Arc<Seal>,
    machine: &Machine,
) -> Result<Arc<dyn Store>, StartError> {
    match &settings.store {
        StoreSettings::Embedded => embedded(&settings.data_dir, seal).map_err(failed(UNUSABLE)),
        StoreSettings::Redis(settings) => redis(settings, seal, machine).await,
    }
}

/// A store that is not restored in part.
pub(super) async fn usable(
    settings: &Settings,
    seal: &Arc<Seal>,
    machine: &Machine,
) -> Result<Arc<dyn Store>, StartError> {
    whole(opened(settings, seal, machine).await?).await
}

/// A shared one that is not restored in part.
pub(super) async fn shared(
    settings: &Arc<RedisSettings>,
    seal: &Arc<Seal>,
    machine: &Machine,
) -> Result<Arc<dyn Store>, StartError> {
    whole(redis(settings, seal, machine).await?).await
}

async fn whole(store: Arc<dyn Store>) -> Result<Arc<dyn Store>, StartError> {
    if unfinished(store.as_ref()).await.map_err(failed("the store cannot be read"))? {
        return Err(failed("the store cannot be used")("a backup was restored in part: restore it again"));
    }
    Ok(store)
}

fn seal_key(key: &SealKey) -> Result<seal::SealKey, StartError> {
    let text = key.key.expose(|bytes| Secret::from(BASE64.encode(bytes)));
    seal::SealKey::parse(&key.id, &text).map_err(failed(format!("the seal key `{}` cannot be used", key.id)))
}

/// Puts a backup into the empty store of a configuration, with nothing running.
///
/// # Errors
/// When the backup is not whole, the store is not empty or cannot be used.
pub async fn restore(settings: &Settings, machine: &Machine, file: &Path) -> Result<Restored, StartError> {
    if settings.seal_keys.is_empty() && !seal::has_own_key(&settings.data_dir) {
        // A new key would open nothing of it.
        let why = "put the `seal.key` of the gateway that made the backup there first";
        return Err(failed("there is no seal key in the data folder")(why));
    }
    let seal = sealing(settings, machine)?;
    let store = opened(settings, &seal, machine).await?;
    let operator = UserName::parse("command-line").map_err(failed("there is no operator"))?;
    backup::restore(&store, &seal, machine.clock.now(), Actor::Operator(operator), file)
        .await
        .map_err(failed("the backup was not restored"))
}
