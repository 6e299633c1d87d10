//! The sender that wakes phones, with its key.
//!
//! **Invariant:** the key is made once and kept sealed in the store, as phones subscribe for it.

use std::sync::Arc;

use crate::base::settings::PushSettings;
use crate::notify::webpush::{VapidKey, WebPush};
use crate::store::seal::Seal;
use crate::store::{Store, keys};

use super::own_keys::own_key;
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
    let what = "the key for push services";
    let make =
        || VapidKey::generate(machine.entropy.as_ref()).map(|made| made.1).map_err(|error| error.to_string());
    let seed = own_key(store, seal, keys::gateway("push-key"), what, make).await?;
    VapidKey::from_seed(&seed).map_err(failed("the key for push services cannot be used"))
}
