//! Secrets that the gateways of one store have in common: whoever needs one first makes it, and all others read it.
//!
//! **Invariant:** of any number of gateways that start at once all get the same: a record is only ever created, and who comes second reads what
//! the first has made (`of_two_that_start_at_once_the_second_reads`).
//! Called by [`super::open`].

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

use crate::base::secret::Secret;
use crate::store::record::Records;
use crate::store::seal::Seal;
use crate::store::{Commit, CommitError, Key, Store};

use super::{StartError, failed};

/// How often a record that is there and not there is looked for.
const TRIES: usize = 10;

/// The secret under `key`; made by `make` when there is none. `what` names it in faults.
pub(super) async fn own_key(
    store: &Arc<dyn Store>,
    seal: &Arc<Seal>,
    key: Key,
    what: &str,
    make: impl Fn() -> Result<Secret, String>,
) -> Result<Secret, StartError> {
    let records = Records::new(seal.clone());
    for _ in 0..TRIES {
        if let Some(row) = store.get(&key).await.map_err(failed("the store cannot be read"))? {
            let text: String =
                records.open(&key, &row.value).map_err(failed(format!("{what} cannot be used")))?;
            let seed = BASE64.decode(text).map_err(failed(format!("{what} cannot be used")))?;
            return Ok(Secret::from(seed));
        }
        let made = make().map_err(failed(format!("{what} cannot be made")))?;
        let value = records.close(&key, &made.expose(|seed| BASE64.encode(seed)));
        match store.commit(Commit::new().create(key.clone(), value, None)).await {
            Ok(_) => return Ok(made),
            // Another gateway was first: its own is used.
            Err(CommitError::Conflict) => {}
            Err(why) => return Err(failed(format!("{what} cannot be stored"))(why)),
        }
    }
    Err(failed(format!("{what} cannot be used"))("it is there and not there"))
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;
    use crate::base::entropy::{Entropy, OsEntropy};
    use crate::store::embedded::Embedded;
    use crate::store::{keys, seal};

    fn bytes(secret: &Secret) -> Vec<u8> {
        secret.expose(<[u8]>::to_vec)
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn of_two_that_start_at_once_the_second_reads() {
        let (folder, entropy) = (tempfile::tempdir().unwrap(), Arc::new(OsEntropy) as Arc<dyn Entropy>);
        let seal = seal::own_key(folder.path(), &*entropy).unwrap();
        let seal = Arc::new(Seal::new(vec![seal], entropy).unwrap());
        let store: Arc<dyn Store> = Arc::new(Embedded::open(folder.path(), seal.clone()).unwrap());
        let (key, made) = (|| keys::gateway("receipt-key"), AtomicUsize::new(0));
        let random = || Ok(Secret::random(32, &OsEntropy));
        // The second one starts and is done while the first, which has found nothing, makes its own.
        let slow = || {
            made.fetch_add(1, Ordering::SeqCst);
            let rival = own_key(&store, &seal, key(), "the key", random);
            let rival = tokio::task::block_in_place(|| tokio::runtime::Handle::current().block_on(rival));
            rival.map_err(|error| error.to_string())?;
            random()
        };
        let first = own_key(&store, &seal, key(), "the key", slow).await.unwrap();
        assert_eq!(made.load(Ordering::SeqCst), 1);
        let second = own_key(&store, &seal, key(), "the key", random).await.unwrap();
        assert_eq!(bytes(&first), bytes(&second));
    }
}
