//! The sender that wakes phones, with its key.
//!
//! **Invariant:** the key is made once and kept sealed in the store, as phones subscribe for it.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

use crate::base::secret::Secret;
use crate::base::settings::PushSettings;
use crate::notify::webpush::{VapidKey, WebPush};
use crate::store::record::Records;
use crate::store::seal::Seal;
use crate::store::{Commit, Store, keys};

use super::{Machine, StartError, failed};

/// The sender of a configuration; `None` when it has none.
pub(super) async fn sender(
    settings: Option<&PushSettings>,
    store: &Arc<dyn Store>,
    seal: &Arc<Seal>,
    roots: Arc<rustls::RootCertStore>,
    machine: &Machine,
) -> Result<Option<WebPush>, StartError> {
    let Some(settings) = settings else { return Ok(None) };
    let key = key(store, seal, machine).await?;
    WebPush::new(settings, key, roots, machine.entropy.clone())
        .map(Some)
        .map_err(failed("push services cannot be spoken to"))
}

async fn key(store: &Arc<dyn Store>, seal: &Arc<Seal>, machine: &Machine) -> Result<VapidKey, StartError> {
    let (records, key) = (Records::new(seal.clone()), keys::gateway("push-key"));
    if let Some(row) = store.get(&key).await.map_err(failed("the store cannot be read"))? {
        let text: String =
            records.open(&key, &row.value).map_err(failed("the key for push services cannot be used"))?;
        let seed = BASE64.decode(text).map_err(failed("the key for push services cannot be used"))?;
        return VapidKey::from_seed(&Secret::from(seed))
            .map_err(failed("the key for push services cannot be used"));
    }
    let (made, seed) = VapidKey::generate(machine.entropy.as_ref())
        .map_err(failed("the key for push services cannot be made"))?;
    let value = records.close(&key, &seed.expose(|seed| BASE64.encode(seed)));
    store
        .commit(Commit::new().create(key, value, None))
        .await
        .map_err(failed("the key for push services cannot be stored"))?;
    Ok(made)
}
